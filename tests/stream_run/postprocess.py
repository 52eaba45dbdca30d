#!/usr/bin/env python3
"""Post-processors of Python in streams (funcLanguage python): what a class is given, what becomes of what it answers, the SDK's own
classes by name, and what goes wrong.

    postprocess.py BUILD
"""
import json
import os
import struct
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.realpath(sys.argv[1]), "python"))
import MxpiDataType_pb2 as messages
from StreamManagerApi import InProtobufVector, MxProtobufIn, StreamManagerApi, StringVector

MODULE = '''
import os, time
from mindx.sdk.base import ClassInfo, KeyPointDetectionInfo, ObjectInfo, SemanticSegInfo, TextObjectInfo, TextsInfo

class Plain:
    def __init__(self, config, labels):
        self.config, self.labels = config, labels

class Classes(Plain):
    def process(self, tensors):
        print("what a class prints is no answer")
        best = max(tensors[0].tolist() if hasattr(tensors[0], "tolist") else numbers(tensors[0]))
        return [[ClassInfo(3, best, "%s %s" % (self.config, self.labels))]]

def numbers(t):
    import struct
    return struct.unpack("<%df" % (len(t.data) // 4), t.data)

class Objects(Plain):
    def process(self, tensors, infos):
        i = infos[0]
        return [[ObjectInfo(x0=1, y0=2, x1=i.widthResize, y1=i.heightOriginal, classId=5, confidence=0.25, className="a b"),
                 {"x0": 0.5, "classId": 1}]]

class Masks(Plain):
    def process(self, tensors, infos):
        return [SemanticSegInfo([[0, 1, 2], [3, 4, 5]], ["ground", "crack"])]

class Poses(Plain):
    def process(self, tensors, infos):
        return [[KeyPointDetectionInfo({0: [1.5, 2], 3: [4, 5]}, {0: 0.5, 3: 0.75}, 0.625)]]

class Texts(Plain):
    def process(self, tensors):
        return [[TextsInfo(["one", "two"])]]

class TextBoxes(Plain):
    def process(self, tensors, infos):
        return [[TextObjectInfo(1, 2, 3, 4, 5, 6, 7, 8, 0.5, "read")]]

class Fails(Plain):
    def process(self, tensors):
        raise ValueError("no such luck")

class Dies(Plain):
    def process(self, tensors):
        os._exit(3)

class Hangs(Plain):
    def process(self, tensors):
        time.sleep(1000)

class Strange(Plain):
    def process(self, tensors):
        return [[ClassInfo("many", 1, "")]]

class Nothing:
    def process(self, tensors):
        return []
'''


def same(got, wanted, what):
    if got != wanted:
        raise SystemExit("%s: %r, wanted %r" % (what, got, wanted))


def stream(folder, element, kind, module="mine", **props):
    return {"s": {"appsrc0": {"factory": "appsrc", "next": "post"},
                  "post": {"factory": element, "props": {"dataSource": "t", "funcLanguage": "python", "postProcessLibPath": folder,
                                                         "className": kind, "pythonModule": module, **props}, "next": "appsink0"},
                  "appsink0": {"factory": "appsink"}}}


def create(api, *given, **props):
    return api.CreateMultipleStreams(json.dumps(stream(*given, **props)).encode())


def send(api, values=(0.25, 1.5, -2), shape=None):
    tensors = messages.MxpiTensorPackageList()
    t = tensors.tensorPackageVec.add().tensorVec.add()
    t.tensorShape.extend(shape or [1, len(values)])
    t.dataStr = struct.pack("<%df" % len(values), *values)
    t.tensorDataSize, t.tensorDataType = len(t.dataStr), 0
    one, vector = MxProtobufIn(), InProtobufVector()
    one.key, one.type, one.protobuf = b"t", b"MxTools.MxpiTensorPackageList", tensors.SerializeToString()
    vector.push_back(one)
    same(api.SendProtobuf(b"s", 0, vector), 0, "SendProtobuf")


def fetch(api, message):
    keys = StringVector()
    keys.push_back(b"post")
    got = api.GetProtobuf(b"s", 0, keys)
    same(got.size(), 1, "a message")
    same(got[0].errorCode, 0, "its code")
    made = getattr(messages, message)()
    made.ParseFromString(got[0].messageBuf)
    return made


def one(api, folder, element, kind, message, **props):
    same(create(api, folder, element, kind, **props), 0, kind)
    send(api)
    made = fetch(api, message)
    same(api.StopStream(b"s"), 0, "StopStream")
    return made


