"""What secant writes is JSON to Python's json, YAML to PyYAML and XML to lxml, whatever names and attributes hold, and the values are those
that went in. Run with the interpreter that has the peers: SECANT=build/release/secant python tests/peers/test_annotation_texts.py"""
import json
import os
import random
import subprocess
import tempfile
from pathlib import Path

import yaml
from lxml import etree
from PIL import Image

SECANT = os.environ.get("SECANT", "build/release/secant")
PIECES = ['"', "'", "\\", "&", "<", ">", "]]>", "#", ": ", "- ", "{", "}", "[", "]", ",", "%", "@", "`", "|", "0003", "1.", "1e999", "NaN", "true",
          "null", "~", "yes", "=", "\n", "\t", " ", "\u2028", "\x85", "\ufeff", "\U0001f697", "猫", "a", "9", "_", "."]
EXACT = ["0003", "1.", "007.5", "-01", "NaN", "Infinity", "1e999", "12345678901234567890123", "yes", "No", "null", "~", "012", "0x1f", "1_000", "1:30"]


def text(rng):
    if rng.random() < .3:
        return rng.choice(EXACT)
    out = "".join(rng.choice(PIECES) if rng.random() < .6 else chr(rng.randrange(0xa0, 0xd7ff)) for _ in range(rng.randint(1, 8)))
    return out if out.strip("\ufeff") else "x"


def strict(path):
    def refuse(word):
        raise ValueError(f"{path}: {word} is no JSON")
    return json.loads(path.read_text(encoding="utf-8"), parse_constant=refuse)


def main():
    rng = random.Random(11)
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        for turn in range(40):
            source = root / f"{turn}"
            (source / "annotations").mkdir(parents=True)
            (source / "images").mkdir()
            Image.new("RGB", (9, 8)).save(source / "images" / "a.png")
            names = list(dict.fromkeys(text(rng) for _ in range(4)))
            values = {text(rng): text(rng) for _ in range(4)}
            categories = [dict(id=i + 1, name=n) for i, n in enumerate(names)]
            annotations = [dict(id=i + 1, image_id=1, category_id=i + 1, bbox=[1, 2, 3, 4], area=12, iscrowd=0, segmentation=[], attributes=values)
                           for i in range(len(names))]
            (source / "annotations" / "instances.json").write_text(json.dumps(dict(
                images=[dict(id=1, file_name="a.png", width=9, height=8)], categories=categories, annotations=annotations)), encoding="utf-8")
            for to in ("coco", "yolo", "labelme", "cvat", "voc"):
                out = source / to
                subprocess.run([SECANT, "data", "convert", str(source), "--to", to, "--out", str(out)], check=True, capture_output=True)
                strict(out / "secant.json")
            coco = strict(source / "coco" / "annotations" / "instances.json")
            assert [c["name"] for c in coco["categories"]] == names, (turn, names)
            assert all(a["attributes"] == values for a in coco["annotations"]), (turn, values, coco["annotations"][0])
            described = yaml.safe_load((source / "yolo" / "data.yaml").read_text(encoding="utf-8"))
            assert [described["names"][i] for i in range(len(names))] == names, (turn, names, described)
            shapes = strict(source / "labelme" / "a.json")["shapes"]
            assert [s["label"] for s in shapes] == names and all(s["attributes"] == values for s in shapes), (turn, values, shapes)
            boxes = etree.parse(str(source / "cvat" / "annotations.xml")).findall(".//box")
            assert [b.get("label") for b in boxes] == names, (turn, names)
            assert all({a.get("name"): a.text or "" for a in b.findall("attribute")}.keys() == values.keys() for b in boxes), turn
            found = [o.findtext("name") for o in etree.parse(str(source / "voc" / "Annotations" / "a.xml")).findall("object")]
            assert found == names, (turn, names, found)
    print("annotation texts: 40 random sets are sound JSON, YAML and XML")


if __name__ == "__main__":
    main()
