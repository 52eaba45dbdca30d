"""Reading and writing clouds beside the programs that people use, in turns, in one process: medians for 2 million points, by the clock and by the
processor (user and system, all threads). The files are made on the first run in the folder CLOUDS (default: one of the system's temporary directory).

    clouds.py [ROUNDS [ONLY]]        5 rounds; ONLY is a regular expression that rows must match; SECANT_LIBRARY names libsecant.so
"""
import ctypes
import os
import re
import statistics
import sys
import tempfile
import time

import laspy
import numpy as np
from plyfile import PlyData, PlyElement

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../tests/peers"))
import test_clouds as ours  # noqa: E402

N = 2_000_000
FOLDER = os.environ.get("CLOUDS", os.path.join(tempfile.gettempdir(), "secant-bench-clouds"))


def path(name):
    return os.path.join(FOLDER, name)


def make():
    g = np.random.default_rng(0)
    os.makedirs(FOLDER, exist_ok=True)
    p = g.random((N, 3)) * 100
    np.savetxt(path("a.xyz"), p, fmt="%.6f")
    np.savetxt(path("a.txt"), np.c_[p, g.normal(size=(N, 3)), g.integers(0, 50, N)], fmt="%.6f %.6f %.6f %.6f %.6f %.6f %d")
    v = np.empty(N, [("x", "f4"), ("y", "f4"), ("z", "f4"), ("red", "u1"), ("green", "u1"), ("blue", "u1")])
    for k, a in enumerate("xyz"):
        v[a] = p[:, k]
    for a in ("red", "green", "blue"):
        v[a] = g.integers(0, 256, N)
    PlyData([PlyElement.describe(v, "vertex")], text=False).write(path("binary.ply"))
    ours.convert(path("binary.ply"), path("ascii.ply"), encoding="ascii")
    for fmt, version in ((3, "1.2"), (7, "1.4")):
        las = ours.las_cloud(version, fmt, N, 3)
        las.write(path("format%d.las" % fmt))
        las.write(path("format%d.laz" % fmt))


def read(name, **values):
    options = ours.options("secant_cloud_read_options", values)

    def run():
        cloud, err = ours.Cloud(), ours.Err()
        if ours.LIB.secant_cloud_read(ctypes.byref(cloud), path(name).encode(), options, ctypes.byref(err)):
            raise ours.Failed(err.msg.decode())
        assert cloud.n == N
        ours.LIB.secant_cloud_free(ctypes.byref(cloud))
    return run


def write(source, target, **values):
    cloud, err = ours.Cloud(), ours.Err()
    ours.LIB.secant_cloud_read(ctypes.byref(cloud), path(source).encode(), None, ctypes.byref(err))
    options = ours.options("secant_cloud_write_options", values)

    def run():
        if ours.LIB.secant_cloud_write(ctypes.byref(cloud), path(target).encode(), options, ctypes.byref(err)):
            raise ours.Failed(err.msg.decode())
    return run


def with_laspy(name, backend=None):
    def run():
        las = laspy.read(path(name), laz_backend=backend) if backend else laspy.read(path(name))
        return las.xyz, np.asarray(las.classification)
    return run


def open3d_ply():
    import open3d
    return np.asarray(open3d.io.read_point_cloud(path("ascii.ply")).points)


def pyarrow_csv():
    from pyarrow import csv
    return csv.read_csv(path("a.txt"), read_options=csv.ReadOptions(autogenerate_column_names=True), parse_options=csv.ParseOptions(delimiter=" "))


def from_arrays(las):
    """What a script does that has coordinates and attributes as arrays, as our writer has them."""
    names = [d.name for d in las.point_format.dimensions if d.name not in "XYZ"]
    arrays = {name: np.array(las[name]) for name in names}
    x, y, z = np.array(las.x), np.array(las.y), np.array(las.z)

    def run():
        header = laspy.LasHeader(point_format=3, version="1.2")
        header.scales, header.offsets = las.header.scales, las.header.offsets
        out = laspy.LasData(header)
        out.x, out.y, out.z = x, y, z
        for name in names:
            out[name] = arrays[name]
        out.write(path("o1.las"))
    return run


def rows():
    las, ply = laspy.read(path("format3.las")), PlyData.read(path("binary.ply"))
    ply.text = False
    text = PlyData([PlyElement.describe(ply["vertex"].data, "vertex")], text=True)
    several, one = laspy.LazBackend.LazrsParallel, laspy.LazBackend.Lazrs
    yield "read ascii XYZ: numpy.loadtxt", 5, lambda: np.loadtxt(path("a.xyz")), read("a.xyz")
    yield "read TXT, 7 columns: pyarrow.csv", 1.5, pyarrow_csv, read("a.txt")
    yield "read ascii PLY: open3d", 5, open3d_ply, read("ascii.ply")
    yield "read binary PLY: plyfile", 1.0, lambda: np.array(PlyData.read(path("binary.ply"))["vertex"].data), read("binary.ply")
    for f in (3, 7):
        yield "read LAS format %d, xyz + class: laspy" % f, 1.5, with_laspy("format%d.las" % f), read("format%d.las" % f, select="classification")
        yield "read LAZ format %d: laspy, lazrs" % f, 1.0, with_laspy("format%d.laz" % f, several), read("format%d.laz" % f, select="classification")
        yield "read LAZ format %d, one thread" % f, 1.0, with_laspy("format%d.laz" % f, one), read("format%d.laz" % f, select="classification", read_threads=1)
    yield "write LAS from arrays: laspy", 1.5, from_arrays(las), write("format3.las", "o2.las", las_version="1.2")
    yield "write LAS that is packed already: laspy", 1.5, lambda: las.write(path("o1.las")), write("format3.las", "o2.las", las_version="1.2")
    yield "write ascii PLY: plyfile", 20, lambda: text.write(path("o1.ply")), write("binary.ply", "o2.ply", encoding="ascii")


def main():
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    if not os.path.exists(path("format7.laz")):
        make()
    print("%-42s %25s %25s %7s" % ("work (2 million points), peer", "clock: peer, ours, times", "processor", "wanted"))
    for name, wanted, peer, own in rows():
        if len(sys.argv) > 2 and not re.search(sys.argv[2], name):
            continue
        times = ([], []), ([], [])
        for _ in range(rounds):
            for k, f in enumerate((peer, own)):
                begin = time.perf_counter(), time.process_time()
                f()
                for t, now, was in zip(times, (time.perf_counter(), time.process_time()), begin):
                    t[k].append((now - was) * 1e3)
        line = ""
        for t in times:
            a, b = statistics.median(t[0]), statistics.median(t[1])
            line += " %8.0f %8.0f %7.2f" % (a, b, a / b)
        print("%-42s%s %7.1f%s" % (name, line, wanted, "" if a / b >= wanted else "  <"), flush=True)


if __name__ == "__main__":
    main()
