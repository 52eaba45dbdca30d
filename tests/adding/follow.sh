#!/usr/bin/env bash
# Does what docs/adding.md says, in a copy of the tree: makes its files, appends and inserts its lines, builds its targets, runs its
# commands. The page stays true because of this.
#   tests/adding/follow.sh [PAGE]
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
page=$(realpath "${1:-docs/adding.md}")
copy=$(mktemp -d "${TMPDIR:-/tmp}/secant-adding-XXXXXX")
trap 'rm -rf "$copy"' EXIT
# Sources only: what is tracked or would be.
git ls-files -z --cached --others --exclude-standard | while IFS= read -r -d '' file; do
	[ -e "$file" ] && printf '%s\0' "$file"
done | tar --null -T - -c | tar -x -C "$copy"
cd "$copy"
# Compilations are the same in every copy, wherever it lies.
export CCACHE_BASEDIR=$copy CCACHE_NOHASHDIR=1 CMAKE_BUILD_PARALLEL_LEVEL=${CMAKE_BUILD_PARALLEL_LEVEL:-2}

# Blocks in order: steps/NN.what (the marker's text, or "sh") and steps/NN.body.
mkdir steps
awk '
/^<!-- (file|append|insert): .* -->$/ { marker = $0; sub(/^<!-- /, "", marker); sub(/ -->$/, "", marker); next }
/^```/ {
	if (inside) { close(body); inside = 0; marker = ""; next }
	language = substr($0, 4)
	inside = 1
	what = marker != "" ? marker : language == "sh" ? "sh" : "shown"
	name = sprintf("steps/%02d", ++n)
	body = name ".body"
	print what > (name ".what"); close(name ".what")
	printf "" > body
	next
}
inside { print > body; next }
/^[^ ]/ && marker != "" { print FILENAME ":" FNR ": a marker without a block" > "/dev/stderr"; exit 1 }
' "$page"

cmake --preset release > steps/configure.log 2>&1 || { cat steps/configure.log >&2; exit 1; }
files=0 commands=0
for what in steps/*.what; do
	body=${what%.what}.body
	text=$(cat "$what")
	case $text in
	file:*)
		path=${text#file: }
		[ ! -e "$path" ] || { echo "follow: $path is there already: the page needs another example" >&2; exit 1; }
		cp "$body" "$path"
		files=$((files + 1))
		;;
	append:*)
		path=${text#append: }
		[ -e "$path" ] || { echo "follow: no file $path" >&2; exit 1; }
		cat "$body" >> "$path"
		;;
	insert:*)
		path=${text#insert: } path=${path%% before: *} before=${text##* before: }
		[ "$(grep -cF "$before" "$path")" = 1 ] || { echo "follow: '$before' does not stand once in $path" >&2; exit 1; }
		awk -v before="$before" -v body="$body" 'index($0, before) { while ((getline line < body) > 0) print line } { print }' "$path" > steps/new
		cp steps/new "$path"
		;;
	sh)
		echo "== $(head -n 1 "$body") ..."
		bash -euo pipefail "$body" > steps/log 2>&1 || { cat steps/log; echo "follow: the block failed:" >&2; cat "$body" >&2; exit 1; }
		tail -n 3 steps/log
		commands=$((commands + $(grep -c . "$body")))
		;;
	esac
done
# What was added obeys the house.
if cmake/lint.sh > steps/lint 2>&1; then :; fi
added=$(sed -n 's/^file: //p' steps/*.what)
for path in $added; do
	if grep -F "$path" steps/lint | grep -v ': warning:'; then exit 1; fi
done
echo "follow: $files files and $commands commands of $(basename "$page")"
[ $files -ge 9 ] && [ $commands -ge 24 ]
