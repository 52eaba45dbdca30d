"""Data sets side by side with Python: the NWPU recipe (lxml, minidom, Pillow, shutil), globox, datumaro, pycocotools, faster-coco-eval.

The peers run within this process, imports done before; secant is a whole process each time, start-up included. Runs alternate; printed are
medians of wall time and of processor time (user and system), and the ratio of each. Files lie under --work (a file system in memory shows
the programs, one on disk the disk).

    datasets.py SECANT [--only nwpu,convert,check,eval,memory,linear] [--annotations nwpu-vhr-10/annotations.json] [--rounds 5]
                [--datumaro] [--work FOLDER] [--most 1000000] [--most-files 100000]
"""
import argparse
import contextlib
import io
import itertools
import json
import os
import random
import resource
import shutil
import statistics
import subprocess
import tempfile
import time
from pathlib import Path

CLASSES = ["airplane", "ship", "storage tank", "baseball diamond", "tennis court", "basketball court", "ground track field", "harbor", "bridge", "vehicle"]
COUNT = itertools.count()


def processor(who):
    r = resource.getrusage(who)
    return r.ru_utime + r.ru_stime


def timed(f, who=resource.RUSAGE_SELF):
    cpu, wall = processor(who), time.perf_counter()
    f()
    return time.perf_counter() - wall, processor(who) - cpu


