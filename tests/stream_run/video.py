#!/usr/bin/env python3
"""mxpi_videoencoder and mxpi_videodecoder one behind the other: each picture comes back, in order, nearly as it was. Without a codec of
H.264 in this GStreamer: that streams with them are refused by name.

    video.py BUILD
"""
import json
import os
import sys

sys.path.insert(0, os.path.join(os.path.realpath(sys.argv[1]), "python"))
import MxpiDataType_pb2 as messages
from StreamManagerApi import InProtobufVector, MxProtobufIn, StreamManagerApi, StringVector

WIDTH, HEIGHT, PICTURES = 192, 128, 12


def same(got, wanted, what):
    if got != wanted:
        raise SystemExit("%s: %r, wanted %r" % (what, got, wanted))


def picture(i):
    """A ramp whose brightness says which picture it is."""
    m = messages.MxpiVisionList()
    v = m.visionVec.add()
    v.visionInfo.format, v.visionInfo.width, v.visionInfo.height = 1, WIDTH, HEIGHT
    v.visionInfo.widthAligned, v.visionInfo.heightAligned = WIDTH, HEIGHT
    luma = bytes(20 + 10 * i + x // 4 for x in range(WIDTH)) * HEIGHT
    v.visionData.dataStr = luma + bytes([128]) * (WIDTH * HEIGHT // 2)
    v.visionData.dataSize = len(v.visionData.dataStr)
    return m


def stream(resize):
    return {"s": {"appsrc0": {"factory": "appsrc", "next": "enc"},
                  "enc": {"factory": "mxpi_videoencoder", "props": {"dataSource": "p", "maxBitRate": "4000"}, "next": "dec"},
                  "dec": {"factory": "mxpi_videodecoder", "props": resize, "next": "appsink0"}, "appsink0": {"factory": "appsink"}}}


def send(api, i):
    one, vector = MxProtobufIn(), InProtobufVector()
    one.key, one.type, one.protobuf = b"p", b"MxTools.MxpiVisionList", picture(i).SerializeToString()
    vector.push_back(one)
    same(api.SendProtobuf(b"s", 0, vector), 0, "SendProtobuf")


def fetch(api):
    keys = StringVector()
    keys.push_back(b"dec")
    got = api.GetProtobuf(b"s", 0, keys, 5000)
    if got.size() != 1 or got[0].errorCode:
        raise SystemExit("no picture: %r" % [(g.errorCode, g.messageName) for g in got])
    made = messages.MxpiVisionList()
    made.ParseFromString(got[0].messageBuf)
    return made.visionVec[0]


def there_and_back(api, resize, width, height):
    same(api.CreateMultipleStreams(json.dumps(stream(resize)).encode()), 0, "Create")
    for i in range(PICTURES):
        send(api, i)
    seen = []
    for i in range(PICTURES - 2):   # a codec may keep some back until the stream ends
        v = fetch(api)
        same((v.visionInfo.format, v.visionInfo.width, v.visionInfo.height), (1, width, height), "a picture")
        seen.append((v.visionData.dataStr[0] + 5) // 10)
    same(seen, [2 + i for i in range(PICTURES - 2)], "their order")
    same(api.StopStream(b"s"), 0, "StopStream")


api = StreamManagerApi()
same(api.InitManager(), 0, "InitManager")
code = api.CreateMultipleStreams(json.dumps(stream({})).encode())
if code:
    same(code, 6003, "a stream whose codec is missing")
    print("video: this GStreamer has no codec of H.264 (gstreamer1.0-plugins-bad, gstreamer1.0-libav): refused by name, not run")
else:
    same(api.StopStream(b"s"), 0, "StopStream")
    there_and_back(api, {}, WIDTH, HEIGHT)
    there_and_back(api, {"vdecResizeWidth": "96", "vdecResizeHeight": "64"}, 96, 64)
    print("video: there and back")
api.DestroyAllStreams()
