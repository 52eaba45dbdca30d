#!/usr/bin/env python3
"""StreamManagerApi as programs use it: what each call returns, failures included (codes of the original), several inputs and outputs,
numbers, messages, managers beside each other, threads.

    api.py BUILD
"""
import json
import os
import sys
import threading
import time
import warnings

sys.path.insert(0, os.path.join(os.path.realpath(sys.argv[1]), "python"))
import MxpiDataType_pb2 as messages
from StreamManagerApi import (InProtobufVector, MetadataInputVector, MxBufferInput, MxDataInput, MxMetadataInput, MxProtobufIn, RoiBox,
                              StreamManagerApi, StringVector)

PICTURE = b"P6 4 2 255\n" + bytes(range(24))


def pipeline(**streams):
    return json.dumps(streams).encode()


def decode(last="dump", **more):
    stream = {"appsrc0": {"factory": "appsrc", "next": "decode"},
              "decode": {"factory": "mxpi_imagedecoder", "props": {"cvProcessor": "opencv"}, "next": "resize"},
              "resize": {"factory": "mxpi_imageresize", "props": {"cvProcessor": "opencv", "resizeWidth": "40", "resizeHeight": "36"}, "next": last},
              "dump": {"factory": "mxpi_dumpdata", "props": {"requiredMetaDataKeys": "resize"}, "next": "appsink0"},
              "appsink0": {"factory": "appsink"}}
    if last != "dump":
        del stream["dump"]
    return {**stream, **more}


def data(content=PICTURE):
    given = MxDataInput()
    given.data = content
    return given


def keys(*names):
    v = StringVector()
    for n in names:
        v.push_back(n)
    return v


def vision(width, height):
    m = messages.MxpiVisionList()
    v = m.visionVec.add()
    v.visionInfo.format, v.visionInfo.width, v.visionInfo.height = 13, width, height
    v.visionInfo.widthAligned, v.visionInfo.heightAligned = width, height
    v.visionData.dataStr = bytes(3 * width * height)
    v.visionData.dataSize = 3 * width * height
    return m


def protobuf(key, kind, content):
    v, one = InProtobufVector(), MxProtobufIn()
    one.key, one.type, one.protobuf = key, kind, content
    v.push_back(one)
    return v


def same(got, wanted, what):
    assert got == wanted, "%s: %r, expected %r" % (what, got, wanted)


def before_it_is_initialised():
    api = StreamManagerApi()
    same(api.SendData(b"s", 0, data()), -1, "SendData before Init")
    same(api.GetResult(b"s", 0).errorCode, -1, "GetResult before Init")
    same(api.SendDataWithUniqueId(b"s", 0, data()), -1, "with a number before Init")


def failures():
    api = StreamManagerApi()
    same(api.InitManager(), 0, "InitManager")
    same(api.CreateMultipleStreams(pipeline(s=decode())), 0, "Create")
    same(api.CreateMultipleStreams(pipeline(s=decode())), 6001, "a name twice")
    same(api.CreateMultipleStreams(b"{"), 6005, "no JSON")
    same(api.CreateMultipleStreamsFromFile(b"/nowhere/at.all"), 1029, "no file")
    same(api.SendData(b"t", 0, data()), 6002, "unknown stream")
    same(api.SendData(b"s", 1, data()), 6006, "an input too many")
    same(api.SendData(b"s", b"decode", data()), 6006, "an element that is no input")
    same(api.SendData(b"s", -1, data()), 1004, "an index below zero")
    same(api.SendData(b"s\n", 0, data()), 1004, "a forbidden character")
    same(api.SendData(b"s", 0, data(b"")), 6006, "no bytes")
    same(api.SendProtobuf(b"s", 0, protobuf(b"k", b"MxTools.Nothing", b"")), 1001, "an unknown type")
    same(api.SendProtobuf(b"s", 0, protobuf(b"k", b"MxTools.MxpiVisionList", b"\x0a\x05")), 1001, "broken bytes")
    before = time.monotonic()
    result = api.GetResult(b"s", 0, 50)
    same(result.errorCode, 1002, "timeout")
    assert result.data, "a timeout has a text"
    assert 0.04 < time.monotonic() - before < 5
    same(api.GetResult(b"s", b"appsink0", keys(b"resize"), 50).errorCode, 1001, "timeout, with keys")
    same(api.GetResult(b"s", b"decode", keys(b"resize"), 50).errorCode, 6011, "an element that is no output")
    same(api.GetResult(b"s", 7, 50).errorCode, 1002, "an output too many")
    same(api.GetProtobuf(b"t", 0, keys(b"resize")).size(), 0, "messages of an unknown stream")
    same(api.SendData(b"s", 0, data(b"garbage")), 0, "garbage is sent")
    result = api.GetResult(b"s", 0)
    same(result.errorCode, 2006, "what the decoder says of it")
    assert result.data.startswith(b"decode: "), result.data
    same(api.SendDataWithUniqueId(b"s", 0, data()), -1, "another mode")
    same(api.StopStream(b"s"), 0, "StopStream")
    same(api.SendData(b"s", 0, data()), 6002, "a stream that was stopped")
    same(api.CreateMultipleStreams(pipeline(s=decode())), 0, "the same once more")
    for _ in range(2):
        same(api.DestroyAllStreams(), 0, "DestroyAllStreams")


