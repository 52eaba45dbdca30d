"""Networks against segmentation_models.pytorch itself: its weights are imported, run, exported and loaded again; logits, losses,
gradients and running statistics are those of PyTorch.

Run by `./dev test --peers` with SECANT naming the command. Needs torch, segmentation-models-pytorch, safetensors and numpy."""
import json
import os
import pathlib
import subprocess
import tempfile
import unittest

import safetensors.torch
import segmentation_models_pytorch as smp
import torch

SECANT = pathlib.Path(os.environ.get("SECANT", "build/release/secant")).resolve()
VARIANTS = [
    dict(encoder_name="resnet18", classes=1),
    dict(encoder_name="resnet34", classes=3, in_channels=4),
    dict(encoder_name="resnet50", classes=2, decoder_interpolation="bilinear"),
    dict(encoder_name="resnext50_32x4d", classes=1, encoder_depth=4, decoder_channels=(64, 32, 16, 8)),
    dict(encoder_name="resnet18", classes=4, decoder_attention_type="scse", in_channels=1),
    dict(encoder_name="resnet18", classes=1, decoder_use_norm="identity"),
    dict(encoder_name="resnet34", classes=2, aux_params=dict(classes=4, pooling="avg", dropout=0.5)),
]


def make(args, seed=0):
    torch.manual_seed(seed)
    model = smp.Unet(encoder_weights=None, **args)
    for name, value in model.state_dict().items():  # statistics that are not the identity
        if name.endswith("running_mean"):
            value.uniform_(-0.1, 0.1)
        elif name.endswith("running_var"):
            value.uniform_(0.75, 1.25)
        elif name.endswith(".weight") and value.dim() == 1:
            value.uniform_(0.9, 1.1)
    return model.eval()


def options(args):
    out = []
    for key, value in args.items():
        key = {"encoder_name": "encoder"}.get(key, key).replace("_", "-")
        out += ["--" + key, json.dumps(value) if isinstance(value, dict) else ",".join(map(str, value)) if isinstance(value, tuple) else str(value)]
    return out


