#!/bin/sh
# The ledger of exported symbols: what the public headers declare with SECANT_API is what cmake/symbols/*.txt name, each in one library, and
# what the built libraries in $1 export to programs. `symbols.sh BUILD --write` writes the ledger anew; a new symbol gets this version.
set -eu
build=$1
tmp=$(mktemp -d "${TMPDIR:-/tmp}/secant-symbols-XXXXXX")
trap 'rm -rf "$tmp"' EXIT
LC_ALL=C
export LC_ALL

# Declarations end at a semicolon; a function's name stands before its first bracket, a table's before the semicolon.
declared() { # FILES: names of what they declare
	cat "$@" | grep -v '^#' | sed 's@//.*@@' | tr '\n\t' '  ' | sed 's@/\*\([^*]\|\*[^/]\)*\*/@@g' | tr ';' '\n' | grep 'SECANT_API ' \
	| sed 's/.*SECANT_API //; s/(.*//; s/ *$//; s/.*[ *]//' | grep '^secant_' | sort -u
}
# The manager of streams stands in a library of its own, where GStreamer was there at build; it has room stream once more, unseen.
declared include/secant/manager.h > "$tmp/streams"
declared include/secant/*.h | comm -23 - "$tmp/streams" > "$tmp/rest"
libraries="secant-deploy libsecant"
[ ! -e "$build/libsecant-stream.so" ] || libraries="$libraries secant-stream"
for library in $libraries; do
	file=$build/lib$library.so
	[ $library != libsecant ] || file=$build/libsecant.so
	[ $library = secant-stream ] && cp "$tmp/streams" "$tmp/declared" || cp "$tmp/rest" "$tmp/declared"
	nm -D --defined-only "$file" | awk '{ print $3 }' > "$tmp/all"
	nm --defined-only "$file" | awk '{ print $3 }' | sed 's/@.*//' | sort -u | comm -12 - "$tmp/declared" > "$tmp/$library.here"
	sed -n 's/@@SECANT_[0-9.]*$//p' "$tmp/all" | sort -u > "$tmp/$library.exported"
	ledger=cmake/symbols/$library.txt
	if [ "${2:-}" = --write ]; then
		version=$(sed -n 's/^project(secant VERSION \([0-9]*\.[0-9]*\).*/\1/p' CMakeLists.txt)
		{
			echo "# What $library exports to programs: a symbol, and the version that has had it first. tests/install/symbols.sh --write."
			while read -r symbol; do
				grep "^$symbol " "$ledger" || echo "$symbol $version"
			done < "$tmp/$library.here"
		} > "$tmp/new"
		mv "$tmp/new" "$ledger"
	fi
	grep -v '^#' "$ledger" | sed 's/ .*//' > "$tmp/$library.ledger"
	diff "$tmp/$library.here" "$tmp/$library.ledger" || { echo "symbols: the ledger of $library differs from the headers"; exit 1; }
	[ "${2:-}" = --write ] || diff "$tmp/$library.ledger" "$tmp/$library.exported" \
		|| { echo "symbols: $library does not export what its ledger says"; exit 1; }
done
cat "$tmp/secant-deploy.here" "$tmp/libsecant.here" | sort > "$tmp/both"
diff "$tmp/rest" "$tmp/both" || { echo "symbols: declared in no library, or in both"; exit 1; }
echo "symbols: as the ledger says"
