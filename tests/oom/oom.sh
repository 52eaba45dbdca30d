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

# says NAME STEP COMMAND...: what it prints with status 0 is the same, whatever failed on the way.
says() {
	local name=$1 every=$2 n status total count=0
	shift 2
	export OMP_NUM_THREADS=1
	FAIL_COUNT=$work/count LD_PRELOAD=$shim "$secant" "$@" > right.txt 2> said.txt || { echo "oom: $name does not run: $(cat said.txt)"; failed=1; return; }
	total=$(cat count)
	for ((n = 1 + RANDOM % every; n <= total; n += every)); do
		FAIL_NTH=$n LD_PRELOAD=$shim "$secant" "$@" > got.txt 2> said.txt
		status=$?
		count=$((count + 1))
		if [ $status = 0 ]; then
			cmp -s right.txt got.txt || { echo "oom: $name, allocation $n: status 0 and other words"; failed=1; }
		elif grep -q 'load.c:.*lex_scan_string: Assertion' said.txt; then
			:
		elif [ $status -gt 2 ] || [ ! -s said.txt ]; then
			echo "oom: $name, allocation $n: status $status: $(head -c 300 said.txt)"
			failed=1
		fi
	done
	echo "oom: $name: $count of $total allocations"
}

# A training of two pictures: with status 0 its model is the same; else there is a message, and no file half written. Few of its many
# allocations are tried, others each time.
trains() {
	local n status total count=0 most=$1
	FAIL_COUNT=$work/count LD_PRELOAD=$shim "$secant" "${training[@]}" > said.txt 2>&1 || { echo "oom: train does not run: $(cat said.txt)"; failed=1; return; }
	cp out/last.safetensors right.safetensors
	cp out/config.json right.json
	total=$(cat count)
	for ((n = 1 + RANDOM % 50; n <= total; n += 1 + (total / most * (1 + RANDOM % 100)) / 50)); do
		rm -rf out
		FAIL_NTH=$n LD_PRELOAD=$shim "$secant" "${training[@]}" > said.txt 2>&1
		status=$?
		count=$((count + 1))
		if [ $status = 0 ]; then
			cmp -s right.safetensors out/last.safetensors || { echo "oom: train, allocation $n: status 0 and another model"; failed=1; }
			cmp -s right.json out/config.json || { echo "oom: train, allocation $n: status 0 and other options"; failed=1; }
		elif [ $status -gt 2 ] || [ ! -s said.txt ]; then
			echo "oom: train, allocation $n: status $status: $(head -c 300 said.txt)"
			failed=1
		fi
		! compgen -G 'out/.*.tmp' > /dev/null || { echo "oom: train, allocation $n: left $(echo out/.*.tmp)"; failed=1; }
	done
	rm -rf out
	echo "oom: train: $count of $total allocations"
}

verb convert data convert coco --to voc --out out
verb masks data masks coco --out out
if [ -n "${SECANT_OOM_MODEL:-}" ]; then
	verb import import "$SECANT_OOM_MODEL" --out out.safetensors
fi
verb predict predict "$top/tests/oom/tiny.safetensors" "$cases/empty-mask-folder/n/train/images/a.png" --out out.png
verb export export "$top/tests/oom/tiny.safetensors" --out out.pth
# Pictures of 32x32 with a bright corner that is the object.
for split in train val; do
	mkdir -p set/$split/images set/$split/masks
	for i in 1 2; do
		awk -v i=$i 'BEGIN { print "P3 32 32 255"; for (k = 0; k < 1024; k++) { v = k % 32 < 8 * i && k < 512 ? 200 : (k * 7 + i) % 90; print v, v, v } }' > set/$split/images/$i.ppm
		awk -v i=$i 'BEGIN { print "P2 32 32 255"; for (k = 0; k < 1024; k++) print k % 32 < 8 * i && k < 512 ? 255 : 0 }' > set/$split/masks/$i.pgm
	done
done
training=(train set --out out --encoder-depth 3 --decoder-channels 8,8,8 --encoder resnet18 --size 32 --epochs 1 --batch 2 --threads 1 --loader-threads 1 --quiet)
says "eval --json" "$step" eval "$top/tests/oom/tiny.safetensors" set --split val --json
says "list --json" $((step * 20)) list --json
says "info --json" "$step" info "$top/tests/oom/tiny.safetensors" --json
[ "$step" != 1 ] || trains 100
exit $failed
