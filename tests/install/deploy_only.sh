#!/bin/sh
# Builds libsecant-deploy alone (-DSECANT_DEPLOY_ONLY=ON), installs it, builds the examples against nothing else and runs them; the command $1
# compiles their model and says what is right. The library stays under 5 MB and needs no library of training.
set -eu
command=$1
dir=$(mktemp -d "${TMPDIR:-/tmp}/secant-deploy-only-XXXXXX")
trap 'rm -rf "$dir"' EXIT
fail() { echo "deploy only: $1" >&2; exit 1; }
{ cmake -G Ninja -S . -B "$dir/build" -DSECANT_DEPLOY_ONLY=ON -DCMAKE_INSTALL_PREFIX="$dir/tree" -DCMAKE_INSTALL_LIBDIR=lib \
	&& cmake --build "$dir/build" && cmake --install "$dir/build"; } > "$dir/log" 2>&1 || { tail -30 "$dir/log"; fail "it cannot be built"; }

size=$(wc -c < "$dir/tree/lib/libsecant-deploy.so")
[ "$size" -lt 5000000 ] || fail "the library has $size bytes"
[ ! -e "$dir/tree/bin" ] || fail "there is a command"
readelf -d "$dir/tree/lib/libsecant-deploy.so" | grep -q 'NEEDED.*yaml' && fail "it needs libyaml"

PKG_CONFIG_PATH=$dir/tree/lib/pkgconfig
LD_LIBRARY_PATH=$dir/tree/lib
export PKG_CONFIG_PATH LD_LIBRARY_PATH
for name in embed threads camera; do
	${CC:-cc} -std=c99 -D_POSIX_C_SOURCE=200809L -Wall -Wextra -Werror -o "$dir/$name" "examples/$name.c" $(pkg-config --cflags --libs secant-deploy) -pthread
	sh "examples/$name.sh" "$dir/$name" "$command" || fail "examples/$name.sh"
done
echo "libsecant-deploy alone: $size bytes"
