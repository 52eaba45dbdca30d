"""What random chains of `secant data convert` end in is read by pycocotools, supervision and datumaro: masks of COCO are, pixel by pixel, what pycocotools
makes of the first set, areas of run lengths its own, what secant paints of them the same (of polygons but for their outlines), and boxes of YOLO and VOC are those of the first set. Run with the interpreter that has the peers:
SECANT=build/release/secant python tests/peers/test_chains_read_by_peers.py"""
import contextlib
import io
import json
import os
import random
import subprocess
import tempfile
from pathlib import Path

import numpy as np
from PIL import Image
from pycocotools import mask as rle
from pycocotools.coco import COCO

SECANT = os.environ.get("SECANT", "build/release/secant")
NAMES = ["cat", "big dog", "été"]
SHAPES = ["coco", "cvat", "datumaro", "labelme"]  # formats that keep polygons, their parts and masks
BOXES = ["coco", "cvat", "datumaro", "labelme", "voc", "csv", "createml", "vott", "yolo"]


def secant(*args):
    r = subprocess.run([SECANT, "data", *map(str, args)], capture_output=True, text=True)
    assert r.returncode == 0, (args, r.stdout, r.stderr)


def shape_of(rng, kind, x, y, w, h, width, height):
    """A box, a polygon of one or two parts, or runs of pixels, within x, y, w, h."""
    if kind == "box":
        return []
    if kind == "polygon":
        return [[x, y, x + w, y, x + w, y + h / 2 + rng.random(), x + w / 2, y + h, x, y + h / 2]]
    if kind == "parts":
        half = w / 2 - 1
        return [[x, y, x + half, y, x + half, y + h, x, y + h], [x + half + 2, y, x + w, y + 1.5, x + w, y + h]]
    pixels = np.zeros((height, width), np.uint8, order="F")
    pixels[y:y + h, x:x + w] = np.random.default_rng(rng.randrange(1 << 30)).random((h, w)) < .7
    pixels[y, x] = pixels[y + h - 1, x + w - 1] = 1
    code = rle.encode(pixels)
    return dict(size=[height, width], counts=code["counts"].decode())


def make(root, rng, kinds):
    """Objects in cells of a grid, so that none covers another; a class of each picture stands once in it."""
    (root / "images").mkdir(parents=True)
    (root / "annotations").mkdir()
    images, annotations = [], []
    for i in range(4):
        width, height = rng.randint(90, 160), rng.randint(60, 120)
        Image.new("RGB", (width, height), (i, 9, 9)).save(root / "images" / f"p{i}.png")
        images.append(dict(id=i + 1, file_name=f"p{i}.png", width=width, height=height))
        for k in range(rng.randint(1, 3)):
            cell = width // 3
            w, h = rng.randint(8, cell - 4), rng.randint(8, height - 4)
            x, y = k * cell + rng.randint(0, cell - w - 1), rng.randint(0, height - h - 1)
            shape = shape_of(rng, rng.choice(kinds), x, y, w, h, width, height)
            area = int(rle.area(shape)) if isinstance(shape, dict) else w * h
            annotations.append(dict(id=len(annotations) + 1, image_id=i + 1, category_id=k + 1, bbox=[x, y, w, h], area=area, iscrowd=0, segmentation=shape))
    (root / "annotations" / "instances.json").write_text(json.dumps(dict(
        images=images, annotations=annotations, categories=[dict(id=i + 1, name=n) for i, n in enumerate(NAMES)])))
    return {(Path(images[a["image_id"] - 1]["file_name"]).stem, NAMES[a["category_id"] - 1]): a["bbox"] for a in annotations}


def chain(root, rng, formats, last):
    way = [rng.choice(formats) for _ in range(rng.randint(0, 3))] + [last]
    at = root / "0"
    for step, name in enumerate(way):
        secant("convert", at, "--to", name, "--out", root / f"{step + 1}")
        at = root / f"{step + 1}"
    return at, " > ".join(way)


def load(folder):
    found = list((folder / "annotations").glob("*.json"))
    assert len(found) == 1, found
    with contextlib.redirect_stdout(io.StringIO()):
        return COCO(str(found[0]))


