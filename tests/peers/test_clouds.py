"""Clouds beside other programs: files that laspy and lazrs, plyfile, numpy and open3d write are read here to the same numbers, and what is
written here opens there. The library is called through its C interface (ctypes), so that no other part can help or hide.

Needs a Python with laspy, lazrs, numpy, plyfile and, for PCD, open3d; SECANT_LIBRARY names libsecant.so."""
import ctypes
import glob
import os
import sys
import tempfile
import unittest

import numpy as np

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
DATA = os.environ.get("SECANT_TEST_DATA", os.path.join(ROOT, "..", "shared", "data"))


def find_library():
    if os.environ.get("SECANT_LIBRARY"):
        return os.environ["SECANT_LIBRARY"]
    found = glob.glob(os.path.join(ROOT, "build*", "libsecant.so")) + glob.glob(os.path.join(ROOT, "build", "*", "libsecant.so"))
    if not found:
        sys.exit("libsecant.so is not built; set SECANT_LIBRARY")
    return max(found, key=os.path.getmtime)


class Err(ctypes.Structure):
    _fields_ = [("code", ctypes.c_int), ("msg", ctypes.c_char * 500)]


class Opts(ctypes.Structure):
    _fields_ = [("name", ctypes.c_char_p), ("size", ctypes.c_size_t), ("rows", ctypes.c_void_p)]


class Column(ctypes.Structure):
    _fields_ = [("name", ctypes.c_char_p), ("type", ctypes.c_int), ("data", ctypes.c_void_p)]


class Cloud(ctypes.Structure):
    _fields_ = [("n", ctypes.c_int64), ("capacity", ctypes.c_int64), ("columns", ctypes.c_int), ("column", ctypes.POINTER(Column)),
                ("rest", ctypes.c_char * 256)]


TYPES = [np.int8, np.uint8, np.int16, np.uint16, np.int32, np.uint32, np.int64, np.uint64, np.float32, np.float64]
LIB = ctypes.CDLL(find_library())


class Failed(Exception):
    pass


def options(table, values):
    opts = Opts.in_dll(LIB, table)
    struct = ctypes.create_string_buffer(opts.size)
    err = Err()
    if LIB.secant_opts_init(ctypes.byref(opts), struct, ctypes.byref(err)):
        raise Failed(err.msg.decode())
    for name, value in values.items():
        if LIB.secant_opts_set(ctypes.byref(opts), struct, name.replace("_", "-").encode(), str(value).encode(), ctypes.byref(err)):
            raise Failed(err.msg.decode())
    return struct


def read(path, **values):
    """The file's columns, by name."""
    cloud, err = Cloud(), Err()
    if LIB.secant_cloud_read(ctypes.byref(cloud), path.encode(), options("secant_cloud_read_options", values), ctypes.byref(err)):
        raise Failed(err.msg.decode())
    out = {}
    for i in range(cloud.columns):
        c = cloud.column[i]
        t = np.dtype(TYPES[c.type])
        raw = ctypes.string_at(c.data, cloud.n * t.itemsize)
        out[c.name.decode()] = np.frombuffer(raw, t)
    LIB.secant_cloud_free(ctypes.byref(cloud))
    return out


def convert(a, b, reading={}, **writing):
    err = Err()
    if LIB.secant_cloud_convert(a.encode(), options("secant_cloud_read_options", reading), b.encode(),
                                options("secant_cloud_write_options", writing), None, None, None, ctypes.byref(err)):
        raise Failed(err.msg.decode())