class Smp(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.dir = pathlib.Path(self.folder.name)

    def tearDown(self):
        self.folder.cleanup()

    def secant(self, *args, status=0):
        r = subprocess.run([SECANT, *map(str, args)], capture_output=True, text=True)
        self.assertEqual(r.returncode, status, r.stderr)
        return r.stderr if status else r.stdout

    def imported(self, model, args, name="w.pth"):
        if name.endswith(".pth"):
            torch.save(model.state_dict(), self.dir / name)
        else:
            safetensors.torch.save_file({k: v.contiguous() for k, v in model.state_dict().items()}, self.dir / name)
        self.secant("import", self.dir / name, *options(args), "--out", self.dir / "m.safetensors")
        return self.dir / "m.safetensors"

    def run_model(self, model, tensors, *args):
        safetensors.torch.save_file(tensors, self.dir / "in.safetensors")
        self.secant("run", model, self.dir / "in.safetensors", self.dir / "out.safetensors", *args)
        return safetensors.torch.load_file(self.dir / "out.safetensors")

    def near(self, got, expected, tolerance, what=""):
        self.assertEqual(got.shape, expected.shape, what)
        apart = (got.double() - expected.double()).abs().max().item()
        self.assertLessEqual(apart, tolerance * max(1, expected.abs().max().item()), what)

    def test_logits(self):
        for args in VARIANTS:
            with self.subTest(args):
                model = make(args)
                x = torch.rand(2, args.get("in_channels", 3), 32, 64) * 2 - 1
                m = self.imported(model, args, "w.safetensors")
                with torch.no_grad():
                    y, label = model(x) if "aux_params" in args else (model(x), None)
                    z, _ = model.double()(x.double()) if "aux_params" in args else (model.double()(x.double()), None)
                got = self.run_model(m, {"input": x}, "--precision", "f32")
                self.assertEqual(set(got), {"logits", "label"} if label is not None else {"logits"})
                self.near(got["logits"], y, 2e-5)
                if label is not None:
                    self.near(got["label"], label, 2e-5)
                got = self.run_model(m, {"input": x}, "--precision", "f64")
                self.assertEqual(got["logits"].dtype, torch.float64)
                self.near(got["logits"], z, 1e-10)

    def check_gradients(self, model, args, tensors, loss, expected, *mode):
        """One training-mode pass of `model` in double without dropout against ours."""
        m = self.imported(model, args)
        model = model.double().train()
        for module in model.modules():
            if isinstance(module, (torch.nn.Dropout, torch.nn.Dropout2d)):
                module.p = 0
        value = expected(model(tensors["input"].double()))
        value.backward()
        got = self.run_model(m, tensors, "--loss", loss, "--gradients", "--precision", "f64", *mode)
        self.assertLess(abs(got["loss"].item() - value.item()), 1e-10)
        total = sum(p.grad.norm() ** 2 for p in model.parameters() if p.grad is not None) ** 0.5
        for name, p in model.named_parameters():
            g = got.pop("grad:" + name)
            wanted = torch.zeros_like(p) if p.grad is None else p.grad
            self.assertEqual(g.shape, wanted.shape)
            self.assertLess((g - wanted).norm().item(), 1e-8 * total.item(), name)
        for name, b in model.named_buffers():
            g = got.pop(name)
            self.assertEqual(g.dtype, b.dtype)
            self.near(g, b, 1e-10, name)
        self.assertEqual(set(got), {"loss", "logits"} | ({"label"} if "aux_params" in args else set()))

    def test_binary_gradients(self):
        args = VARIANTS[0]
        x, t = torch.rand(2, 3, 64, 64) * 2 - 1, (torch.rand(2, 1, 64, 64) > 0.6).float()
        dice, bce = smp.losses.DiceLoss("binary"), torch.nn.BCEWithLogitsLoss()
        for target in (t, t[:, 0].to(torch.uint8).contiguous()):
            self.check_gradients(make(args), args, {"input": x, "target": target}, "0.5*dice+0.5*bce", lambda y: 0.5 * dice(y, t.double()) + 0.5 * bce(y, t.double()))

    def test_multiclass_gradients_with_label(self):
        args = VARIANTS[-1]
        x, t, label = torch.rand(2, 3, 64, 32), torch.randint(0, 2, (2, 64, 32)), (torch.rand(2, 4) > 0.5).float()
        ce, bce = torch.nn.CrossEntropyLoss(), torch.nn.BCEWithLogitsLoss()
        self.check_gradients(make(args), args, {"input": x, "target": t, "label_target": label}, "ce", lambda y: ce(y[0], t) + bce(y[1], label.double()))
        self.check_gradients(make(args), args, {"input": x, "target": t}, "ce", lambda y: ce(y[0], t))

    def test_multilabel_gradients(self):
        args = dict(encoder_name="resnet18", classes=3)
        x, t = torch.rand(2, 3, 32, 32), (torch.rand(2, 3, 32, 32) > 0.5).float()
        bce = torch.nn.BCEWithLogitsLoss()
        self.check_gradients(make(args), args, {"input": x, "target": t}, "bce", lambda y: bce(y, t.double()))
        self.check_gradients(make(args), args, {"input": x, "target": t}, "bce", lambda y: bce(y, t.double()), "--mode", "multilabel")

    def test_loss_in_evaluation(self):
        args = VARIANTS[0]
        model = make(args)
        x, t = torch.rand(1, 3, 64, 64), (torch.rand(1, 1, 64, 64) > 0.5).float()
        got = self.run_model(self.imported(model, args), {"input": x, "target": t}, "--loss", "bce", "--precision", "f64")
        with torch.no_grad():
            y = model.double()(x.double())
        self.assertLess(abs(got["loss"].item() - torch.nn.BCEWithLogitsLoss()(y, t.double()).item()), 1e-10)
        self.assertEqual(set(got), {"loss", "logits"})
        self.near(got["logits"], y, 1e-10)

    def test_export_loads_strictly(self):
        for args in VARIANTS:
            with self.subTest(args):
                model = make(args)
                m = self.imported(model, args)
                self.secant("export", m, "--out", self.dir / "e.pth")
                self.secant("export", m, "--out", self.dir / "e.safetensors")
                state = torch.load(self.dir / "e.pth", weights_only=True)
                self.assertEqual(list(state), list(model.state_dict()))
                for loaded in (state, safetensors.torch.load_file(self.dir / "e.safetensors")):
                    fresh = make(args, seed=1)
                    fresh.load_state_dict(loaded, strict=True)
                    for k, v in model.state_dict().items():
                        self.assertTrue(torch.equal(fresh.state_dict()[k], v), k)

    def test_saved_folders(self):
        args = VARIANTS[0]
        model = make(args)
        model.save_pretrained(self.dir / "hub")
        self.secant("import", self.dir / "hub", *options(args), "--out", self.dir / "m.safetensors")
        x = torch.rand(1, 3, 32, 32)
        with torch.no_grad():
            self.near(self.run_model(self.dir / "m.safetensors", {"input": x}, "--precision", "f32")["logits"], model(x), 2e-5)

    def test_wrapped_checkpoints(self):
        args = VARIANTS[0]
        model = make(args)
        wrapped = torch.optim.swa_utils.AveragedModel(torch.nn.DataParallel(model))
        torch.save({"epoch": 3, "model": wrapped.state_dict()}, self.dir / "c.pth")
        self.secant("import", self.dir / "c.pth", *options(args), "--out", self.dir / "m.safetensors")
        torch.save(model.half().state_dict(), self.dir / "h.pth")
        self.secant("import", self.dir / "h.pth", *options(args), "--out", self.dir / "m.safetensors")

    def test_what_does_not_fit(self):
        torch.save(make(VARIANTS[0]).state_dict(), self.dir / "w.pth")
        says = self.secant("import", self.dir / "w.pth", "--encoder", "resnet34", "--out", self.dir / "m.safetensors", status=1)
        self.assertIn("'encoder.layer1.2.conv1.weight' is missing", says)
        self.assertFalse((self.dir / "m.safetensors").exists())


if __name__ == "__main__":
    unittest.main()
