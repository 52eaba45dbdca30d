"""Makes the first inputs of the cloud fuzzers, tests/fuzz/corpus/cloud_*: small files of every kind, the LAS and LAZ ones by laspy and lazrs.
tests/codec/test_cloud_las.c knows the numbers in the LAS and LAZ files: keep it in step with `points`. Run it in the source folder."""
import io
import os
import struct

import laspy
import numpy as np

ROOT = os.path.join("tests", "fuzz", "corpus")
N = 40


def put(target, name, data):
    folder = os.path.join(ROOT, "cloud_" + target)
    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(folder, name), "wb") as f:
        f.write(data if isinstance(data, bytes) else data.encode())


def points(fmt, version, extra, channels):
    header = laspy.LasHeader(point_format=fmt, version=version)
    header.scales, header.offsets = [.01, .01, .5], [100, -200, 0]
    if extra:
        header.add_extra_dim(laspy.ExtraBytesParams(name="height", type="f4"))
        header.add_extra_dim(laspy.ExtraBytesParams(name="tenths", type="i2", scales=np.array([.1]), offsets=np.array([5.])))
    las, i = laspy.LasData(header), np.arange(N)
    las.X, las.Y, las.Z = i * i * 7 % 1000, i * 13, i * 29 % 50 - 25
    las.number_of_returns = 1 + i % 3
    las.return_number = 1 + i % (1 + i % 3)
    las.intensity, las.classification = i * 331 % 5000, i % 20
    las.user_data, las.point_source_id = i % 4, 100 + i // 10
    las.withheld, las.edge_of_flight_line = i % 7 == 0, i % 10 == 9
    if fmt >= 6:
        las.scan_angle, las.overlap = (i - 20) * 100, i % 5 == 0
        las.scanner_channel = i % 3 if channels else 0 * i
    else:
        las.scan_angle_rank = i - 20
    names = list(las.point_format.dimension_names)
    if "gps_time" in names:
        las.gps_time = 1000 + i * .25 + (i >= 20) * 1e6
    if "red" in names:
        las.red, las.green, las.blue = i * 500, i * 300, 1000 + i
    if "nir" in names:
        las.nir = i * 1111
    if "wavepacket_index" in names:
        las.wavepacket_index, las.wavepacket_offset, las.wavepacket_size = i % 2, 60 + i * 256, 256 + 0 * i
        las.return_point_wave_location, las.x_t, las.y_t, las.z_t = i * .5, i * .125, 0 * i + .25, 0 * i - 1
    if extra:
        las.height = i * .25
        las.tenths = 5 + i * .1
    return las


def las_files():
    for fmt, version in ((0, "1.2"), (1, "1.2"), (2, "1.2"), (3, "1.2"), (4, "1.3"), (5, "1.3"), (6, "1.4"), (7, "1.4"), (8, "1.4"), (9, "1.4"), (10, "1.4")):
        for compressed in (False, True):
            out = io.BytesIO()
            points(fmt, version, fmt in (2, 7), False).write(out, do_compress=compressed)
            if compressed or fmt in (1, 10):
                put("las", "format%d.%s" % (fmt, "laz" if compressed else "las"), out.getvalue())
    out = io.BytesIO()
    points(8, "1.4", True, True).write(out, do_compress=True)
    put("las", "channels8.laz", out.getvalue())


def binary_ply(order):
    head = b"ply\nformat binary_%s_endian 1.0\nelement other 1\nproperty list uchar short s\nelement vertex 2\nproperty double x\nproperty float y\n" \
        b"property short z\nproperty uchar red\nproperty list uchar float w\nelement face 1\nproperty list uchar int vertex_indices\nend_header\n" % order
    e = "<" if order == b"little" else ">"
    rows = b"".join(struct.pack(e + "dfhBB2f", i, i * 2, i * 3, i * 4, 2, 5, 6) for i in (1, 2))
    return head + struct.pack(e + "B2h", 2, 7, 8) + rows + struct.pack(e + "B3i", 3, 0, 1, 0)