def what_classes_answer(api, folder):
    c = one(api, folder, "mxpi_classpostprocessor", "Classes", "MxpiClassList", postProcessConfigPath="c.cfg", labelPath="l.names").classVec[0]
    same((c.classId, c.confidence, c.className), (3, 1.5, "c.cfg l.names"), "a class")
    same((c.headerVec[0].dataSource, c.headerVec[0].memberId), ("t", 0), "its header")
    c = one(api, folder, "mxpi_classpostprocessor", "Classes", "MxpiClassList", postProcessConfigContent={"A": "1"}).classVec[0]
    same(c.className, "{'A': '1'} ", "a configuration within the pipeline")
    o = one(api, folder, "mxpi_objectpostprocessor", "Objects", "MxpiObjectList").objectVec
    same([(b.x0, b.y0, b.classVec[0].classId, b.classVec[0].className) for b in o], [(1, 2, 5, "a b"), (0.5, 0, 1, "")], "boxes")
    m = one(api, folder, "mxpi_semanticsegpostprocessor", "Masks", "MxpiImageMaskList").imageMaskVec[0]
    same((list(m.className), list(m.shape), m.dataType, m.dataStr), (["ground", "crack"], [2, 3], 4, bytes(range(6))), "a mask")
    p = one(api, folder, "mxpi_keypointpostprocessor", "Poses", "MxpiPoseList").poseVec[0]
    same((p.score, [(k.x, k.y, k.name, k.score) for k in p.keyPointVec]), (0.625, [(1.5, 2, 0, 0.5), (4, 5, 3, 0.75)]), "a pose")
    t = one(api, folder, "mxpi_textgenerationpostprocessor", "Texts", "MxpiTextsInfoList").textsInfoVec[0]
    same(list(t.text), ["one", "two"], "text")
    b = one(api, folder, "mxpi_textobjectpostprocessor", "TextBoxes", "MxpiTextObjectList").objectVec[0]
    same((b.x0, b.y0, b.x3, b.y3, b.confidence, b.text), (1, 2, 7, 8, 0.5, "read"), "text in its place")


def the_sdks_own_classes(api, folder):
    given = {"module": "postprocess.post", "postProcessConfigContent": {"CLASS_NUM": "3"}}
    c = one(api, folder, "mxpi_classpostprocessor", "Resnet50PostProcess", "MxpiClassList", **given).classVec[0]
    same((c.classId, c.confidence), (1, 1.5), "the best class")


def error_of(api):
    send(api)
    result = api.GetResult(b"s", 0, 5000)
    return result.errorCode, result.data.decode()


def what_goes_wrong(api, folder):
    for kind, module in (("NotThere", "mine"), ("Classes", "not_there"), ("Classes", "broken")):
        same(create(api, folder, "mxpi_classpostprocessor", kind, module), 6003, "%s of %s" % (kind, module))
    for kind, words in (("Fails", "ValueError: no such luck"), ("Dies", "Python has ended"), ("Strange", "ValueError")):
        same(create(api, folder, "mxpi_classpostprocessor", kind), 0, kind)
        code, text = error_of(api)
        same(code, 1001, kind)
        if words not in text:
            raise SystemExit("%s: %s" % (kind, text))
        if kind == "Fails" and "mine.py, line" not in text:
            raise SystemExit("no place of the error: " + text)
        same(error_of(api)[0], 1001, "%s again" % kind)
        same(api.StopStream(b"s"), 0, "StopStream")


def what_hangs_is_stopped(api, folder):
    same(create(api, folder, "mxpi_classpostprocessor", "Hangs"), 0, "Create")
    send(api)
    same(api.GetResult(b"s", 0, 300).errorCode, 1002, "nothing comes")
    before = time.time()
    same(api.StopStream(b"s"), 0, "StopStream")
    if time.time() - before > 10:
        raise SystemExit("StopStream waits for a class that hangs")


def many(api, folder):
    same(create(api, folder, "mxpi_classpostprocessor", "Classes"), 0, "Create")
    for i in range(200):
        send(api, [float(i)] * (1 + i * 100))
        same(fetch(api, "MxpiClassList").classVec[0].confidence, float(i), "answer %d" % i)
    same(api.StopStream(b"s"), 0, "StopStream")


with tempfile.TemporaryDirectory() as folder:
    with open(os.path.join(folder, "mine.py"), "w") as f:
        f.write(MODULE)
    with open(os.path.join(folder, "broken.py"), "w") as f:
        f.write("class Classes(\n")
    api = StreamManagerApi()
    same(api.InitManager(), 0, "InitManager")
    for test in (what_classes_answer, the_sdks_own_classes, what_goes_wrong, what_hangs_is_stopped, many):
        test(api, folder)
        print("postprocess: %s" % test.__name__.replace("_", " "))
    api.DestroyAllStreams()
