#!/bin/sh
# Compares locating with PostGIS on this machine (see docs/performance.md, Locating).
# Needs Debian's postgresql-15-postgis-3. A cluster of its own is started on a
# loopback port as user postgres, used, stopped and removed.
set -eu
cd "$(dirname "$0")/.."
bin=${PG_BIN:-/usr/lib/postgresql/15/bin}
port=${PG_PORT:-55499}
[ -x "$bin/initdb" ] || { echo "there is no $bin/initdb: apt-get install postgresql-15-postgis-3, or set PG_BIN" >&2; exit 1; }
[ "$(id -u)" = 0 ] || { echo "run this as root: it starts the cluster as user postgres" >&2; exit 1; }
dir=$(mktemp -d /tmp/hotcell-postgis.XXXXXX)
chown postgres "$dir"
cleanup() {
	su postgres -c "$bin/pg_ctl -D $dir/data -m fast -w stop" >/dev/null 2>&1 || true
	rm -rf "$dir"
}
trap cleanup EXIT
trap 'exit 1' INT TERM
su postgres -c "$bin/initdb -D $dir/data -A trust" >/dev/null
su postgres -c "$bin/pg_ctl -D $dir/data -l $dir/log -w start -o '-p $port -c listen_addresses=127.0.0.1 -k $dir -c shared_buffers=512MB -c work_mem=256MB -c maintenance_work_mem=256MB -c jit=off'" >/dev/null
HOTCELL_POSTGIS_DSN="host=127.0.0.1 port=$port user=postgres dbname=postgres" \
	go test ./geo -run '^$' -bench AgainstPostGIS -benchtime 1x