def widened(pixels):
    """By a pixel on all sides: an outline's own pixels are secant's where their middles lie within, pycocotools' by fifths of a pixel."""
    padded = np.pad(pixels, 1)
    return np.max([padded[1 + dy:padded.shape[0] - 1 + dy, 1 + dx:padded.shape[1] - 1 + dx] for dy in (-1, 0, 1) for dx in (-1, 0, 1)], axis=0)


def masks_are_pycocotools_own(root, rng):
    make(root / "0", rng, ["polygon", "parts", "runs"])
    first = load(root / "0")
    at, way = chain(root, rng, SHAPES, "coco")
    coco = load(at)
    secant("convert", at, "--to", "masks", "--out", root / "painted")
    names = {c["id"]: c["name"] for c in coco.dataset["categories"]}
    assert sorted(names.values()) == sorted(NAMES), (way, names)
    meta = json.loads((root / "painted" / "dataset_meta.json").read_text())["label_map"]
    value = {name: int(number) for number, name in meta.items()}
    assert len(coco.anns) == len(first.anns), way
    for image in coco.dataset["images"]:
        stem = Path(image["file_name"]).stem
        painted = np.array(Image.open(next((root / "painted" / "masks").glob(f"**/{stem}.png"))))
        source = next(i for i in first.dataset["images"] if Path(i["file_name"]).stem == stem)
        for a in coco.imgToAnns[image["id"]]:
            pixels = coco.annToMask(a)
            other = next(b for b in first.imgToAnns[source["id"]] if NAMES[b["category_id"] - 1] == names[a["category_id"]])
            assert (pixels == first.annToMask(other)).all(), (way, stem, names[a["category_id"]])
            ours = (painted == value[names[a["category_id"]]]).astype(np.uint8)
            if isinstance(a["segmentation"], dict):
                assert a["area"] == rle.area(coco.annToRLE(a)), (way, a["area"])
                assert (ours == pixels).all(), (way, stem, int((ours != pixels).sum()))
            else:
                assert (ours <= widened(pixels)).all() and (pixels <= widened(ours)).all(), (way, stem)
    return way


def boxes_are_those_of_the_first_set(root, rng):
    import supervision as sv
    from datumaro import AnnotationType, Dataset
    truth = make(root / "0", rng, ["box"])
    last = rng.choice(["yolo", "voc", "coco", "datumaro"])
    at, way = chain(root, rng, BOXES, last)
    found = {}
    if last == "datumaro":
        d = Dataset.import_from(str(at), "datumaro")
        names = [c.name for c in d.categories()[AnnotationType.label]]
        found = {(Path(i.id).name, names[a.label]): a.get_bbox() for i in d for a in i.annotations}
    else:
        if last == "yolo":
            d = sv.DetectionDataset.from_yolo(str(at / "images"), str(at / "labels"), str(at / "data.yaml"))
        elif last == "voc":
            d = sv.DetectionDataset.from_pascal_voc(str(at / "JPEGImages"), str(at / "Annotations"))
        else:
            d = sv.DetectionDataset.from_coco(str(at / "images"), str(next((at / "annotations").glob("*.json"))))
        for path, _, boxes in d:
            for (x0, y0, x1, y1), c in zip(boxes.xyxy, boxes.class_id):
                found[Path(path).stem, d.classes[c]] = [x0, y0, x1 - x0, y1 - y0]
    assert found.keys() == truth.keys(), (way, found.keys() ^ truth.keys())
    slack = 1 if last == "voc" else .01  # supervision takes VOC's numbers as counted from 1
    for key, box in truth.items():
        assert np.abs(np.array(found[key]) - box).max() <= slack, (way, key, found[key], box)
    return way


def main():
    rng = random.Random(23)
    for turn in range(24):
        for test in masks_are_pycocotools_own, boxes_are_those_of_the_first_set:
            with tempfile.TemporaryDirectory() as folder:
                test(Path(folder), rng)
    print("chains read by peers: 24 random chains of shapes by pycocotools, 24 of boxes by supervision and datumaro")


if __name__ == "__main__":
    main()
