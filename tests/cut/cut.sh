#!/usr/bin/env bash
# Files that another program cuts while they are mapped: clouds, rasters, pictures, tensors, annotations. Each verb ends with status 1 and a
# message that names the file, and writes nothing; without the cut each does its work.
# usage: cut.sh SECANT CUT_MAPS.so
set -uo pipefail
secant=$(realpath "$1") shim=$(realpath "$2")
top=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1
failed=0

# verb NAME FILE N COMMAND...: reads FILE, which is cut when it is mapped for the N-th time; writes out or out.*
verb() {
	local name=$1 file=$2 at=$3 status
	shift 3
	cp "$file" whole
	rm -rf out out.*
	"$secant" "$@" > said.txt 2>&1 || { echo "cut: $name does not run: $(cat said.txt)"; failed=1; return; }
	rm -rf out out.*
	CUT_NAME=$(basename "$file") CUT_TO=12288 CUT_AT=$at LD_PRELOAD=$shim "$secant" "$@" > said.txt 2>&1
	status=$?
	[ "$(stat -c %s "$file")" = 12288 ] || { echo "cut: $name: the file was not cut"; failed=1; }
	[ $status = 1 ] || { echo "cut: $name: status $status: $(head -c 300 said.txt)"; failed=1; }
	grep -q "$(basename "$file"): was cut by another program while it was read" said.txt || { echo "cut: $name: says $(head -c 300 said.txt)"; failed=1; }
	! compgen -G 'out*' > /dev/null || { echo "cut: $name: wrote $(echo out*)"; failed=1; }
	! compgen -G '.out*' > /dev/null || { echo "cut: $name: left $(echo .out*)"; failed=1; }
	mv whole "$file"
}

awk 'BEGIN { for (i = 0; i < 40000; i++) printf "%d %d %d %d\n", i % 200, i / 200, i % 7, i % 5 }' > cloud.xyz
"$secant" data convert cloud.xyz cloud.las > said.txt 2>&1 || { cat said.txt; exit 1; }
verb "a LAS file" cloud.las 1 data convert cloud.las out.ply
verb "a text cloud" cloud.xyz 1 data convert cloud.xyz out.pcd

# Pictures of noise, which do not compress: a PPM, and what the program itself makes of one as TIFF.
{ printf 'P6\n400 400\n255\n'; head -c 480000 /dev/urandom; } > picture.ppm
verb "a picture" picture.ppm 2 predict "$top/tests/oom/tiny.safetensors" picture.ppm --out out.png
python3 - << 'TIFF' || exit 1
import struct, random
n = 600
data = random.randbytes(n * n * 3)
tags = [(256, 4, 1, n), (257, 4, 1, n), (258, 3, 3, 8 + 2 + 12 * 10 + 4), (259, 3, 1, 1), (262, 3, 1, 2), (273, 4, 1, 200), (277, 3, 1, 3), (278, 4, 1, n),
    (279, 4, 1, len(data)), (284, 3, 1, 1)]
head = struct.pack("<2sHIH", b"II", 42, 8, len(tags)) + b"".join(
    struct.pack("<HHI", t, k, c) + (struct.pack("<HH", v, 0) if k == 3 and c == 1 else struct.pack("<I", v)) for t, k, c, v in tags) + struct.pack("<I", 0)
head += struct.pack("<HHH", 8, 8, 8)
open("raster.tif", "wb").write(head + bytes(200 - len(head)) + data)
TIFF
verb "a raster in tiles" raster.tif 2 predict "$top/tests/oom/tiny.safetensors" raster.tif --tile 256 --out out.tif

python3 - << 'TENSORS' || exit 1
import json, struct
n = 3 * 400 * 400 * 4
head = json.dumps({"input": {"dtype": "F32", "shape": [1, 3, 400, 400], "data_offsets": [0, n]}}).encode()
open("input.safetensors", "wb").write(struct.pack("<Q", len(head)) + head + bytes(n))
TENSORS
verb "tensors" input.safetensors 1 run "$top/tests/oom/tiny.safetensors" input.safetensors out.safetensors

mkdir set
cp "$top/tests/cases/hostile/empty-mask-folder/n/train/images/a.png" set/
{
	printf '{"images": [{"id": 1, "file_name": "a.png", "width": 8, "height": 8}], "categories": [{"id": 1, "name": "x"}],\n"annotations": ['
	for i in $(seq 4000); do
		[ "$i" = 1 ] || echo ','
		printf '{"id": %d, "image_id": 1, "category_id": 1, "bbox": [0, 0, 4, 4], "area": 16, "iscrowd": 0}' "$i"
	done
	echo ']}'
} > set/coco.json
verb "annotations" set/coco.json 2 data convert set --from coco --to voc --out out
[ $failed = 0 ] && echo "cut: every verb says so"
exit $failed