class Race:
    """Programs in turn, `rounds` times; `clean` is out of the way before each run, outside its time."""

    def __init__(self, title, rounds):
        self.title, self.rounds, self.rows = title, rounds, []

    def python(self, name, f, clean=None):
        self.rows.append((name, f, clean, resource.RUSAGE_SELF, []))

    def secant(self, *args, clean=None):
        run = lambda: subprocess.run([SECANT, "data", *map(str, args)], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.rows.append(("secant", run, clean, resource.RUSAGE_CHILDREN, []))

    def run(self):
        for _ in range(self.rounds):
            for _, f, clean, who, times in self.rows:
                if clean and clean.exists():            # put aside, not deleted: ext4 looks long for an inode when many were freed just now
                    clean.rename(clean.with_name(f"{clean.name}.{next(COUNT)}"))
                times.append(timed(f, who))
        print(f"\n{self.title}: {self.rounds} rounds", flush=True)
        ours = [statistics.median(t[i] for t in self.rows[-1][4]) for i in (0, 1)]
        for name, _, _, _, times in self.rows:
            wall, cpu = (statistics.median(t[i] for t in times) for i in (0, 1))
            low, high = min(t[0] for t in times), max(t[0] for t in times)
            print(f"  {name:34} {wall:8.3f} s ({low:.3f}-{high:.3f})  processor {cpu:8.3f} s   x{wall / ours[0]:.1f}, processor x{cpu / ours[1]:.1f}", flush=True)


# --- NWPU ---------------------------------------------------------------------------------------------------------------------------

def rebuild_nwpu(annotations, root, rng):
    """The folder as it is distributed, with the quirks of its text files, from the published boxes; pictures are made up."""
    from PIL import Image
    d = json.loads(Path(annotations).read_text())
    boxes = {}
    for a in d["annotations"]:
        boxes.setdefault(a["image_id"], []).append(a)
    for folder in ("positive image set", "negative image set", "ground truth"):
        (root / folder).mkdir(parents=True)
    noise = Image.frombytes("RGB", (64, 64), bytes(rng.randrange(256) for _ in range(64 * 64 * 3)))

    def picture(path, size):
        noise.resize(size).save(path, quality=60)
    for i, im in enumerate(sorted(d["images"], key=lambda im: im["id"])):
        end = "\r\n" if i % 7 == 0 else "\n"
        space = " " if i % 4 == 0 else ""
        lines = []
        for a in boxes.get(im["id"], []):
            x, y, w, h = map(int, a["bbox"])
            lines.append(f"({space}{x},{y}{space}),({x + w},{space}{y + h}),{a['category_id']}{space}{end}")
        text = (end if i % 5 == 0 else "").join(lines)
        (root / "ground truth" / f"{i + 1:03d}.txt").write_bytes((b"\xef\xbb\xbf" if i % 11 == 0 else b"") + text.encode())
        picture(root / "positive image set" / f"{i + 1:03d}.jpg", (im["width"], im["height"]))
    for i in range(150):
        picture(root / "negative image set" / f"{i + 1:03d}.jpg", (600 + i, 500))


def recipe(root, out, pictures):
    """What the users' script does, without its printing: lxml trees, a check by minidom, sizes by Pillow, copies by shutil, lists."""
    import re
    from xml.dom import minidom
    from lxml import etree
    from PIL import Image
    for folder in ("Annotations", "JPEGImages", "ImageSets/Main"):
        (out / folder).mkdir(parents=True)
    names = []
    for folder, first in (("positive image set", 0), ("negative image set", 650)):
        for file in sorted(os.listdir(root / folder)):
            stem = Path(file).stem
            name = f"{int(stem) + first:06d}"
            names.append(name)
            with Image.open(root / folder / file) as im:
                width, height = im.size
            tree = etree.Element("annotation")
            etree.SubElement(tree, "folder").text = "VOC2012"
            etree.SubElement(tree, "filename").text = name + ".jpg"
            size = etree.SubElement(tree, "size")
            for tag, v in (("width", width), ("height", height), ("depth", 3)):
                etree.SubElement(size, tag).text = str(v)
            truth = root / "ground truth" / (stem + ".txt")
            if not first:
                for line in truth.read_text(encoding="utf-8-sig").split("\n"):
                    v = re.findall(r"\d+", line)
                    if len(v) != 5:
                        continue
                    o = etree.SubElement(tree, "object")
                    etree.SubElement(o, "name").text = CLASSES[int(v[4]) - 1]
                    etree.SubElement(o, "pose").text = "unspecified"
                    etree.SubElement(o, "truncated").text = "0"
                    etree.SubElement(o, "difficult").text = "0"
                    box = etree.SubElement(o, "bndbox")
                    for tag, n in zip(("xmin", "ymin", "xmax", "ymax"), v):
                        etree.SubElement(box, tag).text = n
            path = out / "Annotations" / (name + ".xml")
            path.write_bytes(etree.tostring(tree, pretty_print=True, encoding="utf-8"))
            minidom.parse(str(path))
            if pictures:
                shutil.copy(root / folder / file, out / "JPEGImages" / (name + ".jpg"))
    random.Random(0).shuffle(names)
    for part, which in (("train", names[:640]), ("val", names[640:]), ("trainval", names)):
        (out / "ImageSets/Main" / (part + ".txt")).write_text("\n".join(sorted(which)) + "\n")


def nwpu(work, o):
    root = work / "NWPU VHR-10 dataset"
    rebuild_nwpu(o.annotations, root, random.Random(1))
    for pictures in (True, False):
        race = Race("NWPU to VOC, " + ("with pictures" if pictures else "labels alone"), o.rounds)
        race.python("the recipe (lxml, minidom, Pillow)", lambda: recipe(root, work / "theirs", pictures), work / "theirs")
        race.secant("convert", root, "--to", "voc", "--out", work / "ours", *([] if pictures else ["--no-pictures"]), clean=work / "ours")
        race.run()
    ours, theirs = work / "ours" / "Annotations", work / "theirs" / "Annotations"
    assert len(os.listdir(ours)) == len(os.listdir(theirs)) == 800
    count = lambda d: sum(p.read_text().count("<object>") for p in d.iterdir())
    assert count(ours) == count(theirs) == 3921


# --- conversion ----------------------------------------------------------------------------------------------------------------------

def make_coco(path, pictures, boxes, rng, classes=80, decimals=2):
    """Like COCO val2017: sizes around 640x480, boxes with two decimals, polygons of four points."""
    images, annotations = [], []
    for i in range(pictures):
        w, h = rng.choice([(640, 480), (640, 427), (480, 640), (500, 375)])
        images.append(dict(license=1, file_name=f"{i + 1:012d}.jpg", height=h, width=w, id=i + 1))
    for k in range(boxes):
        im = images[rng.randrange(pictures)]
        w, h = round(rng.uniform(5, im["width"] / 2), decimals), round(rng.uniform(5, im["height"] / 2), decimals)
        x, y = round(rng.uniform(0, im["width"] - w - .01), decimals), round(rng.uniform(0, im["height"] - h - .01), decimals)
        x1, y1 = round(x + w, decimals), round(y + h, decimals)
        annotations.append(dict(segmentation=[[x, y, x1, y, x1, y1, x, y1]], area=round(w * h, 4), iscrowd=0, image_id=im["id"], bbox=[x, y, w, h],
                                category_id=rng.randrange(classes) + 1, id=k + 1))
    categories = [dict(supercategory="thing", id=c + 1, name=f"class {c + 1}") for c in range(classes)]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(dict(info={}, licenses=[], images=images, annotations=annotations, categories=categories)))
    return images, annotations