def numbers():
    api = StreamManagerApi()
    same(api.InitManager(), 0, "InitManager")
    same(api.CreateMultipleStreams(pipeline(s=decode("sink", sink={"factory": "queue", "next": "appsink0"}))), 0, "Create")
    same(api.SendDataWithUniqueId(b"s", 5, data()), -1, "an input too many")
    ids = [api.SendDataWithUniqueId(b"s", b"appsrc0", data()) for _ in range(6)]
    same(ids, list(range(6)), "numbers count up from 0")
    for i in reversed(ids):
        same(api.GetResultWithUniqueId(b"s", i, 5000).errorCode, 0, "by number, in any order")
    late = api.GetResultWithUniqueId(b"s", 99, 20)
    assert late.errorCode in (6010, 1004), late
    wrong = []

    def client():
        for _ in range(25):
            i = api.SendDataWithUniqueId(b"s", 0, data())
            if i < 0 or api.GetResultWithUniqueId(b"s", i, 20000).errorCode:
                wrong.append(i)

    threads = [threading.Thread(target=client) for _ in range(4)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    same(wrong, [], "four clients at once")
    same(api.SendData(b"s", 0, data()), 6008, "another mode")
    same(api.DestroyAllStreams(), 0, "DestroyAllStreams")


def several_inputs_and_outputs():
    api = StreamManagerApi()
    same(api.InitManager(), 0, "InitManager")
    two = {"appsrc%d" % i: {"factory": "appsrc", "next": "r%d" % i} for i in range(2)}
    for i in range(2):
        two["r%d" % i] = {"factory": "mxpi_imageresize", "props": {"cvProcessor": "opencv", "dataSource": "appsrc%d" % i, "resizeWidth": str(40 + i),
                                                                   "resizeHeight": "36"}, "next": "appsink%d" % i}
        two["appsink%d" % i] = {"factory": "appsink"}
    same(api.CreateMultipleStreams(pipeline(s=two)), 0, "Create")
    for i in (1, 0):
        same(api.SendProtobuf(b"s", i, protobuf(b"appsrc%d" % i, b"MxTools.MxpiVisionList", vision(8, 4).SerializeToString())), 0, "SendProtobuf")
    for i in (0, 1):
        got = api.GetProtobuf(b"s", i, keys(b"r%d" % i, b"not there"))
        same(got.size(), 1, "messages that are there")
        same(got[0].errorCode, 0, "GetProtobuf")
        same(got[0].messageName, b"r%d" % i, "the key")
        made = messages.MxpiVisionList()
        made.ParseFromString(got[0].messageBuf)
        same((made.visionVec[0].visionInfo.width, made.visionVec[0].visionInfo.height), (40 + i, 36), "the picture")
        same(made.visionVec[0].headerVec[0].dataSource, "appsrc%d" % i, "its parent")
    # the form with metadata: bytes beside messages, and several keys back
    frame, extra = MxBufferInput(), MetadataInputVector()
    one = MxMetadataInput()
    one.dataSource, one.dataType, one.serializedMetadata = b"appsrc0", b"MxTools.MxpiVisionList", vision(6, 6).SerializeToString()
    extra.push_back(one)
    frame.data = b"x"
    same(api.SendData(b"s", b"appsrc0", extra, frame), 0, "SendData with metadata")
    result = api.GetResult(b"s", b"appsink0", keys(b"r0", b"appsrc0"), 5000)
    same(result.errorCode, 0, "GetResult with keys")
    same(result.bufferOutput.data, b"x", "the bytes")
    same([m.dataType for m in result.metadataVec], [b"MxTools.MxpiVisionList"] * 2, "their types")
    same(api.DestroyAllStreams(), 0, "DestroyAllStreams")


def boxes_and_managers():
    first, second = StreamManagerApi(), StreamManagerApi()
    crop = decode(last="dump")
    crop["decode"]["next"] = "crop"
    crop["crop"] = {"factory": "mxpi_imagecrop", "props": {"cvProcessor": "opencv", "dataSource": "ExternalObjects"}, "next": "resize"}
    for api in (first, second):
        same(api.InitManager(), 0, "InitManager")
        same(api.CreateMultipleStreams(pipeline(s=crop)), 0, "the same name in two managers")
    for n in (1, 3):
        given = data()
        for i in range(n):
            box = RoiBox()
            box.x0, box.y0, box.x1, box.y1 = 0, 0, 2 + i % 2, 2
            given.roiBoxs.push_back(box)
        same(first.SendData(b"s", 0, given), 0, "SendData")
        result = first.GetResult(b"s", 0)
        same(result.errorCode, 0, "GetResult")
        content = json.loads(json.loads(result.data.decode())["metaData"][0]["content"])
        same(len(content["visionVec"]), n, "a picture a box")
    same(first.DestroyAllStreams(), 0, "DestroyAllStreams")
    same(first.SendData(b"s", 0, data()), 6002, "the first one's streams are gone")
    same(second.SendData(b"s", 0, data()), 0, "the second one's are not")
    same(second.DestroyAllStreams(), 0, "DestroyAllStreams")
    same(second.CreateMultipleStreams(pipeline(s=decode())), 0, "and may be made again")
    same(second.DestroyAllStreams(), 0, "DestroyAllStreams")


def forked():
    """A child that is forked while streams run has none of their threads: it is told, and does not wait. One before them runs its own."""
    api = StreamManagerApi()
    same(api.InitManager(), 0, "InitManager")
    same(api.CreateMultipleStreams(pipeline(s=decode())), 0, "Create")
    child = os.fork()
    if not child:
        code = 1
        try:
            os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
            same(StreamManagerApi().InitManager(), 1013, "InitManager in a child")
            same(api.SendData(b"s", 0, data()), 6002, "the parent's stream")
            same(api.CreateMultipleStreams(pipeline(t=decode())), 6003, "a stream of the parent's manager")
            same(api.DestroyAllStreams(), 0, "DestroyAllStreams")
            api = None
            code = 0
        finally:
            os._exit(code)
    end = time.monotonic() + 60
    while True:
        pid, status = os.waitpid(child, os.WNOHANG)
        if pid or time.monotonic() > end:
            break
        time.sleep(0.01)
    if not pid:
        os.kill(child, 9)
    same((pid, status), (child, 0), "the child's end")
    same(api.SendData(b"s", 0, data()), 0, "the parent goes on")
    same(api.GetResult(b"s", 0).errorCode, 0, "GetResult")
    same(api.DestroyAllStreams(), 0, "DestroyAllStreams")


def misspelt():
    """SWIG's classes take any name: a program that misspells one runs, and is told."""
    one = MxMetadataInput()
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        one.serializedMetadaata = b"x"
    same((len(said), one.serializedMetadata), (1, b""), "a misspelt field")
    assert "serializedMetadata" in str(said[0].message), said[0].message


for test in (before_it_is_initialised, failures, numbers, several_inputs_and_outputs, boxes_and_managers, forked, misspelt):
    test()
    print("api: %s" % test.__name__.replace("_", " "))
