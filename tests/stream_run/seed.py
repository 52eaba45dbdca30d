#!/usr/bin/env python3
"""The situation streams were made for, small: pictures larger than the part that is looked at, a U-Net trained on such parts, a
pipeline that cuts, scales, infers and dumps, and a program with the calls of StreamManagerApi that computes dice and IoU of each
picture. Its dice must equal what `secant eval` finds on the same parts, and what `secant inspect` finds by itself, to 1e-3.

    seed.py BUILD      (PYTHONPATH is set to BUILD/python, and nothing else)
"""
import base64
import json
import os
import random
import subprocess
import sys
import tempfile

build = os.path.realpath(sys.argv[1])
sys.path.insert(0, os.path.join(build, "python"))
secant = os.path.join(build, "secant")
BOX, SIDE, NET = (37, 21, 165, 149), 128, 64  # what is looked at, its side, that of the network


def run(*arguments):
    done = subprocess.run([secant] + [str(a) for a in arguments], capture_output=True, text=True, env={**os.environ, "OMP_NUM_THREADS": "2"})
    if done.returncode:
        sys.exit("secant %s: %s" % (" ".join(map(str, arguments)), done.stderr))
    return done.stdout


def write(path, channels, width, height, data):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as f:
        f.write(b"P%d %d %d 255\n" % (6 if channels == 3 else 5, width, height) + bytes(data))


def draw(seed):
    """A picture of 200x160 with bright discs on a ramp, and the discs."""
    r = random.Random(seed)
    discs = [(r.uniform(20, 180), r.uniform(20, 140), r.uniform(8, 24)) for _ in range(9)]
    picture, mask = bytearray(), bytearray()
    for y in range(160):
        for x in range(200):
            inside = any((x - a) ** 2 + (y - b) ** 2 < c * c for a, b, c in discs)
            v = x // 3 + r.randrange(20)
            picture += bytes((v + 20, v + (90 if inside else 10), v + (150 if inside else 0)))
            mask.append(255 if inside else 0)
    return picture, mask


def part(data, channels):
    x0, y0, x1, y1 = BOX
    return b"".join(bytes(data[(y * 200 + x0) * channels:(y * 200 + x1) * channels]) for y in range(y0, y1))


def prepare():
    for i in range(16):
        picture, mask = draw(i)
        split = "val" if i >= 12 else "train"
        write("parts/%s/images/%d.ppm" % (split, i), 3, SIDE, SIDE, part(picture, 3))
        write("parts/%s/masks/%d.pgm" % (split, i), 1, SIDE, SIDE, part(mask, 1))
        if i >= 12:
            write("whole/%d/image.ppm" % i, 3, 200, 160, picture)
            write("whole/%d/mask.pgm" % i, 1, 200, 160, mask)


PIPELINE = """{ "unet_mindspore": {
  "stream_config": { "deviceId": "0" },
  "appsrc0": { "factory": "appsrc", "props": { "blocksize": "4096000" }, "next": "mxpi_imagedecoder0" },
  "mxpi_imagedecoder0": { "factory": "mxpi_imagedecoder", "props": { "cvProcessor": "opencv" }, "next": "mxpi_imagecrop0" },
  "mxpi_imagecrop0": { "factory": "mxpi_imagecrop", "props": { "cvProcessor": "opencv", "dataSource": "ExternalObjects" }, "next": "mxpi_imageresize0" },
  "mxpi_imageresize0": { "factory": "mxpi_imageresize", "props": { "handleMethod": "opencv", "resizeHeight": "%d", "resizeWidth": "%d" }, "next": "mxpi_tensorinfer0" },
  "mxpi_tensorinfer0": { "factory": "mxpi_tensorinfer", "props": { "dataSource": "mxpi_imageresize0", "modelPath": "%s" }, "next": "mxpi_dumpdata0" },
  "mxpi_dumpdata0": { "factory": "mxpi_dumpdata", "props": { "requiredMetaDataKeys": "mxpi_tensorinfer0" }, "next": "appsink0" },
  "appsink0": { "factory": "appsink", "props": { "blocksize": "4096000" } } } }"""


def nearest(data, side, to):
    return [data[int((y + .5) * side / to) * side + int((x + .5) * side / to)] for y in range(to) for x in range(to)]


