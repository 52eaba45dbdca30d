"""Runs a class of Python as a post-processor of a stream: the other end of post/python.c, which starts `python3 -c THIS` with a socket
as file 3. Each message is a line of JSON; behind one with tensors their bytes follow, one after the other.

A class is what MindX SDK has: made with the paths of its configuration and labels (or a dict, where the pipeline holds the configuration
itself), asked by process(tensors) or process(tensors, [ResizedImageInfo]), it answers with a list for each picture of ClassInfo,
ObjectInfo, SemanticSegInfo, KeyPointDetectionInfo, TextObjectInfo or TextsInfo. Where the SDK's own modules are not there, `mindx.sdk`
is what stands below; any object with the same attributes, and a dict, will do as well.
"""
import base64
import importlib
import inspect
import json
import sys
import traceback
import types

TYPES = {0: "<f4", 1: "<f2", 2: "<i1", 3: "<i4", 4: "<u1", 6: "<i2", 7: "<u2", 8: "<u4", 9: "<i8", 10: "<u8", 11: "<f8", 12: "|b1"}


class Tensor:
    """Numbers of a model: numpy.array(tensor) has them; shape and dtype are the SDK's."""

    def __init__(self, data, shape=(), dtype=0):
        self.data, self.shape, self.dtype = data, list(shape), dtype

    def to_host(self):
        return self

    def to_device(self, device=0):
        return self

    def __array__(self, dtype=None, copy=None):
        import numpy
        array = numpy.frombuffer(self.data, TYPES[self.dtype]).reshape(self.shape)
        return array.astype(dtype) if dtype is not None else array


class Info:
    fields = ()

    def __init__(self, *values, **named):
        for name, default in self.fields:
            setattr(self, name, default() if callable(default) else default)
        for (name, _), value in zip(self.fields, values):
            setattr(self, name, value)
        for name, value in named.items():
            setattr(self, name, value)


def info(name, **fields):
    return type(name, (Info,), {"fields": tuple(fields.items())})


CORNERS = {"x0": 0.0, "y0": 0.0, "x1": 0.0, "y1": 0.0}
NAMED = {"confidence": 0.0, "classId": 0, "className": ""}
INFOS = [
    info("ResizedImageInfo", widthResize=0, heightResize=0, widthOriginal=0, heightOriginal=0, resizeType=0, keepAspectRatioScaling=0.0),
    info("ClassInfo", classId=0, confidence=0.0, className=""),
    info("ObjectInfo", **CORNERS, **NAMED, mask=list),
    info("SemanticSegInfo", pixels=list, labelMap=list),
    info("KeyPointDetectionInfo", keyPointMap=dict, scoreMap=dict, score=0.0),
    info("TextObjectInfo", **CORNERS, x2=0.0, y2=0.0, x3=0.0, y3=0.0, confidence=0.0, result=""),
    info("TextsInfo", text=list),
]
BASES = ["ClassPostProcessBase", "ObjectPostProcessBase", "SemanticSegPostProcessBase", "KeypointPostProcessBase",
         "TextObjectPostProcessBase", "TextGenerationPostProcessBase"]


class PostProcessBase:
    def __init__(self, config=None, labels=None):
        self.config, self.labels = config, labels


def stand_in():
    """mindx.sdk.base with the classes above, unless the SDK's own is there."""
    try:
        importlib.import_module("mindx.sdk.base")
        return
    except ImportError:
        pass
    for name in ("mindx", "mindx.sdk", "mindx.sdk.base", "mindx.sdk.base.post"):
        sys.modules[name] = module = types.ModuleType(name)
        above, _, last = name.rpartition(".")
        if above:
            setattr(sys.modules[above], last, module)
        for kind in INFOS:
            setattr(module, kind.__name__, kind)
        for base in BASES:
            setattr(module, base, type(base, (PostProcessBase,), {}))
        module.Tensor, module.__path__ = Tensor, []


def get(thing, name, default=0):
    value = thing.get(name, default) if isinstance(thing, dict) else getattr(thing, name, default)
    return value.item() if hasattr(value, "item") and getattr(value, "ndim", 0) == 0 else value


def named(thing):
    return {"classId": int(get(thing, "classId")), "className": str(get(thing, "className", "")),
            "confidence": float(get(thing, "confidence"))}


