"""MindSpore itself, on its CPU backend, against ours: checkpoints and MindIR both ways, U-Nets of its model zoo with the same numbers.

Run by `./dev test --peers` in an environment of its own, with SECANT naming the command. The networks here are written anew from the
description in src/nn/arch_unet_nested.c: enough to hold parameters and to compute."""
import json
import os
import pathlib
import struct
import subprocess
import tempfile
import unittest

import mindspore as ms
import numpy
from mindspore import nn, ops

SECANT = pathlib.Path(os.environ.get("SECANT", "build/release/secant")).resolve()
ms.set_context(mode=ms.GRAPH_MODE, device_target="CPU")
ARCH = ["--arch", "unet_nested", "--feature-scale", "32", "--in-channels", "3", "--classes", "2"]


def secant(*arguments):
    r = subprocess.run([SECANT, *map(str, arguments)], capture_output=True, text=True)
    if r.returncode:
        raise AssertionError(f"secant {' '.join(map(str, arguments))}: {r.stderr}")
    return r.stdout


def write_safetensors(path, **arrays):
    head, blob = {}, b""
    for name, a in arrays.items():
        a = numpy.ascontiguousarray(a, numpy.float32)
        head[name] = {"dtype": "F32", "shape": a.shape, "data_offsets": [len(blob), len(blob) + a.nbytes]}
        blob += a.tobytes()
    text = json.dumps(head).encode()
    pathlib.Path(path).write_bytes(struct.pack("<Q", len(text)) + text + blob)


def read_safetensors(path):
    data = pathlib.Path(path).read_bytes()
    n = struct.unpack("<Q", data[:8])[0]
    types = {"F32": numpy.float32, "I32": numpy.int32, "I64": numpy.int64}
    return {k: numpy.frombuffer(data[8 + n:][slice(*v["data_offsets"])], types[v["dtype"]]).reshape(v["shape"])
            for k, v in json.loads(data[8:8 + n]).items() if k != "__metadata__"}


def block(i, o, norm):
    def one(a):
        return nn.SequentialCell([nn.Conv2d(a, o, 3, pad_mode="same"), *([nn.BatchNorm2d(o)] if norm else []), nn.ReLU()])
    return one(i), one(o)


class Convs(nn.Cell):
    def __init__(self, i, o, norm):
        super().__init__()
        self.convs = nn.CellList(list(block(i, o, norm)))

    def construct(self, x):
        for c in self.convs:
            x = c(x)
        return x


class Up(nn.Cell):
    def __init__(self, i, o, n):
        super().__init__()
        self.conv = Convs(i + (n - 2) * o, o, False)
        self.up_conv = nn.Conv2dTranspose(i, o, 2, stride=2, pad_mode="same")

    def construct(self, high, *low):
        return self.conv(ops.cat((self.up_conv(high),) + low, 1))