def wave(n, seed):
    """Points along scan lines, as a scanner would deliver them, with some noise and some jumps."""
    g = np.random.default_rng(seed)
    t = np.arange(n)
    x = 500000 + (t % 400) * 0.25 + g.normal(0, .02, n)
    y = 4100000 + (t // 400) * 0.4 + g.normal(0, .02, n)
    z = 120 + 8 * np.sin(t / 90.0) + g.normal(0, .1, n) + 30 * (g.random(n) < .03)
    return x, y, z, g


def las_cloud(version, fmt, n, seed, extra=False, channels=False):
    import laspy
    header = laspy.LasHeader(point_format=fmt, version=version)
    header.scales = [.001, .001, .001]
    header.offsets = [500000, 4100000, 0]
    if extra:
        for name, kind in (("height", "f4"), ("id", "u4"), ("part", "u1")):
            header.add_extra_dim(laspy.ExtraBytesParams(name=name, type=kind))
    las = laspy.LasData(header)
    las.x, las.y, las.z, g = wave(n, seed)
    modern = fmt >= 6
    total = g.choice([1, 1, 1, 2, 3, 5], n)
    las.number_of_returns = total
    las.return_number = 1 + g.integers(0, 100, n) % total
    las.intensity = np.clip(g.normal(3000, 900, n), 0, 65535).astype(np.uint16)
    las.classification = g.choice([1, 2, 2, 2, 5, 6, 9, 200 if modern else 31], n)
    las.user_data = g.integers(0, 4, n)
    las.point_source_id = 7000 + np.arange(n) // 3000
    las.scan_direction_flag = np.arange(n) // 400 % 2
    las.edge_of_flight_line = np.arange(n) % 400 == 399
    las.withheld = g.random(n) < .01
    las.synthetic = g.random(n) < .01
    las.key_point = g.random(n) < .01
    if modern:
        las.scan_angle = ((np.arange(n) % 400) - 200) * 12
        las.overlap = g.random(n) < .1
        las.scanner_channel = (g.integers(0, 4, n) if channels else np.zeros(n, int))
    else:
        las.scan_angle_rank = ((np.arange(n) % 400) - 200) // 10
    names = list(las.point_format.dimension_names)
    if "gps_time" in names:
        las.gps_time = np.where(g.random(n) < .02, 9e8, 3e8) + np.cumsum(g.choice([0, 1e-5, 2e-5, 3e-4, 1.7], n))
    if "red" in names:
        las.red, las.green, las.blue = (np.clip(g.normal(m, 9000, n), 0, 65535).astype(np.uint16) for m in (30000, 40000, 20000))
    if "nir" in names:
        las.nir = g.integers(0, 65536, n)
    if "wavepacket_index" in names:
        las.wavepacket_index = g.integers(0, 3, n)
        las.wavepacket_size = g.choice([128, 256], n)
        las.wavepacket_offset = np.where(g.random(n) < .1, 10**10, 60) + np.cumsum(np.asarray(las.wavepacket_size, np.uint64))
        las.return_point_wave_location = g.normal(2e4, 300, n).astype(np.float32)
        las.x_t, las.y_t, las.z_t = (g.normal(m, 1e-5, n).astype(np.float32) for m in (0, 0, 1e-4))
    if extra:
        las.height = g.normal(0, 1, n).astype(np.float32)
        las.id = np.arange(n)
        las.part = g.integers(0, 50, n)
    return las


def same_as_laspy(test, las, got, ignore=()):
    test.assertEqual(len(got["x"]), len(las.x))
    for axis in "xyz":
        np.testing.assert_array_equal(got[axis], np.asarray(getattr(las, axis)), axis)
    for name in las.point_format.dimension_names:
        if name in "XYZ" or name in ignore:
            continue
        want = np.asarray(las[name])
        if want.ndim == 1:
            np.testing.assert_array_equal(got[name].astype(want.dtype), want, name)


class FromLaspy(unittest.TestCase):
    def setUp(self):
        self.dir = tempfile.TemporaryDirectory()
        self.addCleanup(self.dir.cleanup)

    def path(self, name):
        return os.path.join(self.dir.name, name)

    def every_format(self, suffix, n, **more):
        done = []
        for version, formats in (("1.2", range(4)), ("1.3", range(6)), ("1.4", range(11))):
            for fmt in formats:
                for extra in (False, True):
                    with self.subTest(version=version, format=fmt, extra=extra):
                        las = las_cloud(version, fmt, n, fmt, extra, **more)
                        name = self.path("a" + suffix)
                        try:
                            las.write(name)
                        except Exception as e:   # what the peer cannot write cannot be compared
                            print("laspy/lazrs cannot write", suffix, version, fmt, str(e)[:80])
                            continue
                        same_as_laspy(self, las, read(name))
                        done.append(fmt)
        return set(done)

    def test_las_all_versions_and_formats(self):
        self.assertEqual(self.every_format(".las", 1500), set(range(11)))

    def test_laz_all_formats_lazrs_writes(self):
        done = self.every_format(".laz", 6000)
        print("LAZ formats compared:", sorted(done))
        self.assertEqual(done, set(range(11)))

    def test_laz_many_chunks(self):
        for fmt in (3, 7):
            las = las_cloud("1.4", fmt, 130000, 5, True)
            las.write(self.path("a.laz"))
            same_as_laspy(self, las, read(self.path("a.laz")))
            same_as_laspy(self, las, read(self.path("a.laz"), read_threads=1))

    def test_laz_scanner_channels(self):
        import laspy
        for fmt in range(6, 11):
            for extra in (False, True):
                with self.subTest(format=fmt, extra=extra):
                    las = las_cloud("1.4", fmt, 6000, 8, extra, channels=True)
                    las.write(self.path("a.laz"))
                    # lazrs loses wave packets of several channels itself: what counts there is that we read what it reads.
                    same_as_laspy(self, laspy.read(self.path("a.laz")) if fmt >= 9 else las, read(self.path("a.laz")))

    def test_laz_constant_attributes(self):
        import laspy
        las = las_cloud("1.4", 7, 3000, 1)
        for name in ("intensity", "classification", "user_data", "point_source_id", "gps_time", "scan_angle", "red", "green", "blue", "Z"):
            setattr(las, name, np.full(3000, 7))
        las.write(self.path("a.laz"))
        same_as_laspy(self, las, read(self.path("a.laz")))

    def test_laz_variable_chunks(self):
        import lazrs
        for fmt in (3, 6):
            self.variable(las_cloud("1.4", fmt, 5000, 3), lazrs.LazVlr.new_for_compression(fmt, 0, True))

    def variable(self, las, vlr):
        """The plain file's header with the points behind it, compressed in chunks of any size."""
        import io
        import lazrs
        plain = io.BytesIO()
        las.write(plain, do_compress=False)
        head = bytearray(plain.getvalue())
        record = las.header.point_format.size
        at = int.from_bytes(head[96:100], "little")
        data = bytes(vlr.record_data())
        record_head = bytearray(54)
        record_head[2:16] = b"laszip encoded"
        record_head[18:20] = (22204).to_bytes(2, "little")
        record_head[20:22] = len(data).to_bytes(2, "little")
        out = io.BytesIO()
        compressor = lazrs.LasZipCompressor(out, vlr)
        points = np.frombuffer(bytes(head[at:at + record * len(las.x)]), np.uint8)
        if not hasattr(compressor, "compress_chunks"):
            self.skipTest("this lazrs writes no variable chunks")
        cuts = [0, 700, 701, 3000, 5000]
        compressor.compress_chunks([points[a * record:b * record] for a, b in zip(cuts, cuts[1:])])
        compressor.done()
        body = out.getvalue()
        base = at + len(record_head) + len(data)
        table = int.from_bytes(body[:8], "little") + base
        body = table.to_bytes(8, "little") + body[8:]
        head[96:100] = base.to_bytes(4, "little")
        head[100:104] = (int.from_bytes(head[100:104], "little") + 1).to_bytes(4, "little")
        head[104] |= 128
        name = self.path("variable.laz")
        with open(name, "wb") as f:
            f.write(bytes(head[:at]) + record_head + data + body)
        same_as_laspy(self, las, read(name))

    def test_real_files(self):
        import laspy
        files = sorted(glob.glob(os.path.join(DATA, "point-clouds", "las", "*.la[sz]")))
        if not files:
            self.skipTest("no real files")
        for f in files:
            try:
                las = laspy.read(f)
            except Exception as e:
                print("laspy cannot read", os.path.basename(f), e)
                continue
            with self.subTest(file=os.path.basename(f)):
                same_as_laspy(self, las, read(f, allow_empty="true"), ignore=("ExtraBytes",))


class ToLaspy(unittest.TestCase):
    def setUp(self):
        self.dir = tempfile.TemporaryDirectory()
        self.addCleanup(self.dir.cleanup)

    def path(self, name):
        return os.path.join(self.dir.name, name)

    def test_copies_keep_everything(self):
        import laspy
        for version, fmt in (("1.2", 0), ("1.2", 1), ("1.2", 2), ("1.2", 3), ("1.4", 6), ("1.4", 7), ("1.4", 8), ("1.4", 10)):
            with self.subTest(version=version, format=fmt):
                las_cloud(version, fmt, 2000, fmt, True).write(self.path("a.las"))
                convert(self.path("a.las"), self.path("b.las"), las_version=version, las_format=fmt)
                a, b = laspy.read(self.path("a.las")), laspy.read(self.path("b.las"))
                self.assertEqual(str(b.header.version), version)
                self.assertEqual(b.header.point_format.id, fmt)
                for name in a.point_format.dimension_names:
                    np.testing.assert_array_equal(np.asarray(a[name]), np.asarray(b[name]), name)
                np.testing.assert_array_equal(a.header.scales, b.header.scales)
                np.testing.assert_array_equal(a.header.mins, b.header.mins)
                np.testing.assert_array_equal(a.header.maxs, b.header.maxs)
                np.testing.assert_array_equal(a.header.number_of_points_by_return, b.header.number_of_points_by_return)

    def test_text_to_las_loses_less_than_half_a_step(self):
        import laspy
        g = np.random.default_rng(4)
        for scale, origin in ((1, 0), (1e-3, 5), (300, 5e5), (1e5, -4e6)):
            xyz = g.random((3000, 3)) * scale + origin
            label = g.integers(0, 50, 3000)
            np.savetxt(self.path("a.txt"), np.c_[xyz, label], fmt="%.17g %.17g %.17g %d")
            convert(self.path("a.txt"), self.path("b.las"), classification_dimension="true")
            las = laspy.read(self.path("b.las"))
            for k, axis in enumerate("xyz"):
                lost = np.abs(np.asarray(las[axis], np.float64) - xyz[:, k]).max()
                self.assertLessEqual(lost, las.header.scales[k] / 2 * (1 + 1e-6) + np.abs(xyz).max() * 2e-16)
                self.assertLessEqual(las.header.scales[k], max(np.ptp(xyz[:, k]) / 1e8, np.abs(xyz).max() * 1e-14))
            np.testing.assert_array_equal(np.asarray(las.classification), label)
            np.testing.assert_array_equal(np.asarray(las["Classification"]), label)

    def test_georeference_is_kept(self):
        import laspy
        source = os.path.join(DATA, "point-clouds", "las", "file_with_both_wkt_and_geotiff_vlrs.las")
        if not os.path.exists(source):
            self.skipTest("no real file")
        convert(source, self.path("b.las"))
        a, b = laspy.read(source), laspy.read(self.path("b.las"))
        self.assertEqual([(v.user_id, v.record_id, v.record_data_bytes()) for v in a.vlrs],
                         [(v.user_id, v.record_id, v.record_data_bytes()) for v in b.vlrs])
        self.assertEqual(a.header.global_encoding.wkt, b.header.global_encoding.wkt)


class Others(unittest.TestCase):
    def setUp(self):
        self.dir = tempfile.TemporaryDirectory()
        self.addCleanup(self.dir.cleanup)
        g = np.random.default_rng(7)
        self.n = 3000
        self.xyz = g.normal(0, 3, (self.n, 3))
        self.rgb = g.integers(0, 256, (self.n, 3)).astype(np.uint8)
        self.label = g.integers(0, 40, self.n).astype(np.int32)

    def path(self, name):
        return os.path.join(self.dir.name, name)

    def vertices(self):
        v = np.empty(self.n, [("x", "f8"), ("y", "f8"), ("z", "f8"), ("red", "u1"), ("green", "u1"), ("blue", "u1"), ("label", "i4")])
        for k, a in enumerate("xyz"):
            v[a] = self.xyz[:, k]
        for k, a in enumerate(("red", "green", "blue")):
            v[a] = self.rgb[:, k]
        v["label"] = self.label
        return v

    def check(self, got, exact=True):
        for k, a in enumerate("xyz"):
            (np.testing.assert_array_equal if exact else np.testing.assert_allclose)(got[a], self.xyz[:, k] if exact else self.xyz[:, k].astype(np.float32))
        for k, a in enumerate(("red", "green", "blue")):
            np.testing.assert_array_equal(got[a], self.rgb[:, k])
        if "label" in got:
            np.testing.assert_array_equal(got["label"], self.label)

    def test_plyfile_both_ways(self):
        from plyfile import PlyData, PlyElement
        v = self.vertices()
        face = np.empty(5, [("vertex_indices", "O"), ("flags", "u1")])
        face["vertex_indices"] = [np.arange(3 + i % 3, dtype="i4") for i in range(5)]
        face["flags"] = 3
        for text, order in ((True, "="), (False, "<"), (False, ">")):
            for first in (False, True):
                elements = [PlyElement.describe(v, "vertex"), PlyElement.describe(face, "face", len_types={"vertex_indices": "u1"})]
                PlyData(elements[::-1] if first else elements, text=text, byte_order=order).write(self.path("a.ply"))
                self.check(read(self.path("a.ply")))
        for encoding in ("ascii", "binary", "big-endian"):
            convert(self.path("a.ply"), self.path("b.ply"), encoding=encoding)
            back = PlyData.read(self.path("b.ply"))["vertex"].data
            self.check({name: back[name] for name in back.dtype.names})

    def test_open3d_pcd_and_ply(self):
        try:
            import open3d as o3d
        except ImportError:
            self.skipTest("no open3d")
        cloud = o3d.geometry.PointCloud(o3d.utility.Vector3dVector(self.xyz))
        cloud.colors = o3d.utility.Vector3dVector(self.rgb / 255)
        for ascii_, compressed in ((True, False), (False, False), (False, True)):
            o3d.io.write_point_cloud(self.path("a.pcd"), cloud, write_ascii=ascii_, compressed=compressed)
            got = read(self.path("a.pcd"))
            np.testing.assert_allclose(np.c_[got["x"], got["y"], got["z"]], self.xyz, rtol=0, atol=2e-5 if ascii_ else 1e-6)
            if not ascii_:
                np.testing.assert_array_equal(np.c_[got["red"], got["green"], got["blue"]], self.rgb)
        np.save(self.path("a.npy"), self.vertices())
        for name, more in (("b.ply", {}), ("b.ply", {"encoding": "ascii"}), ("b.pcd", {"encoding": "ascii"}), ("b.pcd", {}), ("b.pcd", {"encoding": "compressed"})):
            convert(self.path("a.npy"), self.path(name), **more)
            back = o3d.io.read_point_cloud(self.path(name))
            np.testing.assert_allclose(np.asarray(back.points), self.xyz, rtol=0, atol=1e-6 if name == "b.pcd" else 1e-12, err_msg=name)
            np.testing.assert_array_equal(np.rint(np.asarray(back.colors) * 255), self.rgb, name)

    def test_cloudcompare(self):
        import shutil
        import subprocess
        program = shutil.which("CloudCompare") or shutil.which("cloudcompare")
        if not program or not shutil.which("xvfb-run"):
            self.skipTest("no CloudCompare with xvfb-run")
        np.save(self.path("a.npy"), self.vertices())
        for name, more in (("b.ply", {}), ("b.ply", {"encoding": "ascii"}), ("b.xyz", {}), ("b.txt", {}), ("b.csv", {})):
            convert(self.path("a.npy"), self.path(name), **more)
            subprocess.run(["xvfb-run", "-a", program, "-SILENT", "-AUTO_SAVE", "OFF", "-O", self.path(name), "-C_EXPORT_FMT", "ASC", "-PREC", "8",
                            "-SAVE_CLOUDS", "FILE", self.path("out.asc")], check=True, capture_output=True, timeout=120)
            back = np.loadtxt(self.path("out.asc"))
            np.testing.assert_allclose(back[:, :3], self.xyz, rtol=0, atol=2e-5, err_msg=name)
            np.testing.assert_array_equal(back[:, 3:6], self.rgb, name)
            os.remove(self.path("out.asc"))

    def test_open3d_mesh(self):
        try:
            import open3d as o3d
        except ImportError:
            self.skipTest("no open3d")
        ball = o3d.geometry.TriangleMesh.create_sphere(2.0, 40)
        for name in ("ball.off", "ball.obj", "ball.ply"):
            o3d.io.write_triangle_mesh(self.path(name), ball)
            got = read(self.path(name), mesh_points=4000)
            p = np.c_[got["x"], got["y"], got["z"]]
            self.assertEqual(len(p), 4000)
            self.assertTrue((np.abs(np.linalg.norm(p, axis=1) - 2) < .02).all())
            self.assertLess(np.abs(p.mean(0)).max(), .1)
            outward = np.sum(p * np.c_[got["nx"], got["ny"], got["nz"]], 1)
            self.assertTrue((outward > 1.9).all())

    def test_numpy(self):
        v = self.vertices()
        np.save(self.path("a.npy"), v)
        self.check(read(self.path("a.npy")))
        table = np.c_[self.xyz, self.rgb, self.label]
        for order in "CF":
            for kind in ("<f8", ">f8"):
                np.save(self.path("b.npy"), np.asarray(table, kind, order=order))
                self.check(read(self.path("b.npy")))
        convert(self.path("a.npy"), self.path("c.npy"))
        np.testing.assert_array_equal(np.load(self.path("c.npy")), table)
        np.savetxt(self.path("d.xyz"), table)
        self.check(read(self.path("d.xyz")))
        convert(self.path("d.xyz"), self.path("e.csv"))
        np.testing.assert_array_equal(np.genfromtxt(self.path("e.csv"), delimiter=",", skip_header=1), table)


if __name__ == "__main__":
    unittest.main()