def convert(work, o):
    from globox import AnnotationSet
    coco, voc = work / "coco" / "annotations" / "instances_val.json", work / "voc"
    make_coco(coco, 5000, 30446, random.Random(2))

    def globox_voc():
        AnnotationSet.from_coco(coco).save_pascal_voc(work / "theirs-voc" / "Annotations")

    def globox_coco():
        AnnotationSet.from_pascal_voc(work / "theirs-voc" / "Annotations").save_coco(work / "theirs.json", auto_ids=True)
    (work / "theirs-voc").mkdir(exist_ok=True)
    race = Race("COCO to VOC, 5,000 pictures, 30,446 boxes", o.rounds)
    race.python("globox", globox_voc, work / "theirs-voc" / "Annotations")
    race.secant("convert", coco, "--to", "voc", "--out", voc, "--no-pictures", clean=voc)
    race.run()
    race = Race("VOC to COCO, the same", o.rounds)
    race.python("globox", globox_coco)
    race.secant("convert", voc, "--to", "coco", "--out", work / "back", "--no-pictures", clean=work / "back")
    race.run()
    if o.datumaro:
        from datumaro import Dataset
        (work / "coco" / "images" / "val").mkdir(parents=True)      # datumaro looks for it, pictures or not

        def there():
            Dataset.import_from(str(work / "coco"), "coco").export(str(work / "datumaro-voc"), "voc", save_media=False)

        def back():
            Dataset.import_from(str(work / "datumaro-voc"), "voc").export(str(work / "datumaro-coco"), "coco", save_media=False)
        race = Race("COCO to VOC, the same", max(1, o.rounds - 2))
        race.python("datumaro", there, work / "datumaro-voc")
        race.secant("convert", coco, "--to", "voc", "--out", work / "voc2", "--no-pictures", clean=work / "voc2")
        race.run()
        race = Race("VOC to COCO, the same", max(1, o.rounds - 2))
        race.python("datumaro", back, work / "datumaro-coco")
        race.secant("convert", voc, "--to", "coco", "--out", work / "back2", "--no-pictures", clean=work / "back2")
        race.run()


def check(work, o):
    from pycocotools.coco import COCO
    coco = work / "check" / "instances_val.json"
    make_coco(coco, 5000, 30446, random.Random(2))

    def load():
        with contextlib.redirect_stdout(io.StringIO()):
            COCO(str(coco))
    race = Race("check, against pycocotools loading and indexing", o.rounds)
    race.python("pycocotools COCO()", load)
    race.secant("check", coco)
    run = race.rows[-1]
    race.rows[-1] = (run[0], lambda: subprocess.run([SECANT, "data", "check", coco], stdout=subprocess.DEVNULL), None, run[3], run[4])
    race.run()


# --- evaluation ----------------------------------------------------------------------------------------------------------------------

def evaluation(work, o):
    from faster_coco_eval import COCO as FastCOCO, COCOeval_faster
    from pycocotools.coco import COCO
    from pycocotools.cocoeval import COCOeval
    rng = random.Random(3)
    truth, found = work / "eval" / "instances_val.json", work / "eval" / "found.json"
    _, annotations = make_coco(truth, 5000, 36781, rng)
    results = []
    for a in annotations:
        for _ in range(rng.choice([1, 2, 3, 4])):
            x, y, w, h = a["bbox"]
            results.append(dict(image_id=a["image_id"], category_id=a["category_id"] if rng.random() < .8 else rng.randrange(80) + 1,
                                bbox=[round(v, 2) for v in (x + rng.gauss(0, w / 10), y + rng.gauss(0, h / 10), w * rng.uniform(.8, 1.2), h * rng.uniform(.8, 1.2))],
                                score=round(rng.random(), 3)))
    found.write_text(json.dumps(results))
    stats = {}
    for kind in ("bbox", "segm"):
        def slow():
            with contextlib.redirect_stdout(io.StringIO()):
                gt = COCO(str(truth))
                e = COCOeval(gt, gt.loadRes(str(found)), kind)
                e.evaluate(), e.accumulate(), e.summarize()
                stats["pycocotools"] = list(e.stats)

        def fast():
            with contextlib.redirect_stdout(io.StringIO()):
                gt = FastCOCO(str(truth))
                e = COCOeval_faster(gt, gt.loadRes(str(found)), kind)
                e.evaluate(), e.accumulate(), e.summarize()
        race = Race(f"COCO evaluation ({kind}) of {len(results)} detections, 36,781 truths, files read", max(1, o.rounds - 2))
        race.python("pycocotools", slow)
        race.python("faster-coco-eval", fast)
        race.secant("eval", truth, found, "--kind", kind, "--json")
        race.run()
        out = subprocess.run([SECANT, "data", "eval", truth, found, "--kind", kind, "--json"], check=True, capture_output=True, text=True).stdout
        ours = json.loads(out)
        names = "AP AP50 AP75 AP_small AP_medium AP_large AR1 AR10 AR100 AR_small AR_medium AR_large".split()
        assert [ours[n] for n in names] == stats["pycocotools"], (ours, stats)
        print("  all 12 numbers equal pycocotools to the last bit")


