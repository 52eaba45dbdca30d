#!/bin/sh
# The command opens libraries when it needs them (cmake/lazy.cmake): none of them at its start, none for a verb that needs none, and one
# that is not what it should be ends the program with the dynamic loader's words and status.   lazy.sh SECANT
set -eu
secant=$1
work=$(mktemp -d "${TMPDIR:-/tmp}/secant-lazy-XXXXXX")
trap 'rm -rf "$work"' EXIT
fail() { echo "lazy: $1" >&2; exit 1; }

LD_TRACE_LOADED_OBJECTS=1 "$secant" > "$work/start"
grep -q 'libc\.so' "$work/start" || fail "LD_TRACE_LOADED_OBJECTS shows nothing"
for library in dnnl zip spng jpeg tiff webp cairo stdc++; do
	! grep "lib$library\.so" "$work/start" || fail "loaded at the start"
done

# A library of the right name that has none of the functions: found at the first call, and only there.
echo 'int nothing;' > "$work/none.c"
${CC:-cc} -shared -o "$work/libdnnl.so.2" "$work/none.c"
for n in 1 3; do
	cp "$work/libdnnl.so.2" "$work/libdnnl.so.$n"
done
LD_LIBRARY_PATH=$work "$secant" list losses > /dev/null || fail "'list' needs oneDNN"
status=0
LD_LIBRARY_PATH=$work "$secant" --version > /dev/null 2> "$work/said" || status=$?
[ $status = 127 ] || fail "status $status, expected 127"
grep -q '^secant: error while loading shared libraries: .*libdnnl.*undefined symbol: dnnl_' "$work/said" || { cat "$work/said"; fail "other words"; }
"$secant" --version > /dev/null || fail "'--version' with the real library"
echo "libraries: opened when needed"
