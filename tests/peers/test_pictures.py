"""Picture files against Pillow, and georeference against GDAL's own tools: what they write is read, what we write they read.

Run by `./dev test --peers` with SECANT naming the command; the program codec_helper_picture lies in tests/ beside it. Needs numpy and
Pillow; the georeference tests need gdalinfo and gdal_translate (Debian: gdal-bin) and are skipped without."""
import json
import os
import pathlib
import shutil
import subprocess
import tempfile
import unittest

import numpy
from PIL import Image, ImageOps

SECANT = pathlib.Path(os.environ.get("SECANT", "build/release/secant")).resolve()
PICTURE = SECANT.parent / "tests" / "codec_helper_picture"
DATA = pathlib.Path(os.environ.get("SECANT_TEST_DATA", "../shared/data")).resolve()
DTYPES = {"u8": "<u1", "u16": "<u2", "i16": "<i2", "f32": "<f4"}


def noise(h, w, c, dtype="u1"):
    rng = numpy.random.default_rng(h * 31 + w * 7 + c)
    a = rng.integers(0, 256 if dtype == "u1" else 65536, (h, w, c)).astype(dtype)
    return a[:, :, 0] if c == 1 else a


class Case(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.dir = pathlib.Path(self.folder.name)

    def tearDown(self):
        self.folder.cleanup()

    def convert(self, a, b, *how):
        r = subprocess.run([PICTURE, a, b, *how], capture_output=True, text=True)
        self.assertEqual(r.returncode, 0, r.stderr)
        return b

    def read(self, path, *how):
        raw = self.convert(path, self.dir / "out.raw", *how).read_bytes()
        head, data = raw.split(b"\n", 1)
        w, h, c, dtype = head.decode().split()
        a = numpy.frombuffer(data, DTYPES[dtype]).reshape(int(h), int(w), int(c))
        return a[:, :, 0] if a.shape[2] == 1 else a

    def same(self, path, expected, tolerance=0, *how):
        got = self.read(path, *how)
        self.assertEqual(got.shape, expected.shape)
        self.assertLessEqual(numpy.abs(got.astype(float) - expected.astype(float)).max(), tolerance)


class Pictures(Case):
    def test_lossless_formats(self):
        for mode, c in (("L", 1), ("RGB", 3), ("RGBA", 4), ("LA", 2)):
            im = Image.fromarray(noise(23, 31, c), mode)
            for ext, options in (("png", {}), ("tif", {}), ("tif", {"compression": "tiff_lzw"}), ("tif", {"compression": "tiff_adobe_deflate"}), ("tif", {"compression": "packbits"}),
                                 ("webp", {"lossless": True, "exact": True}), ("bmp", {}), ("ppm", {})):
                if (ext == "bmp" and c in (2, 4)) or (ext == "ppm" and c in (2, 4)) or (ext == "webp" and c in (1, 2)):
                    continue
                im.save(self.dir / f"a.{ext}", **options)
                self.same(self.dir / f"a.{ext}", numpy.asarray(im))

    def test_sixteen_bits_and_float(self):
        a = noise(9, 12, 1, "u2")
        Image.fromarray(a).save(self.dir / "a.png")
        self.same(self.dir / "a.png", a)
        Image.fromarray(a).save(self.dir / "a.tif")
        self.same(self.dir / "a.tif", a)
        f = a.astype("f4") / 7 - 1000
        Image.fromarray(f).save(self.dir / "f.tif", compression="tiff_adobe_deflate")
        self.same(self.dir / "f.tif", f)

    def test_bits_and_palettes(self):
        bits = noise(13, 21, 1) > 128
        for ext, options in (("png", {}), ("bmp", {}), ("pbm", {}), ("tif", {"compression": "group4"}), ("tif", {})):
            Image.fromarray(bits).save(self.dir / f"a.{ext}", **options)
            self.same(self.dir / f"a.{ext}", bits * 255)
        for colours in (2, 3, 16, 200):
            index = Image.fromarray(noise(13, 21, 1) % colours, "L").convert("L")
            p = Image.frombytes("P", index.size, index.tobytes())
            p.putpalette([(i * 37 + c * 11) % 256 for i in range(colours) for c in range(3)])
            for ext in ("png", "bmp", "tif"):
                p.save(self.dir / f"a.{ext}")
                self.same(self.dir / f"a.{ext}", numpy.asarray(p.convert("RGB")))
                self.same(self.dir / f"a.{ext}", numpy.asarray(index), 0, "indices")
                if ext == "png":
                    back = Image.open(self.convert(self.dir / "a.png", self.dir / "b.png", "indices"))
                    self.assertEqual(back.mode, "P")
                    self.assertTrue((numpy.asarray(back) == numpy.asarray(index)).all())
                    self.assertTrue((numpy.asarray(back.convert("RGB")) == numpy.asarray(p.convert("RGB"))).all())

    def test_jpeg(self):
        y, x = numpy.mgrid[0:50, 0:70]
        a = numpy.stack([x * 3, y * 4, x + y], 2).astype("u1")
        for options in ({}, {"quality": 40}, {"subsampling": 0}, {"subsampling": 2}, {"progressive": True}):
            Image.fromarray(a).save(self.dir / "a.jpg", **options)
            self.same(self.dir / "a.jpg", numpy.asarray(Image.open(self.dir / "a.jpg")), 1)
        Image.fromarray(a[:, :, 0]).save(self.dir / "g.jpg")
        self.same(self.dir / "g.jpg", numpy.asarray(Image.open(self.dir / "g.jpg")), 1)
        Image.fromarray(a).convert("CMYK").save(self.dir / "c.jpg")
        self.same(self.dir / "c.jpg", numpy.asarray(Image.open(self.dir / "c.jpg").convert("RGB")), 2)

    def test_orientation(self):
        a = numpy.repeat(numpy.mgrid[0:8, 0:16][1][:, :, None].astype("u1") * 9, 3, 2)
        for o in range(1, 9):
            exif = Image.Exif()
            exif[0x0112] = o
            for ext in ("jpg", "png", "webp", "tif"):
                Image.fromarray(a).save(self.dir / f"a.{ext}", exif=exif, **({"lossless": True} if ext == "webp" else {}))
                self.same(self.dir / f"a.{ext}", numpy.asarray(ImageOps.exif_transpose(Image.open(self.dir / f"a.{ext}"))), 1)

    def test_pillow_reads_ours(self):
        for c in (1, 3, 4):
            a = noise(19, 27, c)
            Image.fromarray(a).save(self.dir / "a.png")
            for ext in ("png", "tif", "bmp", "webp", "ppm", "jpg"):
                if (c == 4 and ext in ("bmp", "ppm", "jpg")) or (c == 1 and ext == "ppm"):
                    continue
                back = numpy.asarray(Image.open(self.convert(self.dir / "a.png", self.dir / f"b.{ext}")))
                if ext == "bmp" and c == 1:
                    back = back[:, :, 0]
                if ext in ("jpg", "webp"):
                    self.assertEqual(back.shape[:2], a.shape[:2])
                else:
                    self.assertTrue((back == a).all(), ext)

    def test_real_pictures(self):
        found = 0
        for folder in ("nuclei/val/images", "nuclei/val/labels", "magnetic-tiles/MT_Blowhole", "isbi-membrane/01"):
            for path in sorted((DATA / folder).glob("*"))[:6] if (DATA / folder).exists() else []:
                if path.suffix in (".png", ".jpg"):
                    im = Image.open(path)
                    if im.mode in ("L", "RGB", "RGBA"):
                        self.same(path, numpy.asarray(im), 1 if path.suffix == ".jpg" else 0)
                        found += 1
        if not found:
            self.skipTest(f"{DATA} is not there (set SECANT_TEST_DATA)")


@unittest.skipUnless(shutil.which("gdal_translate"), "gdal_translate is not there (Debian: gdal-bin)")
class Georeference(Case):
    def gdal(self, *args):
        r = subprocess.run(args, capture_output=True, text=True)
        self.assertEqual(r.returncode, 0, r.stderr)
        return r.stdout

    def make(self, *options):
        a = noise(90, 130, 4, "u2")
        with open(self.dir / "in.raw", "wb") as f:
            f.write(a.transpose(2, 0, 1).astype("<u2").tobytes())
        (self.dir / "in.vrt").write_text('<VRTDataset rasterXSize="130" rasterYSize="90">' + "".join(
            f'<VRTRasterBand dataType="UInt16" band="{b + 1}" subClass="VRTRawRasterBand"><SourceFilename relativeToVRT="1">in.raw</SourceFilename>'
            f"<ImageOffset>{b * 90 * 130 * 2}</ImageOffset><PixelOffset>2</PixelOffset><LineOffset>260</LineOffset><ByteOrder>LSB</ByteOrder></VRTRasterBand>"
            for b in range(4)) + "</VRTDataset>")
        self.gdal("gdal_translate", "-q", "-a_srs", "EPSG:32633", "-a_ullr", "500000", "5200000", "501300", "5199100", "-a_nodata", "7", "-mo", "SENSOR=a b", *options,
                  self.dir / "in.vrt", self.dir / "a.tif")
        return a

    def facts(self, path):
        j = json.loads(self.gdal("gdalinfo", "-json", path))
        return j["geoTransform"], j["coordinateSystem"]["wkt"], [b.get("noDataValue") for b in j["bands"]], j["metadata"][""].get("SENSOR"), j["size"], [b["checksum"] for b in
            json.loads(self.gdal("gdalinfo", "-json", "-checksum", path))["bands"]]

    def test_carried_verbatim(self):
        for options in ((), ("-co", "TILED=YES"), ("-co", "COMPRESS=LZW", "-co", "INTERLEAVE=BAND"), ("-co", "COMPRESS=ZSTD", "-co", "BIGTIFF=YES", "-co", "TILED=YES")):
            a = self.make(*options)
            self.same(self.dir / "a.tif", a)
            before = self.facts(self.dir / "a.tif")
            self.assertEqual(before[2][0], 7)
            for how in ((), ("rows",)):
                self.assertEqual(self.facts(self.convert(self.dir / "a.tif", self.dir / "b.tif", *how)), before)


if __name__ == "__main__":
    unittest.main()
