#!/usr/bin/env python3
"""The whole way of an inspection application at its real sizes: folder-per-sample parts of 1800x1800 cut from pictures of 5000x4000, a
U-Net of MindSpore's zoo trained on them, exported to MindIR at 960x960, compiled by `atc` with the application's AIPP file, and a
pipeline that decodes, cuts, scales, infers and dumps, driven by a program with the calls of StreamManagerApi. Dice must equal what
`secant eval` finds on the same parts to 1e-3.

    seed960.py BUILD
"""
import base64
import json
import os
import random
import struct
import subprocess
import sys
import tempfile
import zlib

build = os.path.realpath(sys.argv[1])
sys.path.insert(0, os.path.join(build, "python"))
secant = os.path.join(build, "secant")
BOX, WIDE, HIGH, SIDE, NET, STEP = (2200, 1000, 4000, 2800), 5000, 4000, 1800, 960, 20


def run(*arguments):
    done = subprocess.run([secant] + [str(a) for a in arguments], capture_output=True, text=True, env={**os.environ, "OMP_NUM_THREADS": "2"})
    if done.returncode:
        sys.exit("secant %s: %s" % (" ".join(map(str, arguments)), done.stderr))
    return done.stdout


def write_png(path, channels, rows):
    """rows: bytes of each line."""
    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as f:
        f.write(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", len(rows[0]) // channels, len(rows), 8, 2 if channels == 3 else 0, 0, 0, 0)))
        f.write(chunk(b"IDAT", zlib.compress(b"".join(b"\0" + r for r in rows), 1)) + chunk(b"IEND", b""))


def draw(seed):
    """A picture and its mask as lines: discs on a ramp, every pixel STEP x STEP."""
    r = random.Random(seed)
    discs = [(r.uniform(90, 220), r.uniform(40, 150), r.uniform(5, 16)) for _ in range(14)]
    picture, mask = [], []
    for y in range(HIGH // STEP):
        line, label = bytearray(), bytearray()
        for x in range(WIDE // STEP):
            inside = any((x - a) ** 2 + (y - b) ** 2 < c * c for a, b, c in discs)
            v = x // 5 + r.randrange(30)
            line += bytes((v + 20, v + (80 if inside else 10), v + (140 if inside else 0))) * STEP
            label += bytes((255 if inside else 0,)) * STEP
        picture += [bytes(line)] * STEP
        mask += [bytes(label)] * STEP
    return picture, mask


def part(rows, channels):
    x0, y0, x1, y1 = BOX
    return [r[x0 * channels:x1 * channels] for r in rows[y0:y1]]


PIPELINE = """{ "unet_mindspore": {
  "stream_config": { "deviceId": "0" },
  "appsrc0": { "factory": "appsrc", "props": { "blocksize": "4096000" }, "next": "mxpi_imagedecoder0" },
  "mxpi_imagedecoder0": { "factory": "mxpi_imagedecoder", "props": { "cvProcessor": "opencv" }, "next": "mxpi_imagecrop0" },
  "mxpi_imagecrop0": { "factory": "mxpi_imagecrop", "props": { "cvProcessor": "opencv", "dataSource": "ExternalObjects" }, "next": "mxpi_imageresize0" },
  "mxpi_imageresize0": { "factory": "mxpi_imageresize", "props": { "handleMethod": "opencv", "resizeType": "Resizer_Stretch", "resizeHeight": "960", "resizeWidth": "960" }, "next": "mxpi_tensorinfer0" },
  "mxpi_tensorinfer0": { "factory": "mxpi_tensorinfer", "props": { "dataSource": "mxpi_imageresize0", "modelPath": "unet.om" }, "next": "mxpi_dumpdata0" },
  "mxpi_dumpdata0": { "factory": "mxpi_dumpdata", "props": { "requiredMetaDataKeys": "mxpi_tensorinfer0" }, "next": "appsink0" },
  "appsink0": { "factory": "appsink", "props": { "blocksize": "4096000" } } } }"""

AIPP = "aipp_op {\n  aipp_mode: static\n  input_format : RGB888_U8\n" + "".join(
    "  min_chn_%d : 127.5\n  var_reci_chn_%d : 0.007843137254902\n" % (c, c) for c in range(3)) + "}\n"


def nearest(rows):
    at = [int((k + .5) * SIDE / NET) for k in range(NET)]
    return [[rows[y][x] > 127 for x in at] for y in at]


def score_pictures(held_out):
    from StreamManagerApi import MxDataInput, RoiBox, StreamManagerApi
    api = StreamManagerApi()
    assert api.InitManager() == 0
    with open("unet.pipeline", "rb") as f:
        assert api.CreateMultipleStreams(f.read()) == 0
    both = sums = 0
    for i in held_out:
        given, box = MxDataInput(), RoiBox()
        with open("whole/%d/image.png" % i, "rb") as f:
            given.data = f.read()
        box.x0, box.y0, box.x1, box.y1 = BOX
        given.roiBoxs.push_back(box)
        unique_id = api.SendData(b"unet_mindspore", 0, given)
        assert unique_id >= 0
        result = api.GetResult(b"unet_mindspore", unique_id, 120000)
        assert result.errorCode == 0, result.data
        tensors = json.loads(json.loads(result.data.decode())["metaData"][0]["content"])["tensorPackageVec"][0]["tensorVec"]
        assert tensors[0]["tensorShape"] == [1, NET, NET, 2] and tensors[1]["tensorShape"] == [1, NET, NET]
        predicted = base64.b64decode(tensors[1]["dataStr"])[::4]
        label = b"".join(bytes(r) for r in nearest(part(draw(i)[1], 1)))
        both += sum(a & b for a, b in zip(predicted, label))
        sums += sum(predicted) + sum(label)
    assert api.DestroyAllStreams() == 0
    return 2 * both / sums


def main():
    held_out = (8, 9)
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        for i in range(10):
            picture, mask = draw(i)
            where = "parts/%s/%d" % ("val" if i in held_out else "train", i)
            write_png(where + "/image.png", 3, part(picture, 3))
            write_png(where + "/mask.png", 1, part(mask, 1))
            if i in held_out:
                write_png("whole/%d/image.png" % i, 3, picture)
        # colours tell the classes apart, at any scale: the network is trained small and used at the application's size
        run("train", "parts", "--preset", "unet-inspection", "--arch", "unet_simple", "--feature-scale", 4, "--size", NET // 5, "--resize", "--batch", 2,
            "--epochs", 12, "--learning-rate", 3e-3, "--out", "run")
        run("export", "run", "--out", "unet.mindir", "--width", NET, "--height", NET)
        with open("aipp.cfg", "w") as f:
            f.write(AIPP)
        run("atc", "--model=unet.mindir", "--framework=1", "--output=unet", "--input_format=NCHW", "--input_shape=x:1,3,960,960", "--insert_op_conf=aipp.cfg",
            "--soc_version=Ascend310", "--log=error")
        with open("unet.pipeline", "w") as f:
            f.write(PIPELINE)
        dice = score_pictures(held_out)
        evaluated = json.loads(run("eval", "run", "parts", "--split", "val", "--size", NET, "--resize", "--json"))
        found = next(c["f1"] for c in evaluated["per_class"][1:])  # what is not background
        print("stream %.5f, eval %.5f" % (dice, found))
        assert 0.3 < dice < 0.9999, "a network that has learnt nothing shows nothing"
        assert abs(found - dice) < 1e-3


main()
