# Runs examples/threads.c ($1) on a model and pictures made here.
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

# 4 x 2 pixels, of which the three with red above 100 are foreground.
printf 'P3 4 2 255\n255 0 0  0 9 9  101 0 0  100 9 9\n0 0 0  50 0 0  200 1 1  99 0 0\n' > "$dir/picture.ppm"

printf 'P3 2 1 255\n255 0 0  0 9 9\n' > "$dir/other.ppm"
[ "$("$1" "$dir/model.safetensors" "$dir/picture.ppm" "$dir/other.ppm")" = "3 of 8 pixels are foreground
1 of 2 pixels are foreground" ]
