#!/usr/bin/env bash
# The demo: a synthetic city, loaded, ranked, and served until interrupted.
# Called by `make demo`, which sets SERVE, CALLS, SEED, LISTEN and DEMO.
set -euo pipefail
hotcell() { bin/hotcell --store "embedded://$PWD/$DEMO/store" "$@"; }

rm -rf "$DEMO"
mkdir -p "$DEMO"
echo "Making a city of $CALLS calls (seed $SEED) in $DEMO/city"
bin/citysim --seed "$SEED" --calls "$CALLS" --out "$DEMO/city"

hotcell load regions "$DEMO/city/regions.geojson"
hotcell load venues "$DEMO/city/venues.geojson"
hotcell load sites "$DEMO/city/sites.csv"
hotcell load subscribers "$DEMO/city/subscribers.csv"
hotcell load calls "$DEMO/city/calls.csv"
hotcell load complaints "$DEMO/city/complaints.csv"
hotcell rank --top 20

if [ "$SERVE" != 0 ]; then
	echo "Map and API on http://$LISTEN (Ctrl-C ends)"
	exec bin/hotcell --store "embedded://$PWD/$DEMO/store" serve --listen "$LISTEN"
fi
