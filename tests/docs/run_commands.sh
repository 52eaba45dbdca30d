#!/usr/bin/env bash
# Runs the commands of pages: every block marked sh, in order, in one empty folder for each page, with the built command as `secant`.
# A page NAME.md that begins with data has tests/docs/NAME.sh, which puts them there; where it cannot (status 77), the page is skipped.
# Blocks of other kinds (console, python) are not run. A page whose data (SECANT_TEST_DATA) is absent is skipped.
#   tests/docs/run_commands.sh BUILD PAGE...
set -euo pipefail
build=$(realpath "$1")
shift
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
root=$PWD
SECANT_TEST_DATA=$(realpath -m "${SECANT_TEST_DATA:-../shared/data}")
PATH=$build:$PATH
export SECANT_TEST_DATA PATH
work=$(mktemp -d "${TMPDIR:-/tmp}/secant-docs-XXXXXX")
trap 'rm -rf "$work"' EXIT

for page; do
	blocks=$work/blocks.sh
	awk '/^```/ { inside = $0 == "```sh" && !inside; next } inside' "$root/$page" > "$blocks"
	if [ ! -s "$blocks" ]; then
		echo "docs: $page has no block marked sh" >&2
		exit 1
	fi
	if grep -q SECANT_TEST_DATA "$blocks" && [ ! -d "$SECANT_TEST_DATA" ]; then
		echo "docs: $page skipped: $SECANT_TEST_DATA is not there"
		continue
	fi
	rm -rf "$work/here"
	mkdir "$work/here"
	prepare=$root/tests/docs/$(basename "$page" .md).sh status=0
	if [ -x "$prepare" ]; then
		(cd "$work/here" && "$prepare" "$build") || status=$?
		[ $status != 77 ] || { echo "docs: $page skipped: its data are not there" && continue; }
		[ $status = 0 ] || { echo "docs: $prepare failed" >&2; exit 1; }
	fi
	(cd "$work/here" && bash -euxo pipefail "$blocks") > "$work/log" 2>&1 || { cat "$work/log"; echo "docs: $page: the last line above failed" >&2; exit 1; }
	echo "docs: $page: $(grep -c . "$blocks") commands"
done

# Links to files of this tree lead somewhere.
for page; do
	{ grep -o '](\([^)#:]*\))' "$page" || true; } | sed 's/^](//; s/)$//' | while read -r link; do
		[ -e "$(dirname "$page")/$link" ] || { echo "docs: $page: no file $link" >&2; exit 1; }
	done
done
