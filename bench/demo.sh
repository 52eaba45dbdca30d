#!/usr/bin/env bash
# The main job, end to end: pictures and masks in, a trained network and its predictions out. `./dev demo` calls it after the build.
#   bench/demo.sh [DATA [OPTIONS of secant train]]
# Without DATA it draws its own pictures. DATA is a folder with {train,val}/{images,labels}.
set -euo pipefail
secant=build/release/secant
out=build/demo
mkdir -p "$out"

if [ $# -gt 0 ]; then
	data=$1
	shift
else
	data=$out/data
	[ -d "$data" ] || "$secant" demo "$data"
	set -- --encoder resnet18 --size 128 --batch 8 --epochs 8
fi

"$secant" train "$data" --out "$out/run" --overwrite "$@"
"$secant" eval "$out/run/best.safetensors" "$data" --split val --json > "$out/eval.json"
rm -rf "$out/predictions"
"$secant" predict "$out/run/best.safetensors" "$data/val/images" --out "$out/predictions" --overlay

echo
echo "model:       $out/run/best.safetensors"
echo "predictions: $out/predictions"
echo "IoU:         $(sed -n 's/^{"iou": *\([0-9.]*\).*/\1/p' "$out/eval.json") on the validation pictures"
echo "picture:     $(find "$out/run/samples" -name '*.png' | sort | tail -n 1) (input, label, prediction)"
