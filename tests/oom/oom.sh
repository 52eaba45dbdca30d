#!/usr/bin/env bash
# Out of memory at one place: in each of several verbs the n-th allocation fails, for every n (or every STEP-th). What comes out is the right
# files and status 0, or a message and a status of 1 or 2: never a signal, never another file, never a folder half written.
# usage: oom.sh SECANT FAIL_NTH.so [STEP]
set -uo pipefail
secant=$(realpath "$1") shim=$(realpath "$2") step=${3:-1}
top=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1
cases=$top/tests/cases/hostile
cp -r "$cases/coco-damaged-split/coco" coco
rm coco/annotations/instances_train.json coco/images/train/a.jpg && rmdir coco/images/train
failed=0

# verb NAME COMMAND...: writes to $work/out or out.safetensors.
verb() {
	local name=$1 n status total count=0
	shift
	export OMP_NUM_THREADS=1
	rm -rf out out.* ./*.partial-*
	FAIL_COUNT=$work/count LD_PRELOAD=$shim "$secant" "$@" > right.txt 2>&1 || { echo "oom: $name does not run: $(cat right.txt)"; failed=1; return; }
	rm -rf right && mkdir right && mv out out.* right/ 2> /dev/null
	total=$(cat count)
	[ "$total" -gt 50 ] || { echo "oom: $name: the library that counts was not loaded"; failed=1; return; }
	for ((n = 1 + RANDOM % step; n <= total; n += step)); do
		rm -rf out out.*
		FAIL_NTH=$n LD_PRELOAD=$shim "$secant" "$@" > said.txt 2>&1
		status=$?
		count=$((count + 1))
		rm -rf got && mkdir got && mv out out.* got/ 2> /dev/null
		if [ $status = 0 ]; then
			diff -r right got > /dev/null || { echo "oom: $name, allocation $n: status 0 and other files"; failed=1; }
		elif grep -q 'load.c:.*lex_scan_string: Assertion' said.txt; then
			: # jansson 2.14 itself, while it reads: it ends the process where it has no memory for a token
		elif [ $status -gt 2 ] || [ ! -s said.txt ]; then
			echo "oom: $name, allocation $n: status $status: $(head -c 300 said.txt)"
			failed=1
		elif [ -n "$(ls -A got)" ]; then
			diff -r right got > /dev/null || { echo "oom: $name, allocation $n: status $status and a part of the files"; failed=1; }
		fi
		if compgen -G './*.partial-*' > /dev/null || compgen -G './.*.tmp' > /dev/null; then
			echo "oom: $name, allocation $n: left $(ls -dA ./*.partial-* ./.*.tmp 2> /dev/null)"
			rm -rf ./*.partial-* ./.*.tmp
			failed=1
		fi
	done
	echo "oom: $name: $count of $total allocations"
}

verb convert data convert coco --to voc --out out
verb masks data masks coco --out out
if [ -n "${SECANT_OOM_MODEL:-}" ]; then
	verb import import "$SECANT_OOM_MODEL" --out out.safetensors
fi
verb predict predict "$top/tests/oom/tiny.safetensors" "$cases/empty-mask-folder/n/train/images/a.png" --out out.png
verb export export "$top/tests/oom/tiny.safetensors" --out out.pth
exit $failed
