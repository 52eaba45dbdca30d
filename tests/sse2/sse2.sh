#!/bin/sh
# A processor with SSE2 and nothing above, as qemu gives one: every native operator against its reference, and a whole network forward and
# backward, oneDNN's part too (its own cap ends at SSE4.1).   sse2.sh TEST_OF_NATIVE_OPERATORS SECANT
set -eu
if ! command -v qemu-x86_64 > /dev/null; then
	echo "skipped: qemu-x86_64 is not installed (Debian's qemu-user)"
	[ -z "${SECANT_NO_SKIP:-}" ] || exit 1
	exit 77
fi
cpu=qemu64,-sse3,-ssse3,-sse4.1,-sse4.2,-sse4a,-popcnt
fail() { echo "sse2: $1" >&2; exit 1; }
qemu-x86_64 -cpu "$cpu" "$2" --version | grep -q 'sse2)' || fail "the emulated processor is not seen as one with SSE2 alone"
SECANT_TEST_INNER=1 qemu-x86_64 -cpu "$cpu" "$1" || fail "native operators differ from their references"
qemu-x86_64 -cpu "$cpu" "$2" bench --train --encoder resnet18 --size 32 --batch 2 --threads 1 --precision f32 --runs 1 --warm-up 0 --json | grep -q median_ms ||
	fail "a network does not train"
