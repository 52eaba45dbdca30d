#!/usr/bin/env python3
"""Prints src/hub/table.inc: the weights of encoders that segmentation_models.pytorch and torchvision publish, from the texts of their packages.

    pip download --no-deps segmentation-models-pytorch==0.6.0 torchvision && unzip -d DIR each of them
    src/hub/table.py DIR YYYY-MM-DD > src/hub/table.inc

Addresses, revisions and the digits in torchvision's file names are theirs. What pictures must be like, smp keeps in a config.json beside each
weight, which is fetched with it; the last column is what holds where that file is missing.
"""
import pathlib
import re
import sys

TORCHVISION = {"resnet.py": ("resnet", "resnext"), "vgg.py": ("vgg",), "densenet.py": ("densenet",), "mobilenetv2.py": ("mobilenet_v2",)}
WITHIN = ("resnet18", "resnet34", "resnet50", "resnet101", "resnet152", "resnext50_32x4d", "resnext101_32x8d", "mobilenet_v2")
DPN = "0.486274,0.458824,0.407843/0.234824"
HALF = "0.5/0.5"


def usual(encoder, name):
    """What the weights' authors normalised pictures with (MEAN/STD of x/255)."""
    if encoder.startswith("dpn"):
        return DPN
    if encoder in ("xception", "inceptionv4", "inceptionresnetv2") or name == "advprop" or "tf_efficientnet_lite" in encoder:
        return HALF
    return "imagenet"


def version(folder, package):
    return next(folder.glob(package + "-*.dist-info")).name.split("-")[1].replace(".dist", "")


def smp(folder):
    row = re.compile(r'"([\w.+-]+)":\s*\{\s*"repo_id":\s*"([^"]+)",\s*"revision":\s*"([0-9a-f]{40})"')
    count = 0
    for path in sorted((folder / "segmentation_models_pytorch/encoders").glob("*.py")):
        text = path.read_text()
        count += text.count('"repo_id":')
        for name, repo, revision in row.findall(text):
            encoder = repo.split("/")[1].rsplit(".", 1)[0]
            assert '"%s"' % encoder in text, encoder
            count -= 1
            yield 'HUB("%s", "%s", "%s", "%s", "%s")' % (encoder, name, repo, revision, usual(encoder, name))
    assert count == 0, "smp's tables have another form now"


def torchvision(folder):
    weights = re.compile(r"class (\w+)_Weights\(WeightsEnum\):(.*?)(?=\nclass |\n@)", re.S)
    entry = re.compile(r'(IMAGENET1K_V\d)\s*=\s*Weights\(\s*url="([^"]+-([0-9a-f]{8})\.pth)"')
    for file, families in TORCHVISION.items():
        for model, body in weights.findall((folder / "torchvision/models" / file).read_text()):
            encoder = model.lower()
            if encoder in WITHIN or encoder.startswith(("vgg", "densenet")):
                for name, address, digits in entry.findall(body):
                    yield 'URL("%s", "%s", "%s", "%s", "imagenet")' % (encoder, name.lower().replace("_", "-"), address, digits)


def main():
    folder, date = pathlib.Path(sys.argv[1]), sys.argv[2]
    print("/* Printed by table.py on %s from segmentation_models_pytorch %s and torchvision %s: not to be edited. */" % (
        date, version(folder, "segmentation_models_pytorch"), version(folder, "torchvision")))
    print('PUBLISHED("%s", "segmentation_models.pytorch %s and torchvision %s")' % (
        date, version(folder, "segmentation_models_pytorch"), version(folder, "torchvision")))
    for line in [*smp(folder), *torchvision(folder)]:
        print(line)


if __name__ == "__main__":
    main()
