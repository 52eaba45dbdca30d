"""The sample clouds of other programs' packages, read by them and by secant: counts, coordinates and attributes must be the same. Packages are laspy
(sources), plyfile, open3d and pyntcloud as far as the registry serves them; what a package does not bring is named. Prints a table for docs/results.md.

    corpora_clouds.py FOLDER...   also reads every cloud file in these folders, beside the packages' own
"""
import glob
import importlib
import json
import os
import subprocess
import sys
import tempfile

import numpy as np

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
SECANT = os.environ.get("SECANT", os.path.join(ROOT, "build", "release", "secant"))
ENDINGS = (".e57", ".las", ".laz", ".ply", ".pcd", ".xyz", ".xyzrgb", ".pts", ".off", ".stl", ".obj")


def by_secant(path, folder):
    """x, y, z as secant reads them; None and the message when it refuses."""
    out = os.path.join(folder, "cloud.npy")
    done = subprocess.run([SECANT, "data", "convert", path, out, "--coordinates", "f64", "--select", ""], capture_output=True, text=True)
    if done.returncode:
        return None, done.stderr.strip().splitlines()[-1]
    return np.load(out)[:, :3], None


def by_laspy(path):
    import laspy

    cloud = laspy.read(path)
    return np.stack([cloud.x, cloud.y, cloud.z], 1)


def by_plyfile(path):
    from plyfile import PlyData

    vertex = PlyData.read(path)["vertex"]
    return np.stack([np.asarray(vertex[k], "f8") for k in "xyz"], 1)


def by_pye57(path):
    import pye57

    file = pye57.E57(path)
    scans = [file.read_scan(i, ignore_missing_fields=True) for i in range(file.scan_count)]
    return np.concatenate([np.stack([s["cartesian" + k] for k in "XYZ"], 1) for s in scans])


def by_open3d(path):
    import open3d

    if path.endswith((".off", ".stl", ".obj")):
        return np.asarray(open3d.io.read_triangle_mesh(path).vertices)
    return np.asarray(open3d.io.read_point_cloud(path, remove_nan_points=False, remove_infinite_points=False).points)


READERS = {".e57": by_pye57, ".las": by_laspy, ".laz": by_laspy, ".ply": by_plyfile}


def samples(folders):
    for name in ("laspy", "plyfile", "open3d", "pyntcloud", "trimesh"):
        try:
            module = importlib.import_module(name)
        except ImportError:
            print(f"{name}: not installed")
            continue
        where = os.path.dirname(module.__file__)
        found = sorted(f for f in glob.glob(os.path.join(where, "**", "*"), recursive=True) if f.endswith(ENDINGS))
        print(f"{name}: {len(found)} sample files in the package")
        yield from ((name, f) for f in found)
    for folder in folders:
        found = sorted(f for f in glob.glob(os.path.join(folder, "**", "*"), recursive=True) if f.endswith(ENDINGS))
        yield from ((os.path.basename(folder.rstrip("/")), f) for f in found)


def compare(path, folder):
    reader = READERS.get(os.path.splitext(path)[1], by_open3d)
    try:
        want = reader(path)
    except Exception as e:  # what the other program refuses is no arbiter
        want, why = None, str(e).splitlines()[0] if str(e) else repr(e)
    got, message = by_secant(path, folder)
    if want is None or len(want) == 0:
        return "both refuse" if got is None else f"secant reads {len(got)} points, the other none"
    if got is None:
        return f"DIFFERENT: {message}"
    if got.shape != want.shape:
        return f"DIFFERENT: {len(got)} points, expected {len(want)}"
    worst = np.nanmax(np.abs(got - want)) if len(want) else 0
    return "same" if worst <= 1e-9 * max(1, np.nanmax(np.abs(want))) else f"DIFFERENT by {worst:g}"


def laz_both_ways(path, folder):
    """LAZ that secant writes, read by laspy with lazrs: the records are the source's, byte for byte."""
    import laspy

    out = os.path.join(folder, "again.laz")
    done = subprocess.run([SECANT, "data", "convert", path, out], capture_output=True, text=True)
    if done.returncode:
        return "no points" if "there are no points" in done.stderr else f"DIFFERENT: {done.stderr.strip()}"
    a, b = laspy.read(path).points.array, laspy.read(out).points.array
    # Extra bytes that nobody describes are one array for laspy, a described byte each in what secant writes: the bytes are the same.
    return "same" if a.tobytes() == b.tobytes() else "DIFFERENT"


def main():
    rows, bad = {}, 0
    with tempfile.TemporaryDirectory() as folder:
        for source, path in samples(sys.argv[1:]):
            kinds = [("read", compare(path, folder))]
            if path.endswith((".las", ".laz")):
                kinds.append(("written as LAZ", laz_both_ways(path, folder)))
            for what, verdict in kinds:
                row = rows.setdefault((source, os.path.splitext(path)[1], what), {"files": 0, "same": 0})
                row["files"] += 1
                row["same"] += not verdict.startswith("DIFFERENT")
                if verdict.startswith("DIFFERENT"):
                    bad += 1
                    print(f"{path}: {what}: {verdict}")
    print("| from | files | what | count | same |\n|---|---|---|---|---|")
    for (source, ending, what), row in sorted(rows.items()):
        print(f"| {source} | {ending} | {what} | {row['files']} | {row['same']} |")
    print(json.dumps({"different": bad}))
    return 1 if bad or not rows else 0


if __name__ == "__main__":
    sys.exit(main())