class Nested(nn.Cell):
    """Columns of a grid; what is predicted is the last head's."""

    def __init__(self, channels, classes, scale):
        super().__init__()
        f = [64 // scale << i for i in range(5)]
        self.maxpool = nn.MaxPool2d(2, 2)
        for i in range(5):
            setattr(self, f"conv{i}0", Convs(f[i - 1] if i else channels, f[i], True))
        for j in range(1, 5):
            for i in range(5 - j):
                setattr(self, f"up_concat{i}{j}", Up(f[i + 1], f[i], j + 1))
        for j in range(1, 5):
            setattr(self, f"final{j}", nn.Conv2d(f[0], classes, 1, pad_mode="same"))

    def construct(self, x):
        x00 = self.conv00(x)
        x10 = self.conv10(self.maxpool(x00))
        x20 = self.conv20(self.maxpool(x10))
        x30 = self.conv30(self.maxpool(x20))
        x40 = self.conv40(self.maxpool(x30))
        x01, x11 = self.up_concat01(x10, x00), self.up_concat11(x20, x10)
        x21, x31 = self.up_concat21(x30, x20), self.up_concat31(x40, x30)
        x02, x12 = self.up_concat02(x11, x00, x01), self.up_concat12(x21, x10, x11)
        x22 = self.up_concat22(x31, x20, x21)
        x03, x13 = self.up_concat03(x12, x00, x01, x02), self.up_concat13(x22, x10, x11, x12)
        return self.final4(self.up_concat04(x13, x00, x01, x02, x03))


class Ending(nn.Cell):
    def __init__(self, net):
        super().__init__()
        self.net = net

    def construct(self, x):
        y = ops.transpose(self.net(x), (0, 2, 3, 1))
        return ops.softmax(y, -1), ops.Argmax(axis=-1)(y)


def seeded():
    net = Nested(3, 2, 32)
    rng = numpy.random.default_rng(7)
    for p in net.get_parameters():
        n = p.asnumpy()
        v = 0.4 * rng.standard_normal(n.shape)
        if p.name.endswith(("gamma", "moving_variance")):
            v = 1 + 0.2 * rng.random(n.shape)
        p.set_data(ms.Tensor(v.astype(numpy.float32)))
    net.set_train(False)
    return net


class MindSpore(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.dir = pathlib.Path(self.folder.name)
        self.net = seeded()
        self.x = numpy.random.default_rng(3).standard_normal((1, 3, 64, 48)).astype(numpy.float32)
        self.wanted = self.net(ms.Tensor(self.x)).asnumpy()
        ms.save_checkpoint(self.net, str(self.dir / "theirs.ckpt"))
        secant("import", self.dir / "theirs.ckpt", *ARCH, "--normalize", "none", "--channel-order", "rgb", "--out", self.dir / "m.safetensors")

    def tearDown(self):
        self.folder.cleanup()

    def near(self, got, wanted):
        self.assertEqual(got.shape, wanted.shape)
        self.assertLess(numpy.abs(got - wanted).max(), 1e-5 * max(1, numpy.abs(wanted).max()))

    def test_their_checkpoint_gives_their_numbers(self):
        write_safetensors(self.dir / "in.safetensors", input=self.x)
        secant("run", self.dir / "m.safetensors", self.dir / "in.safetensors", self.dir / "out.safetensors")
        self.near(read_safetensors(self.dir / "out.safetensors")["logits"], self.wanted)

    def test_they_load_our_checkpoint(self):
        secant("export", self.dir / "m.safetensors", "--channel-order", "rgb", "--out", self.dir / "ours.ckpt")
        other = Nested(3, 2, 32)
        missing, left = ms.load_param_into_net(other, ms.load_checkpoint(str(self.dir / "ours.ckpt")), strict_load=True)
        self.assertEqual((missing, left), ([], []))
        other.set_train(False)
        self.near(other(ms.Tensor(self.x)).asnumpy(), self.wanted)

    def test_checkpoints_of_theirs_that_are_special(self):
        for name, more in [("crc", {"crc_check": True}), ("text", {"append_dict": {"epoch": 3, "loss": 0.25, "best": True, "name": "unet"}})]:
            ms.save_checkpoint(self.net, str(self.dir / f"{name}.ckpt"), **more)
            secant("import", self.dir / f"{name}.ckpt", *ARCH, "--channel-order", "rgb", "--out", self.dir / f"{name}.safetensors")
        ms.save_checkpoint(self.net, str(self.dir / "secret.ckpt"), enc_key=b"0123456789ABCDEF", enc_mode="AES-GCM")
        r = subprocess.run([SECANT, "import", self.dir / "secret.ckpt", *ARCH, "--out", self.dir / "x.safetensors"], capture_output=True, text=True)
        self.assertEqual(r.returncode, 1)
        self.assertIn("encrypted by MindSpore (AES-GCM)", r.stderr)

    def test_they_load_our_mindir(self):
        secant("export", self.dir / "m.safetensors", "--channel-order", "rgb", "--width", 48, "--height", 64, "--out", self.dir / "ours.mindir")
        softmax, argmax = nn.GraphCell(ms.load(str(self.dir / "ours.mindir")))(ms.Tensor(self.x))
        theirs = Ending(self.net)(ms.Tensor(self.x))
        self.near(softmax.asnumpy(), theirs[0].asnumpy())
        self.assertEqual((argmax.asnumpy() != theirs[1].asnumpy()).sum(), 0)

    def test_we_load_their_mindir(self):
        ending = Ending(self.net)
        ending.set_train(False)
        ms.export(ending, ms.Tensor(self.x), file_name=str(self.dir / "theirs"), file_format="MINDIR")
        theirs = ending(ms.Tensor(self.x))
        write_safetensors(self.dir / "in.safetensors", x=self.x)
        secant("run", self.dir / "theirs.mindir", self.dir / "in.safetensors", self.dir / "out.safetensors")
        got = list(read_safetensors(self.dir / "out.safetensors").values())
        softmax = next(a for a in got if a.ndim == 4)
        self.near(softmax, theirs[0].asnumpy())


if __name__ == "__main__":
    unittest.main(verbosity=1)
