#!/bin/sh
# A program in the style of the SDK's samples compiles unchanged against include/ and runs. cplusplus.sh BUILD; 77: no protobuf for C++.
set -eu
build=$(realpath "$1")
protoc --version > /dev/null 2>&1 && pkg-config --exists protobuf || { echo "skipped: no protoc, or no headers of protobuf"; exit 77; }
tmp=$(mktemp -d "${TMPDIR:-/tmp}/secant-cpp-XXXXXX")
trap 'rm -rf "$tmp"' EXIT
mkdir -p "$tmp/MxTools/Proto"
protoc -I include/MxTools/Proto --cpp_out="$tmp/MxTools/Proto" include/MxTools/Proto/MxpiDataType.proto
printf 'P5 2 2 255\n\1\2\3\4' > "$tmp/picture.pgm"
# shellcheck disable=SC2046
g++ -std=c++14 -Wall -Werror -I include -I "$tmp" $(pkg-config --cflags protobuf) tests/stream_run/sample.cpp "$tmp/MxTools/Proto/MxpiDataType.pb.cc" \
	-o "$tmp/sample" -L "$build" -lsecant-stream -lsecant-deploy -Wl,-rpath,"$build" $(pkg-config --libs protobuf)
"$tmp/sample" "$tmp/picture.pgm"
echo "cplusplus: a sample runs"