# --- memory and size -------------------------------------------------------------------------------------------------------------------

def big_coco(path, pictures, per_picture):
    with open(path, "w") as f:
        f.write('{"images": [')
        for i in range(pictures):
            f.write(f'{"," if i else ""}\n{{"id": {i + 1}, "file_name": "{i + 1:012d}.jpg", "width": 640, "height": 480}}')
        f.write('], "categories": [{"id": 1, "name": "a"}, {"id": 2, "name": "b"}], "annotations": [')
        for k in range(pictures * per_picture):
            x, y = k * 7 % 500, k * 11 % 400
            f.write(f'{"," if k else ""}\n{{"id": {k + 1}, "image_id": {k // per_picture + 1}, "category_id": {k % 2 + 1}, "bbox": [{x}.25, {y}.5, {20 + k % 50}, 31], '
                    f'"area": {(20 + k % 50) * 31}, "iscrowd": 0, "segmentation": []}}')
        f.write("]}")


def child(args):
    """Wall time, processor time and peak memory of one run."""
    start = time.perf_counter()
    pid = os.posix_spawn(args[0], list(map(str, args)), os.environ, file_actions=[(os.POSIX_SPAWN_OPEN, fd, "/dev/null", os.O_WRONLY, 0) for fd in (1, 2)])
    _, status, r = os.wait4(pid, 0)
    return time.perf_counter() - start, r.ru_utime + r.ru_stime, r.ru_maxrss * 1024, os.waitstatus_to_exitcode(status)


def memory(work, o):
    empty, big = work / "empty.json", work / "million.json"
    big_coco(empty, 1, 1), big_coco(big, 125000, 8)
    base = child([SECANT, "data", "convert", empty, "--to", "csv", "--out", work / "x", "--dry-run"])[2]
    wall, _, peak, status = child([SECANT, "data", "convert", big, "--to", "csv", "--out", work / "x", "--dry-run"])
    assert status == 0
    print(f"\na million boxes in 125,000 pictures, {big.stat().st_size / 1e6:.0f} MB of JSON: read and planned in {wall:.2f} s; peak {peak / 1e6:.0f} MB, "
          f"{(peak - base) / 1e6:.0f} above a set of one box: {(peak - base) / 1e6:.0f} bytes a box")


def linear(work, o):
    print("\nlinear: COCO of 3 boxes a picture")
    n = 1000
    while n <= o.most:
        source = work / f"linear{n}.json"
        big_coco(source, n, 3)
        row = []
        for args in (["check", source], ["convert", source, "--to", "csv", "--out", work / f"csv{n}", "--no-pictures"],
                     ["split", work / f"csv{n}", "--method", "stratified", "--to", "coco", "--out", work / f"split{n}", "--no-pictures"],
                     ["convert", source, "--to", "voc", "--out", work / f"voc{n}", "--no-pictures"],
                     ["convert", work / f"voc{n}", "--to", "coco", "--out", work / f"voccoco{n}", "--no-pictures"]):
            if "voc" in str(args) and n > o.most_files:           # a file a picture: 5 GB of memory for a million of them in /dev/shm
                continue
            wall, cpu, peak, status = child([SECANT, "data", *args])
            row.append(f"{args[0]}{' ' + args[3] if args[0] == 'convert' else ''} {wall:.2f} s ({1e6 * cpu / n:.1f} us a picture, {peak / 1e6:.0f} MB)")
        for old in work.iterdir():
            shutil.rmtree(old) if old.is_dir() else old.unlink()
        print(f"  {n:9,d} pictures: " + "; ".join(row), flush=True)
        n *= 10


def main():
    global SECANT
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("secant")
    parser.add_argument("--only", default="nwpu,convert,check,eval,memory,linear")
    parser.add_argument("--annotations", default=os.path.join(os.environ.get("SECANT_TEST_DATA", "../shared/data"), "nwpu-vhr-10/annotations.json"))
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--datumaro", action="store_true", help="run datumaro too (10 to 20 seconds a round and direction)")
    parser.add_argument("--most", type=int, default=1000000)
    parser.add_argument("--most-files", type=int, default=100000, help="the most pictures of formats with a file for each")
    parser.add_argument("--work")
    o = parser.parse_args()
    SECANT = os.path.abspath(o.secant)
    all_of = dict(nwpu=nwpu, convert=convert, check=check, eval=evaluation, memory=memory, linear=linear)
    for name in o.only.split(","):
        with tempfile.TemporaryDirectory(dir=o.work) as folder:
            all_of[name](Path(folder), o)


if __name__ == "__main__":
    main()
