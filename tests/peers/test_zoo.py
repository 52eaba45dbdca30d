"""Networks of segmentation_models.pytorch, one of each family of encoders and each option that changes numbers: logits in float32, and
loss, gradients and running statistics of a training step, against PyTorch's in double and as near as PyTorch's own float32 is.

Run by `./dev test --peers` with SECANT naming the command. Needs torch, timm, segmentation-models-pytorch, safetensors. SECANT_ZOO=PART
takes the networks whose description holds PART."""
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
NETWORKS = [
    ("Unet", dict(encoder_name="tu-swin_tiny_patch4_window7_224", img_size=64), (64, 64)),
    ("UPerNet", dict(encoder_name="tu-swin_s3_tiny_224", img_size=96, in_channels=4), (96, 96)),
    ("Unet", dict(encoder_name="tu-seresnet18"), (64, 96)),
    ("DeepLabV3", dict(encoder_name="tu-ecaresnet26t"), (64, 64)),
    ("FPN", dict(encoder_name="tu-resnetaa34d", decoder_merge_policy="cat"), (64, 64)),
    ("Unet", dict(encoder_name="tu-resnetrs50"), (64, 64)),
    ("Linknet", dict(encoder_name="tu-mobilenetv4_conv_small", decoder_use_norm="identity"), (64, 64)),
    ("MAnet", dict(encoder_name="tu-convnextv2_atto", decoder_pab_channels=16), (64, 64)),
    ("PSPNet", dict(encoder_name="tu-regnety_002", psp_out_channels=64, encoder_depth=4, upsampling=16), (64, 64)),
    ("PAN", dict(encoder_name="tu-resnet10t", encoder_depth=3, decoder_interpolation="nearest-exact"), (128, 64)),
    ("FPN", dict(encoder_name="tu-convnext_zepto_rms_ols", in_channels=2), (64, 64)),
    ("DeepLabV3Plus", dict(encoder_name="tu-convnext_atto_rms", encoder_output_stride=16), (64, 64)),
    ("Unet", dict(encoder_name="tu-regnety_008_tv"), (64, 64)),
    ("Unet", dict(encoder_name="tu-hrnet_w18_small", classes=3), (64, 64)),
    ("DPT", dict(encoder_name="tu-deit3_small_patch16_224", img_size=64), (64, 64)),
    ("DPT", dict(encoder_name="tu-vit_small_patch32_224", img_size=128, decoder_readout="ignore"), (128, 128)),
    ("DPT", dict(encoder_name="tu-vit_tiny_patch16_224", img_size=64, encoder_output_indices=[-1, 3, 5, 7]), (64, 64)),
]


def make(arch, args):
    torch.manual_seed(0)
    model = getattr(smp, arch)(encoder_weights=None, **args)
    for name, value in model.state_dict().items():  # statistics that are not the identity
        if name.endswith("running_mean"):
            value.uniform_(-0.1, 0.1)
        elif name.endswith("running_var"):
            value.uniform_(0.75, 1.25)
        elif name.endswith(".weight") and value.dim() == 1:
            value.uniform_(0.9, 1.1)
    for module in model.modules():
        for name in ("p", "drop_prob"):
            if isinstance(getattr(module, name, None), float):
                setattr(module, name, 0.0)
    return model.eval()


class Zoo(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.dir = pathlib.Path(self.folder.name)

    def tearDown(self):
        self.folder.cleanup()

    def secant(self, *args):
        r = subprocess.run([SECANT, *map(str, args)], capture_output=True, text=True)
        self.assertEqual(r.returncode, 0, r.stderr)

    def run_model(self, tensors, *args):
        safetensors.torch.save_file(tensors, self.dir / "in.safetensors")
        self.secant("run", self.dir / "m.safetensors", self.dir / "in.safetensors", self.dir / "out.safetensors", "--precision", "f32", *args)
        return safetensors.torch.load_file(self.dir / "out.safetensors")

    def step(self, arch, args, state, x, t, dtype):
        model = make(arch, args)
        model.load_state_dict(state)
        model = model.to(dtype).train()
        y = model(x.to(dtype))
        if y.shape[1] == 1:
            loss = torch.nn.functional.binary_cross_entropy_with_logits(y, t.to(dtype))
        else:
            loss = torch.nn.functional.cross_entropy(y, t)
        loss.backward()
        return loss.item(), {k: p.grad.double() for k, p in model.named_parameters() if p.grad is not None}

    def check(self, arch, args, size):
        model = make(arch, args)
        state = {k: v.clone() for k, v in model.state_dict().items()}
        model.save_pretrained(self.dir / "folder")
        self.secant("import", self.dir / "folder", "--out", self.dir / "m.safetensors")
        x = torch.rand(2, args.get("in_channels", 3), *size, generator=torch.Generator().manual_seed(1)) * 2 - 1
        classes = args.get("classes", 1)
        t = torch.randint(0, 2 if classes == 1 else classes, (2, *size), generator=torch.Generator().manual_seed(2))
        t = t[:, None].float() if classes == 1 else t
        with torch.no_grad():
            single, double = model(x), model.double()(x.double())
        got = self.run_model({"input": x})["logits"]
        apart = (got - double).abs().max().item()
        self.assertLessEqual(apart, max(2e-5 * max(1, double.abs().max().item()), 10 * (single - double).abs().max().item()))
        got = self.run_model({"input": x, "target": t}, "--loss", "bce" if classes == 1 else "ce", "--gradients")
        loss, grads = self.step(arch, args, state, x, t, torch.float64)
        loss32, grads32 = self.step(arch, args, state, x, t, torch.float32)
        self.assertLessEqual(abs(got["loss"].item() - loss), max(1e-5, 10 * abs(loss32 - loss)))
        total = sum(g.norm() ** 2 for g in grads.values()) ** 0.5
        ours = sum((got["grad:" + k] - g).norm() ** 2 for k, g in grads.items()) ** 0.5 / total
        theirs = sum((grads32[k] - g).norm() ** 2 for k, g in grads.items()) ** 0.5 / total
        # a relu that falls on the other side moves gradients by some thousandths, in PyTorch as here
        self.assertLessEqual(ours.item(), max(3e-2, 10 * theirs.item()))
        self.secant("export", self.dir / "m.safetensors", "--out", str(self.dir / "back") + "/")
        back = smp.from_pretrained(self.dir / "back").eval()
        with torch.no_grad():
            self.assertTrue(torch.equal(back(x), single))

    def test_networks(self):
        for arch, args, size in NETWORKS:
            if os.environ.get("SECANT_ZOO", "") in f"{arch} {json.dumps(args)}":
                with self.subTest(f"{arch} {args}"):
                    self.check(arch, args, size)


if __name__ == "__main__":
    unittest.main()
