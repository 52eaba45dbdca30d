"""The page that `secant show CLOUD --out page.html` writes, opened from the disk in a real headless browser: with WebGL and without. The page says on its
root element how it drew and how many pixels have colour. SECANT names the command, CHROMIUM the browser."""
import glob
import os
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
SECANT = os.environ.get("SECANT") or max(glob.glob(os.path.join(ROOT, "build", "*", "secant")), key=os.path.getmtime, default=None)
BROWSER = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")


class Viewer(unittest.TestCase):
    def setUp(self):
        if not SECANT or not BROWSER:
            self.skipTest("needs the built command and chromium")
        self.dir = tempfile.TemporaryDirectory()
        self.addCleanup(self.dir.cleanup)
        self.cloud = os.path.join(self.dir.name, "cloud.txt")
        with open(self.cloud, "w") as f:
            f.write("x y z label prediction\n")
            for i in range(4000):
                f.write("%d %d %d %d %d\n" % (i % 20, i // 20 % 20, i // 400, i % 7, i % 5))

    def page(self, *options):
        name = os.path.join(self.dir.name, "page.html")
        subprocess.run([SECANT, "show", self.cloud, "--out", name, *options], check=True, stdout=subprocess.DEVNULL)
        return name

    def drawn(self, page, *flags):
        """How the page drew, with how many pixels, and its document as the browser has it after its scripts ran."""
        dom = subprocess.run([BROWSER, "--headless", "--no-sandbox", "--window-size=800,600", "--virtual-time-budget=4000", "--dump-dom", *flags, "file://" + page],
                             check=True, capture_output=True, timeout=120).stdout.decode()
        found = re.search(r'data-drawn="(\w+)" data-pixels="(\d+)"', dom)
        self.assertIsNotNone(found, "the page drew nothing")
        return found[1], int(found[2]), dom

    def test_with_webgl(self):
        way, pixels, dom = self.drawn(self.page("--title", "a < b"), "--enable-unsafe-swiftshader")
        self.assertEqual(way, "webgl")
        self.assertGreater(pixels, 20000)
        self.assertIn("a &lt; b (4,000 points)", dom)
        self.assertEqual(re.findall(r"<button[^>]*>(\w+)", dom), ["label", "prediction", "error", "home"])

    def test_without_webgl(self):
        way, pixels, _ = self.drawn(self.page(), "--disable-3d-apis")
        self.assertEqual(way, "canvas")
        self.assertGreater(pixels, 20000)

    def test_dark_and_thinned(self):
        way, pixels, dom = self.drawn(self.page("--background", "black", "--page-points", "500", "--panels", "height"), "--enable-unsafe-swiftshader")
        self.assertIn("(500 of 4,000 points)", dom)
        self.assertIn('class="dark"', dom)
        self.assertGreater(pixels, 3000)

    def test_asks_no_network(self):
        with open(self.page()) as f:
            self.assertNotRegex(f.read(), r"https?:|//[a-z]+\.|src=|href=|import ")


class Pictures(Viewer):
    test_with_webgl = test_without_webgl = test_dark_and_thinned = test_asks_no_network = None

    def test_turning_pictures_open_elsewhere(self):
        try:
            from PIL import Image
        except ImportError:
            self.skipTest("no pillow")
        for name in ("o.gif", "o.apng"):
            out = os.path.join(self.dir.name, name)
            subprocess.run([SECANT, "show", self.cloud, "--out", out, "--frames", "6", "--size", "120x160"], check=True, stdout=subprocess.DEVNULL)
            with Image.open(out) as im:
                self.assertEqual(im.n_frames, 6)
                frames = []
                for i in range(6):
                    im.seek(i)
                    frames.append(im.convert("RGB").tobytes())
                self.assertEqual(len(set(frames)), 6)


if __name__ == "__main__":
    if not SECANT:
        sys.exit("secant is not built")
    unittest.main()
