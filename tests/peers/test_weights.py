"""Weight files against PyTorch and safetensors themselves: what they save is read, what we write they load.

Run by `./dev test --peers` with SECANT naming the command; the program formats_helper_convert lies in tests/ beside it. Needs torch,
segmentation-models-pytorch, safetensors and numpy."""
import argparse
import collections
import os
import pathlib
import subprocess
import tempfile
import unittest

import numpy
import safetensors.torch
import segmentation_models_pytorch as smp
import torch

SECANT = pathlib.Path(os.environ.get("SECANT", "build/release/secant")).resolve()
CONVERT = SECANT.parent / "tests" / "formats_helper_convert"
DATA = pathlib.Path(os.environ.get("SECANT_TEST_DATA", "../shared/data")).resolve()
DTYPES = [torch.float32, torch.float64, torch.float16, torch.bfloat16, torch.uint8, torch.int8, torch.uint16, torch.int16, torch.int32,
          torch.int64, torch.bool]


def every_dtype():
    state = collections.OrderedDict()
    for d in DTYPES:
        state[f"of.{str(d)[6:]}"] = (torch.arange(24).reshape(2, 3, 4) % 2 if d == torch.bool else torch.arange(24).reshape(2, 3, 4)).to(d)
    return state


class Weights(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.dir = pathlib.Path(self.folder.name)

    def tearDown(self):
        self.folder.cleanup()

    def convert(self, source, target):
        r = subprocess.run([CONVERT, source, target], capture_output=True, text=True)
        self.assertEqual(r.returncode, 0, r.stderr)
        return target

    def refused(self, source):
        r = subprocess.run([CONVERT, source, self.dir / "out.pth"], capture_output=True, text=True)
        self.assertEqual(r.returncode, 1)
        self.assertFalse((self.dir / "out.pth").exists())
        return r.stderr

    def same(self, got, expected):
        self.assertEqual(list(got), list(expected))
        for k, v in expected.items():
            self.assertEqual(got[k].dtype, v.dtype, k)
            self.assertEqual(got[k].shape, v.shape, k)
            self.assertTrue(torch.equal(got[k], v.detach()), k)
            self.assertTrue(got[k].is_contiguous())

    def round_trip(self, saved, expected, **options):
        """torch.save -> .pth -> torch.load(weights_only), and -> .safetensors -> safetensors; both hold what is expected."""
        torch.save(saved, self.dir / "a.pth", **options)
        self.same(torch.load(self.convert(self.dir / "a.pth", self.dir / "b.pth"), weights_only=True), expected)
        got = safetensors.torch.load_file(self.convert(self.dir / "a.pth", self.dir / "b.safetensors"))
        self.same({k: got[k] for k in expected}, expected)
        self.assertEqual(set(got), set(expected))

    def both(self, saved, expected):
        self.round_trip(saved, expected)
        self.round_trip(saved, expected, _use_new_zipfile_serialization=False)

    def test_every_dtype(self):
        self.both(every_dtype(), every_dtype())

    def test_protocols(self):
        for protocol in (2, 3, 4, 5):
            self.round_trip(every_dtype(), every_dtype(), pickle_protocol=protocol)
            self.round_trip(every_dtype(), every_dtype(), pickle_protocol=protocol, _use_new_zipfile_serialization=False)

    def test_views_empty_and_scalar(self):
        base = torch.arange(60.0).reshape(3, 4, 5)
        state = {"turned": base.permute(2, 0, 1), "part": base[1:, 2:, ::2], "all": base, "expanded": torch.ones(1, 3).expand(4, 3),
                 "flipped": base.transpose(0, 2)[1], "none": torch.zeros(0, 3), "scalar": torch.tensor(2.5), "parameter": torch.nn.Parameter(base[0])}
        self.both(state, {k: v.detach().contiguous() for k, v in state.items()})

    def test_checkpoints(self):
        model = torch.nn.Sequential(torch.nn.Conv2d(3, 4, 3), torch.nn.BatchNorm2d(4))
        optimizer = torch.optim.AdamW(model.parameters())
        model(torch.rand(2, 3, 8, 8)).sum().backward()
        optimizer.step()
        scheduler = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, 10)
        expected = model.state_dict()
        beside = {"epoch": 3, "best": 0.5, "name": "x", "none": None, "list": [1, "a", (2,)], "optimizer": optimizer.state_dict(),
                  "scheduler": scheduler.state_dict(), "args": argparse.Namespace(lr=1e-3, out=pathlib.Path("/x")), "iou": torch.tensor(0.5),
                  "numpy": numpy.float64(3), "array": numpy.arange(3), "set": {1, 2}, "rng": torch.get_rng_state(), "device": torch.device("cpu"),
                  "dtype": torch.float32, "counts": collections.defaultdict(int), "complex": torch.zeros(2, dtype=torch.complex64)}
        for key in ("state_dict", "model_state_dict", "model", "net", "ema", "an_unusual_name"):
            self.both({**beside, key: expected}, expected)
        self.both({"ema": {"module": expected, "updates": 3}}, expected)
        self.both({"model": expected, "ema": {k: v * 0 for k, v in expected.items()}}, expected)

    def test_wrapped_models(self):
        model = torch.nn.Sequential(torch.nn.Conv2d(3, 4, 3), torch.nn.BatchNorm2d(4))
        expected = model.state_dict()
        self.both(torch.nn.DataParallel(model).state_dict(), expected)
        self.both(torch.optim.swa_utils.AveragedModel(model).state_dict(), expected)
        self.both(torch.optim.swa_utils.AveragedModel(torch.nn.DataParallel(model)).state_dict(), expected)
        self.both({"_orig_mod." + k: v for k, v in expected.items()}, expected)
        self.both({"0._orig_mod." + k[2:] if k[0] == "0" else k: v for k, v in expected.items()}, expected)

    def test_shared_storages(self):
        w = torch.rand(5, 6)
        self.both({"encoder": w, "decoder": w, "row": w[2], "turned": w.t()}, {"encoder": w, "decoder": w, "row": w[2].clone(), "turned": w.t().contiguous()})

    def test_whole_tensor_and_models(self):
        self.both(torch.arange(6).reshape(2, 3), {"array": torch.arange(6).reshape(2, 3)})
        for options in ({}, {"_use_new_zipfile_serialization": False}):
            model = torch.nn.Sequential(torch.nn.Linear(2, 2), torch.nn.BatchNorm1d(2))
            self.round_trip(model, model.state_dict(), **options)

    def test_complex_is_refused(self):
        torch.save({"w": torch.zeros(2, dtype=torch.complex64)}, self.dir / "a.pth")
        self.assertIn("tensor 'w': dtype torch.ComplexFloatStorage is not one secant has", self.refused(self.dir / "a.pth"))

    def test_deflated_archive(self):
        import zipfile
        torch.save(every_dtype(), self.dir / "a.pth")
        with zipfile.ZipFile(self.dir / "a.pth") as a, zipfile.ZipFile(self.dir / "z.pth", "w", zipfile.ZIP_DEFLATED) as z:
            for name in a.namelist():
                z.writestr(name, a.read(name))
        self.same(torch.load(self.convert(self.dir / "z.pth", self.dir / "b.pth"), weights_only=True), every_dtype())

    def test_big_endian(self):
        # Written as a big-endian machine would: the data turned around by numpy.
        import zipfile
        state = {"w": torch.arange(6.0).reshape(2, 3)}
        torch.save(state, self.dir / "a.pth")
        with zipfile.ZipFile(self.dir / "a.pth") as a, zipfile.ZipFile(self.dir / "z.pth", "w") as z:
            for name in a.namelist():
                data = a.read(name)
                data = b"big" if name.endswith("byteorder") else numpy.frombuffer(data, "<f4").astype(">f4").tobytes() if "/data/" in name else data
                z.writestr(name, data)
        self.same(torch.load(self.convert(self.dir / "z.pth", self.dir / "b.pth"), weights_only=True), state)

    def test_written_file_is_aligned_and_repeats(self):
        import zipfile
        torch.save(every_dtype(), self.dir / "a.pth")
        one, two = self.convert(self.dir / "a.pth", self.dir / "b.pth"), self.convert(self.dir / "a.pth", self.dir / "c.pt")
        self.assertEqual(one.read_bytes(), two.read_bytes())
        data = one.read_bytes()
        with zipfile.ZipFile(one) as z:
            self.assertIsNone(z.testzip())
            for i in z.infolist():
                at = i.header_offset
                start = at + 30 + int.from_bytes(data[at + 26:at + 28], "little") + int.from_bytes(data[at + 28:at + 30], "little")
                self.assertEqual(start % 64, 0, i.filename)
        self.same(torch.load(one, weights_only=True, mmap=True), every_dtype())

    def test_smp_loads_strictly(self):
        model = smp.Unet("resnet18", encoder_weights=None)
        torch.save(model.state_dict(), self.dir / "a.pth")
        other = smp.Unet("resnet18", encoder_weights=None)
        other.load_state_dict(torch.load(self.convert(self.dir / "a.pth", self.dir / "b.pth"), weights_only=True), strict=True)
        self.same(other.state_dict(), model.state_dict())
        other.load_state_dict(safetensors.torch.load_file(self.convert(self.dir / "b.pth", self.dir / "b.safetensors")), strict=True)

    def test_safetensors(self):
        state = every_dtype()
        state["none"] = torch.zeros(0, 3)
        state["scalar"] = torch.tensor(2.5)
        safetensors.torch.save_file(state, self.dir / "a.safetensors", metadata={"a": "b", "quoted": "\"\u00e4\n"})
        back = self.convert(self.dir / "a.safetensors", self.dir / "b.safetensors")
        got = safetensors.torch.load_file(back)
        self.same({k: got[k] for k in state}, state)
        with safetensors.safe_open(back, "pt") as f:
            self.assertEqual(f.metadata(), {"a": "b", "quoted": "\"\u00e4\n"})
        got = torch.load(self.convert(self.dir / "a.safetensors", self.dir / "b.pth"), weights_only=True)
        self.same({k: got[k] for k in state}, state)

    def test_npy(self):
        for kind in ("<f4", ">f4", "<f8", "<f2", "|u1", "|i1", "<u2", ">i2", "<i4", "<i8", ">i8", "|b1"):
            for a in (numpy.arange(24).reshape(2, 3, 4), numpy.array(5), numpy.zeros((0, 2)), numpy.asfortranarray(numpy.arange(24).reshape(2, 3, 4))):
                a = numpy.array(a.astype(kind), order="K")
                numpy.save(self.dir / "a.npy", a)
                b = numpy.load(self.convert(self.dir / "a.npy", self.dir / "b.npy"))
                self.assertEqual((b.dtype, b.shape), (a.dtype.newbyteorder("<"), a.shape))
                self.assertTrue((a == b).all())
        for a in (numpy.zeros(3, [("x", "f4"), ("y", "i4")]), numpy.array(["a"]), numpy.zeros(2, "u8"), numpy.zeros(2, "c8")):
            numpy.save(self.dir / "a.npy", a)
            self.refused(self.dir / "a.npy")
        with open(self.dir / "v3.npy", "wb") as f:
            numpy.lib.format.write_array(f, numpy.arange(3), version=(3, 0))
        self.assertTrue((numpy.load(self.convert(self.dir / "v3.npy", self.dir / "b.npy")) == numpy.arange(3)).all())

    def test_real_legacy_file(self):
        path = DATA / "onnx" / "sinet.pth"
        if not path.exists():
            self.skipTest(f"{path} is not there (set SECANT_TEST_DATA)")
        expected = torch.load(path, weights_only=True, map_location="cpu")
        expected = collections.OrderedDict((k.removeprefix("module."), v) for k, v in expected.items())
        self.same(torch.load(self.convert(path, self.dir / "b.pth"), weights_only=True), expected)


if __name__ == "__main__":
    unittest.main()