def shifted(thing, names, box):
    return {n: float(get(thing, n)) + (box[n[0] == "y"] if box else 0) for n in names}


def one_object(thing, box):
    return {**shifted(thing, ("x0", "y0", "x1", "y1"), box), "classVec": [named(thing)]}


def one_class(thing, box):
    return named(thing)


def one_mask(thing, box):
    rows, labels = get(thing, "pixels", []), [str(label) for label in get(thing, "labelMap", [])]
    width = 1 if len(labels) <= 255 else 4
    rows = rows.tolist() if hasattr(rows, "tolist") else rows
    data = b"".join(int(v).to_bytes(width, "little") for row in rows for v in row)
    return {"className": labels, "shape": [len(rows), len(rows[0]) if rows else 0], "dataType": 4 if width == 1 else 3,
            "dataStr": base64.b64encode(data).decode()}


def one_pose(thing, box):
    points, scores = get(thing, "keyPointMap", {}), get(thing, "scoreMap", {})
    return {"score": float(get(thing, "score")),
            "keyPointVec": [{"name": int(i), "score": float(scores.get(i, 0)),
                             "x": float(p[0]) + (box[0] if box else 0), "y": float(p[1]) + (box[1] if box else 0)}
                            for i, p in sorted(points.items())]}


def one_text_object(thing, box):
    return {**shifted(thing, [a + b for b in "0123" for a in "xy"], box), "confidence": float(get(thing, "confidence")),
            "text": str(get(thing, "result", get(thing, "text", "")))}


def one_text(thing, box):
    text = thing if isinstance(thing, (str, list)) else get(thing, "text", [])
    return {"text": [text] if isinstance(text, str) else [str(t) for t in text]}


ITEMS = {"MxpiObjectList": one_object, "MxpiClassList": one_class, "MxpiImageMaskList": one_mask, "MxpiPoseList": one_pose,
         "MxpiTextObjectList": one_text_object, "MxpiTextsInfoList": one_text}


def takes(function, count):
    try:
        inspect.signature(function).bind(*[None] * count)
        return True
    except TypeError:
        return False
    except ValueError:
        return True   # written in C: it says nothing


def open_class(start):
    sys.path[:0] = [start["path"], "."]
    stand_in()
    kind = getattr(importlib.import_module(start["module"]), start["class"])
    config = json.loads(start["content"]) if start["content"] else start["config"]
    given = [config, start["labels"]]
    while given and not takes(kind, len(given)):
        given.pop()
    return kind(*given)


def run(self, message, ask, tensors):
    picture = ask["picture"]
    given = [tensors]
    if message not in ("MxpiClassList", "MxpiTextsInfoList") or not takes(self.process, 1):
        given.append([INFOS[0](*(picture[k] for k in ("net_width", "net_height", "width", "height", "resize_type", "scaling")))])
    while len(given) > 1 and not takes(self.process, len(given)):
        given.pop()
    answer = self.process(*given) or []
    flat = [x for part in answer for x in (part if isinstance(part, (list, tuple)) else [part])]
    header = {"headerVec": [{"dataSource": ask["key"], "memberId": ask["member"]}]}
    return [{**header, **ITEMS[message](x, picture["box"])} for x in flat]


def read(file, size):
    data = file.read(size)
    if len(data) != size:
        raise SystemExit(0)
    return data


def main():
    source, target = open(3, "rb", closefd=False), open(3, "wb", closefd=False)
    sys.stdout = sys.stderr   # what a class prints is not an answer

    def say(answer):
        target.write(json.dumps(answer, ensure_ascii=True, allow_nan=False).encode() + b"\n")
        target.flush()

    def reason(error):
        last = traceback.extract_tb(error.__traceback__)[-1:]
        where = f" ({last[0].filename}, line {last[0].lineno})" if last else ""
        return {"error": f"{type(error).__name__}: {error}{where}"}

    start = json.loads(source.readline() or b"{}")
    try:
        self = open_class(start)
    except Exception as error:
        return say(reason(error))
    say({"items": []})
    for line in iter(source.readline, b""):
        ask = json.loads(line)
        tensors = [Tensor(read(source, t["size"]), t["shape"], t["type"]) for t in ask["tensors"]]
        try:
            say({"items": run(self, start["message"], ask, tensors)})
        except Exception as error:
            say(reason(error))


main()
