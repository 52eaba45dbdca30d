#!/bin/sh
# A program and a plugin in the style of the SDK's samples compile unchanged against include/ and run. cplusplus.sh BUILD; 77: no protobuf for C++.
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
mkdir "$tmp/plugins"
# shellcheck disable=SC2046
g++ -std=c++11 -Wall -Werror -fPIC -shared -DPLUGIN_NAME=mxpi_framebox -I include -I "$tmp" $(pkg-config --cflags protobuf) tests/stream_run/plugin.cpp \
	"$tmp/MxTools/Proto/MxpiDataType.pb.cc" -o "$tmp/plugins/libmxpi_framebox.so" -L "$build" -lsecant-stream -Wl,-rpath,"$build" $(pkg-config --libs protobuf)
stream() { # PROPERTIES: of the plugin
	printf '{ "s": { "appsrc0": { "factory": "appsrc", "next": "d" }, "d": { "factory": "mxpi_imagedecoder", "props": { "cvProcessor": "opencv" }, "next": "b" },
		"b": { "factory": "mxpi_framebox", "props": { %s }, "next": "o" }, "o": { "factory": "mxpi_dataserialize", "props": { "outputDataKeys": "b" },
		"next": "appsink0" }, "appsink0": { "factory": "appsink" } } }' "$1" > "$tmp/own.pipeline"
	"$build/secant" stream "$tmp/own.pipeline" --input "$tmp/picture.pgm" 2>&1 || true
}
says() { # PROPERTIES TEXT
	stream "$1" | grep -q -- "$2" || { echo "cplusplus: with { $1 } there is no '$2':"; stream "$1"; exit 1; }
}
export SECANT_ELEMENT_PATH="$tmp/none:$tmp/plugins"
says '"label": "disc", "scale": "1.5"' '"classId":1,"className":"disc".*"x1":3.0,"y0":0.0,"y1":3.0'
says '' '"className":"frame"'
says '"refuse": "1"' '1001 .*no pictures for b'
says '"label": "odd"' '6003.*Init of b'
says '"scale": "4.5"' '6015.*property scale'
says '"sclae": "1"' '6015.*nearest: scale'
"$build/secant" stream "$tmp/own.pipeline" --check && { echo "cplusplus: a wrong property passes the check"; exit 1; }
stream '"deviceId": "0", "status": "1"' > "$tmp/out"
"$build/secant" stream "$tmp/own.pipeline" --check
unset SECANT_ELEMENT_PATH
mkdir "$tmp/broken" && echo nothing > "$tmp/broken/libmxpi_framebox.so"
export SECANT_ELEMENT_PATH="$tmp/broken"
says '' '6014.*broken/libmxpi_framebox.so: '
unset SECANT_ELEMENT_PATH
says '' '6014.*SECANT_ELEMENT_PATH'
mkdir -p "$tmp/home/lib" && mv "$tmp/plugins" "$tmp/home/lib/"
export MX_SDK_HOME="$tmp/home"
says '' '"className":"frame"'
echo "cplusplus: a sample and a plugin run"