def score_pictures(pipeline):
    from StreamManagerApi import MxDataInput, RoiBox, StreamManagerApi
    api = StreamManagerApi()
    assert api.InitManager() == 0
    with open(pipeline, "rb") as f:
        assert api.CreateMultipleStreams(f.read()) == 0
    scores, both, sums = [], 0, 0
    for i in range(12, 16):
        given, box = MxDataInput(), RoiBox()
        with open("whole/%d/image.ppm" % i, "rb") as f:
            given.data = f.read()
        box.x0, box.y0, box.x1, box.y1 = BOX
        given.roiBoxs.push_back(box)
        unique_id = api.SendData(b"unet_mindspore", b"appsrc0", given)
        assert unique_id >= 0
        result = api.GetResult(b"unet_mindspore", unique_id, 60000)
        assert result.errorCode == 0, result.data
        tensors = json.loads(json.loads(result.data.decode())["metaData"][0]["content"])["tensorPackageVec"][0]["tensorVec"]
        assert tensors[0]["tensorShape"] == [1, NET, NET, 2], tensors[0]["tensorShape"]
        assert tensors[1]["tensorShape"] == [1, NET, NET]
        classes = base64.b64decode(tensors[1]["dataStr"])
        predicted = [classes[4 * k] for k in range(NET * NET)]
        label = [v > 127 for v in nearest(part(draw(i)[1], 1), SIDE, NET)]
        common = sum(1 for a, b in zip(predicted, label) if a and b)
        scores.append(2 * common / (sum(predicted) + sum(label)))
        both += common
        sums += sum(predicted) + sum(label)
    api.DestroyAllStreams()
    return scores, 2 * both / sums


def main():
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        prepare()
        run("train", "parts", "--out", "run", "--encoder", "resnet18", "--epochs", 3, "--batch", 4, "--size", NET, "--resize", "--learning-rate", 1e-3)
        with open("a.pipeline", "w") as f:
            f.write(PIPELINE % (NET, NET, "run/best.safetensors"))
        scores, all_pixels = score_pictures("a.pipeline")
        mean = sum(scores) / len(scores)
        found = json.loads(run("inspect", "whole", "--pipeline", "a.pipeline", "--box", ",".join(map(str, BOX)), "--out", "report", "--json"))
        print("program %.5f, inspect %.5f; of all pixels %.5f and %.5f" % (mean, found["dice"], all_pixels, found["dice_of_all_pixels"]))
        assert found["images"] == 4 and os.path.exists("report/index.html") and os.path.exists("report/3.png")
        assert abs(found["dice"] - mean) < 1e-3 and abs(found["dice_of_all_pixels"] - all_pixels) < 1e-3
        for i, name in enumerate(sorted(os.listdir("whole"))):  # the same labels in two files each, beside the picture or in a folder
            mask = draw(12 + i)[1]
            os.remove("whole/%s/mask.pgm" % name)
            for k in range(2):
                half = bytes(v if (at % 200 < 100) == (k == 0) else 0 for at, v in enumerate(mask))
                write("whole/%s/%s" % (name, "masks/%d.pgm" % k if i % 2 else "mask_%d.pgm" % k), 1, 200, 160, half)
        joined = json.loads(run("inspect", "whole", "--pipeline", "a.pipeline", "--box", ",".join(map(str, BOX)), "--json"))
        assert joined["pictures"] == found["pictures"], (joined, found)
        evaluated = json.loads(run("eval", "run", "parts", "--split", "val", "--json"))
        print("eval %.5f" % evaluated["f1"])
        assert 0.3 < evaluated["f1"] < 0.9999, "a network that has learnt nothing shows nothing"
        assert abs(evaluated["f1"] - all_pixels) < 1e-3
        run("compile", "run/best.safetensors", "--out", "net.secant", "--size", "%dx%d" % (NET, NET))
        os.rename("net.secant", "net.om")  # the vendor's name
        with open("b.pipeline", "w") as f:
            f.write(PIPELINE % (NET, NET, "net.om"))
        compiled, _ = score_pictures("b.pipeline")
        print("compiled %.5f" % (sum(compiled) / 4))
        assert max(abs(a - b) for a, b in zip(compiled, scores)) < 1e-3


main()
