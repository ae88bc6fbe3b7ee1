#!/bin/sh
# Puts libchdb.so (ClickHouse as a library) for this machine into the user's cache folder, where hotcell looks for it.
# The version is the one in package.json; npm checks the download against the integrity in package-lock.json.
# Running it again does nothing; two runs at once are safe; an interrupted run leaves no half-written library.
set -eu

say() { printf '%s\n' "engine: $*"; }
fail() { printf '%s\n' "engine: $*" >&2; exit 1; }

here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
version=$(sed -n 's/^  "version": "\(.*\)",$/\1/p' "$here/package.json")
[ -n "$version" ] || fail "no version found in $here/package.json"

if [ -n "${HOTCELL_ENGINE:-}" ]; then
	[ -f "$HOTCELL_ENGINE" ] || fail "HOTCELL_ENGINE names $HOTCELL_ENGINE, which is not a file: correct it or unset it"
	say "using HOTCELL_ENGINE=$HOTCELL_ENGINE"
	exit 0
fi

# The same folder as Go's os.UserCacheDir.
case $(uname -s) in
Linux) cache=${XDG_CACHE_HOME:-${HOME:?set HOME or XDG_CACHE_HOME}/.cache} os=linux libc=-gnu ;;
Darwin) cache=${HOME:?set HOME}/Library/Caches os=darwin libc='' ;;
*) fail "no engine is published for $(uname -s); use a ClickHouse server instead (--store clickhouse://HOST:9000/DB)" ;;
esac
case $(uname -m) in
x86_64 | amd64) arch=x64 ;;
aarch64 | arm64) arch=arm64 ;;
*) fail "no engine is published for $(uname -m); use a ClickHouse server instead (--store clickhouse://HOST:9000/DB)" ;;
esac
package=@chdb/lib-$os-$arch$libc
dir=$cache/hotcell/engine/$version

# The line after the package's "version" in the lock file is its integrity.
integrity=$(awk -v key="\"node_modules/$package\": {" '
	index($0, key) { inside = 1 }
	inside && /"integrity":/ { gsub(/[",]/, "", $2); print $2; exit }
	inside && /^    }/ { exit }' "$here/package-lock.json")

# What was installed is written beside the library: the integrity npm checked and the library's size.
stamp() { printf '%s %s %s\n' "$package@$version" "${integrity:-unpinned}" "$(wc -c <"$1" | tr -d ' ')"; }
present() { [ -f "$dir/libchdb.so" ] && [ "$(cat "$dir/installed" 2>/dev/null)" = "$(stamp "$dir/libchdb.so")" ]; }

if present; then
	say "$dir/libchdb.so is there"
	exit 0
fi
command -v npm >/dev/null 2>&1 || fail "npm is needed to fetch $package $version and was not found: install it (Debian: apt-get install npm) and run this again"
mkdir -p "$dir"

# One download instead of two when two runs meet; without flock(1) both download and the later rename wins.
if command -v flock >/dev/null 2>&1; then
	exec 9>"$dir/.lock"
	flock 9
	if present; then
		say "$dir/libchdb.so is there"
		exit 0
	fi
fi

# Inside the cache folder, so that the finished file only has to be renamed.
tmp=$(mktemp -d "$dir/.install.XXXXXX")
trap 'rm -rf "$tmp"' EXIT
trap 'exit 1' HUP INT TERM
cp "$here/package.json" "$here/package-lock.json" "$here/.npmrc" "$tmp/"

say "fetching $package $version (about 150 MB, 559 MB unpacked) …"
if [ -n "$integrity" ]; then
	set -- ci
else
	# The lock file knows no hash for this platform; npm then checks against the registry's own.
	rm "$tmp/package-lock.json"
	set -- install --no-package-lock
fi
(cd "$tmp" && npm "$@" --ignore-scripts --no-audit --no-fund --prefer-offline --loglevel=error 9>&-) ||
	fail "npm could not install $package $version (see its message above)"

library=$tmp/node_modules/$package/libchdb.so
[ -s "$library" ] || fail "$package $version is not to be had from the registry npm uses, or holds no libchdb.so"
chmod 755 "$library"
stamp "$library" >"$tmp/installed"
mv -f "$library" "$dir/libchdb.so"
mv -f "$tmp/installed" "$dir/installed"
say "installed $dir/libchdb.so"
