#!/usr/bin/env python3
"""Every data set below a folder: read, checked, converted to every format and back; what did not come back, and what the reports had
counted as lost, as a table. usage: formats.py SECANT FOLDER [--nwpu annotations.json]: with --nwpu, the NWPU folder is rebuilt first
(needs Pillow) and goes round in one chain, nwpu, voc, coco, yolo, nwpu, too."""
import csv
import json
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path

FORMATS = "nwpu voc coco yolo yolo-seg yolo-obb dota kitti csv labelme cvat masks voc-seg cityscapes camvid ade20k mapillary".split()
PIXELS = {"masks", "voc-seg", "cityscapes", "camvid", "ade20k", "mapillary"}      # annotations are pictures: whole pixels


def run(*args):
    return subprocess.run([SECANT, "data", *map(str, args)], capture_output=True, text=True)


def boxes(data, work, name):
    """(picture's stem, class): the boxes, read by way of CSV."""
    out = work / name
    p = run("convert", data, "--to", "csv", "--out", out, "--no-pictures", "--json")
    if p.returncode:
        return None, None, p.stderr.strip()
    found = Counter()
    pictures = json.loads(p.stdout)["pictures"]
    with open(out / "annotations.csv", newline="") as f:
        for row in csv.DictReader(f):
            if row["xmin"]:
                found[tuple(round(float(row[k]), 2) for k in ("xmin", "ymin", "xmax", "ymax"))] += 1
    return pictures, found, None


def near(a, b, off):
    """How many boxes of a have none of b as near as that."""
    rest = list(b.elements())
    missing = 0
    for box in a.elements():
        hit = next((r for r in rest if all(abs(x - y) <= off for x, y in zip(box, r))), None)
        missing += hit is None
        if hit:
            rest.remove(hit)
    return missing


def one_set(data, title, work):
    check = run("check", data, "--json")
    report = json.loads(check.stdout) if check.stdout.startswith("{") else None
    if report is None:
        print(f"| {title} | not read: {check.stderr.strip()} | | | |")
        return
    pictures, truth, error = boxes(data, work, "truth")
    if error:
        print(f"| {title} | {report['format']} | not written: {error} | | |")
        return
    whole, lost, trouble = [], {}, []
    for to in FORMATS:
        there = work / to
        p = run("convert", data, "--to", to, "--out", there, "--json")
        if p.returncode:
            trouble.append(f"{to}: {p.stderr.strip().splitlines()[-1][:160]}")
            continue
        counted = json.loads(p.stdout)["lost"]
        for row in counted:
            lost.setdefault(row["what"], []).append(to)
        n, back, error = boxes(there, work, to + "-back")
        missing = None if error else near(truth, back, 1 if to in PIXELS else .02)
        apart = sum(row["count"] for row in counted if row["what"].startswith("box that is not") or "smallest rectangle" in row["what"])
        if error or n != pictures or (missing > apart and not (counted and to in PIXELS)):
            trouble.append(f"{to}: {error or f'{n} of {pictures} pictures, {missing} of {sum(truth.values())} boxes missing'}")
        elif not missing and not counted:
            whole.append(to)
    levels = Counter(f["level"] for f in report["findings"])
    print(f"| {title} | {report['format']} | {pictures} / {sum(truth.values())} | {levels['error']} / {levels['warning']} / {levels['information']} | {len(whole)} "
          f"| {'; '.join(f'{what} ({len(w)})' for what, w in sorted(lost.items())) or '-'} |" + (f" TROUBLE: {'; '.join(trouble)}" if trouble else ""), flush=True)


def chain(annotations, work):
    sys.path.insert(0, str(Path(__file__).parent / "peers"))
    import random
    from datasets import rebuild_nwpu
    data = work / "NWPU VHR-10 dataset"
    rebuild_nwpu(annotations, data, random.Random(1))
    pictures, truth, _ = boxes(data, work, "nwpu-truth")
    print(f"NWPU rebuilt: {pictures} pictures, {sum(truth.values())} boxes")
    for i, to in enumerate(["voc", "coco", "yolo", "nwpu", "voc"]):
        out = work / f"chain{i}-{to}"
        p = run("convert", data, "--to", to, "--out", out, "--link", "hardlink")
        assert p.returncode == 0, p.stderr
        n, back, error = boxes(out, work, f"chain{i}-boxes")
        assert not error, error
        print(f"  -> {to}: {n} pictures, {sum(back.values())} boxes, {sum((truth - back).values())} lost or moved")
        data = out


def main():
    global SECANT
    SECANT = str(Path(sys.argv[1]).resolve())
    root = Path(sys.argv[2])
    sets = sorted([p for p in root.glob("*/*") if p.is_dir() and p.parent.name != "labelme_dataset"] + list(root.glob("labelme_dataset")))
    if "--nwpu" in sys.argv:
        with tempfile.TemporaryDirectory() as work:
            chain(sys.argv[sys.argv.index("--nwpu") + 1], Path(work))
    print("\n| set | read as | pictures / boxes | errors / warnings / remarks | formats that hold all of it | counted as lost, in how many of the others |\n|---|---|---|---|---|---|")
    for data in sets:
        with tempfile.TemporaryDirectory() as work:
            one_set(data, str(data.relative_to(root)), Path(work))


if __name__ == "__main__":
    main()
