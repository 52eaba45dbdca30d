"""Polygons of predictions against rasterio and shapely: valid, and rasterised again they are the mask, georeference included.

Run by `./dev test --peers` with SECANT naming the command. Needs rasterio, shapely, pyogrio and numpy."""
import json
import os
import pathlib
import subprocess
import tempfile
import unittest

import numpy
import rasterio
import rasterio.features
from rasterio.transform import from_origin
from shapely.geometry import shape

SECANT = pathlib.Path(os.environ.get("SECANT", "build/release/secant")).resolve()


class Vector(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        run = lambda *args: subprocess.run([SECANT, *args], cwd=cls.folder.name, check=True, capture_output=True, text=True)
        cls.run_command = staticmethod(run)
        run("demo", "tiles", "--kind", "tiles", "--pictures", "12", "--size", "64")
        run("train", "tiles", "--out", "run", "--classes", "3", "--ignore-index", "255", "--encoder", "resnet18", "--encoder-depth", "3", "--decoder-channels", "16,8,8", "--size", "64", "--epochs", "2",
            "--batch", "4", "--threads", "1", "--learning-rate", "3e-3")
        rng = numpy.random.default_rng(0)
        scene = (rng.random((3, 110, 130)) * 255).astype("uint8")
        scene[:, 40:60, 30:70] = 255
        with rasterio.open(f"{cls.folder.name}/scene.tif", "w", driver="GTiff", width=130, height=110, count=3, dtype="uint8", crs="EPSG:32633", nodata=255,
                           transform=from_origin(500000, 4649000, 0.5, 0.5)) as f:
            f.write(scene)
        same = ["--format", "tif", "--vector", "--precision", "f32", "--threads", "1"]
        run("predict", "run", "scene.tif", "--out", "masks", *same)
        run("predict", "run", "scene.tif", "--out", "packages", "--vector-format", "gpkg", *same)
        run("predict", "run", "scene.tif", "--out", "simple", "--simplify", "1.5", *same)

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    def test_rasterised_again(self):
        with rasterio.open(f"{self.folder.name}/masks/scene.tif") as f:
            mask, transform, crs, nodata = f.read(1), f.transform, f.crs, f.nodata
        self.assertEqual((crs.to_epsg(), nodata), (32633, 255))
        self.assertTrue((mask[40:60, 30:70] == 255).all())
        self.assertEqual(list(transform)[:6], [0.5, 0, 500000, 0, -0.5, 4649000])
        collection = json.loads(pathlib.Path(self.folder.name, "masks/scene.geojson").read_text())
        self.assertEqual(collection["crs"]["properties"]["name"], "urn:ogc:def:crs:EPSG::32633")
        shapes, pixels = [], 0
        for f in collection["features"]:
            polygon = shape(f["geometry"])
            self.assertTrue(polygon.is_valid)
            self.assertTrue(polygon.exterior.is_ccw)
            self.assertFalse(any(hole.is_ccw for hole in polygon.interiors))
            self.assertAlmostEqual(polygon.area, 0.25 * f["properties"]["pixels"], places=6)
            shapes.append((f["geometry"], f["properties"]["value"]))
            pixels += f["properties"]["pixels"]
        self.assertGreater(len(shapes), 1)
        again = rasterio.features.rasterize(shapes, out_shape=mask.shape, transform=transform, fill=0, dtype="uint8")
        foreground = (mask != 0) & (mask != 255)
        self.assertEqual(pixels, foreground.sum())
        self.assertTrue((again[foreground] == mask[foreground]).all() and (again[~foreground] == 0).all())

    def test_as_many_as_rasterio_finds(self):
        with rasterio.open(f"{self.folder.name}/masks/scene.tif") as f:
            mask = f.read(1)
        theirs = [v for _, v in rasterio.features.shapes(mask, mask=(mask != 0) & (mask != 255), connectivity=4)]
        ours = json.loads(pathlib.Path(self.folder.name, "masks/scene.geojson").read_text())["features"]
        self.assertEqual(sorted(f["properties"]["value"] for f in ours), sorted(int(v) for v in theirs))

    def test_geopackage_has_the_same_areas_and_its_system(self):
        import pyogrio.raw
        path = f"{self.folder.name}/packages/scene.gpkg"
        meta, _, geometry, values = pyogrio.raw.read(path, layer="areas")
        fields = dict(zip(meta["fields"], values))
        self.assertIn("32633", meta["crs"])
        ours = json.loads(pathlib.Path(self.folder.name, "masks/scene.geojson").read_text())["features"]
        self.assertEqual(len(geometry), len(ours))
        from shapely import from_wkb
        for polygon, value, pixels, f in zip(from_wkb(geometry), fields["value"], fields["pixels"], ours):
            self.assertTrue(polygon.is_valid and polygon.equals_exact(shape(f["geometry"]), 0))
            self.assertEqual((value, pixels), (f["properties"]["value"], f["properties"]["pixels"]))

    def test_simplified_polygons_are_valid_and_do_not_overlap(self):
        ours = json.loads(pathlib.Path(self.folder.name, "simple/scene.geojson").read_text())["features"]
        exact = json.loads(pathlib.Path(self.folder.name, "masks/scene.geojson").read_text())["features"]
        self.assertLess(len(json.dumps(ours)), len(json.dumps(exact)))
        polygons = [shape(f["geometry"]) for f in ours]
        self.assertTrue(all(p.is_valid for p in polygons))
        from shapely import unary_union
        self.assertAlmostEqual(unary_union(polygons).area, sum(p.area for p in polygons), places=6)


if __name__ == "__main__":
    unittest.main()
