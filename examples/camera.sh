# Runs examples/camera.c ($1) on a model compiled by the command ($2) and frames made here.
set -eu
dir=$(mktemp -d "${TMPDIR:-/tmp}/secant-example-XXXXXX")
trap 'rm -rf "$dir"' EXIT

# A model file is a safetensors file: the length of a JSON header (8 bytes, little-endian), the header, the numbers. This one has a single
# convolution of 1 x 1: logit = red / 10 - 10.05, so that pixels from red 101 on are foreground.
conv='{\"op\":\"conv2d\",\"in\":[0,1,2],\"dtype\":\"f32\",\"shape\":[1,64,64,1]}'
graph='{\"values\":[{\"input\":\"input\",\"dtype\":\"f32\",\"shape\":[1,64,64,3]},'
graph=$graph'{\"state\":\"w\",\"dtype\":\"f32\",\"shape\":[1,3,1,1]},{\"state\":\"b\",\"dtype\":\"f32\",\"shape\":[1]},'$conv'],\"outputs\":{\"logits\":3}}'
settings='{\"version\":1,\"network\":{\"in-channels\":3,\"classes\":1},\"mode\":\"binary\",\"normalize\":\"none\",\"multiple\":1}'
header='{"__metadata__":{"secant":"'$settings'","graph":"'$graph'"},'
header=$header'"w":{"dtype":"F32","shape":[1,3,1,1],"data_offsets":[0,12]},"b":{"dtype":"F32","shape":[1],"data_offsets":[12,16]}}'
while [ $((${#header} % 8)) -ne 0 ]; do header="$header "; done
{
	printf "\\$(printf %03o $((${#header} % 256)))\\$(printf %03o $((${#header} / 256)))\\0\\0\\0\\0\\0\\0"
	printf %s "$header"
	printf '\315\314\314\075\0\0\0\0\0\0\0\0\315\314\040\301'
} > "$dir/model.safetensors"


# Frames of 2 x 4 pixels: red is 101 (foreground) in one pixel of the first frame, two of the second, and so on.
red() { printf '\145\0\0'; }
none() { printf '\144\377\377'; }
i=0
while [ $i -lt 8 ]; do
	k=0
	while [ $k -lt 8 ]; do
		if [ $k -le $i ]; then red; printf '\377' >&3; else none; printf '\0' >&3; fi
		k=$((k + 1))
	done
	i=$((i + 1))
done > "$dir/frames.rgb" 3> "$dir/wanted.raw"

"$2" compile "$dir/model.safetensors" --out "$dir/model.secant" --size 2x4
[ "$("$1" "$dir/model.secant" "$dir/frames.rgb" "$dir/masks.raw")" = "8 frames" ]
cmp "$dir/wanted.raw" "$dir/masks.raw"

# A model that is not compiled takes no bytes; a file that is cut is no model.
if "$1" "$dir/model.safetensors" "$dir/frames.rgb" "$dir/no.raw" 2> "$dir/err"; then exit 1; fi
grep -q "is not compiled" "$dir/err"
head -c 700 "$dir/model.secant" > "$dir/cut.secant"
if "$1" "$dir/cut.secant" "$dir/frames.rgb" "$dir/no.raw" 2> "$dir/err"; then exit 1; fi
grep -q "camera: .*cut.secant" "$dir/err"