def others():
    put("ply", "ascii.ply", "ply\nformat ascii 1.0\ncomment c\nelement vertex 3\nproperty float x\nproperty float y\nproperty float z\nproperty uchar label\n"
        "element face 1\nproperty list uchar int vertex_indices\nend_header\n0 0 0 1\n1 0 0 2\n0 1 0 3\n3 0 1 2\n")
    put("ply", "lists.ply", "ply\nformat ascii 1.0\nelement vertex 1\nproperty float x\nproperty list uchar int l\nproperty float y\nproperty float z\n"
        "end_header\n1 2 7 8 2 3\n")
    put("ply", "little.ply", binary_ply(b"little"))
    put("ply", "big.ply", binary_ply(b"big"))
    head = "# .PCD v0.7\nVERSION 0.7\nFIELDS x y z rgb _ n\nSIZE 4 4 4 4 1 2\nTYPE F F F F U I\nCOUNT 1 1 1 1 3 2\nWIDTH 2\nHEIGHT 1\n" \
        "VIEWPOINT 0 0 0 1 0 0 0\nPOINTS 2\nDATA "
    put("pcd", "ascii.pcd", "VERSION .7\nFIELDS x y z rgb\nSIZE 4 4 4 4\nTYPE F F F U\nCOUNT 1 1 1 1\nWIDTH 2\nHEIGHT 1\nPOINTS 2\nDATA ascii\n"
        "1 2 3 255\nnan 4 5 16711680\n")
    rows = b"".join(struct.pack("<3fI3B2h", i, i, i, 0x102030 + i, 9, 9, 9, i, -i) for i in (1, 2))
    put("pcd", "binary.pcd", head.encode() + b"binary\n" + rows)
    columns = struct.pack("<2f2f2f2I", 1, 2, 1, 2, 1, 2, 0x102031, 0x102032) + b"\t" * 6 + struct.pack("<4h", 1, -1, 2, -2)
    packed = b"".join(bytes([len(columns[i:i + 32]) - 1]) + columns[i:i + 32] for i in range(0, len(columns), 32))
    put("pcd", "compressed.pcd", head.encode() + b"binary_compressed\n" + struct.pack("<2I", len(packed), len(columns)) + packed)
    put("text", "xyz", "1 2 3\n4 5 6\n")
    put("text", "header", "x,y,z,\"my label\",name\n1,2,3,4,a\n5,6,7,8,\"b, c\"\n")
    put("text", "leica", "2\n1 2 3 -50 255 0 9\n4 5 6 -60 1 2 3\n")
    put("text", "damaged", b"# x y z\n1 2\x003\n1e400 -.5e-3 nan\n103.0\x100 2 3\n")
    put("text", "numbers", "1 2 12345678901234567890123\n0.1e-400 7.2057594037927933e16 1e22\n")
    put("mesh", "off", "OFF3 1 0\n0 0 0\n1 0 0\n0 1 0\n3 0 1 2 255 0 0\n")
    put("mesh", "coff", "CNOFF # c\n3 1 0\n0 0 0 0 0 1 9 8 7 1\n1 0 0 0 0 1 9 8 7 1\n0 1 0 0 0 1 9 8 7 1\n3 0 1 2\n")
    put("mesh", "obj", "v 0 0 0 1 0 0\nv 1 0 0 0 1 0\nv 0 1 0 0 0 1\nvn 0 0 1\nf 1//1 2//1 -1//1\n")
    for name, a in (("plain", np.arange(12.).reshape(2, 6)), ("fortran", np.asfortranarray(np.arange(8, dtype=">i4").reshape(2, 4))),
                    ("fields", np.zeros(2, [("x", "<f4"), ("y", "<f4"), ("z", "<f8"), ("label", "u1")]))):
        out = io.BytesIO()
        np.save(out, a)
        put("npy", name, out.getvalue())
    put("idx", "pictures", struct.pack(">4I", 0x803, 2, 2, 3) + bytes([0, 200, 0, 255, 0, 129, 1, 2, 3, 4, 5, 250]))


las_files()
others()
