#!/usr/bin/env python3
"""The zoo's training in MindSpore on the CPU, as a twin of `secant train --preset unet-inspection`: the same pictures, sizes, augmentation,
loss, Adam and score, in an environment of its own (tests/peers/mindspore/requirements.txt and pillow).

    zoo_mindspore.py prepare SOURCE FOLDER      pictures of train/ and val/ as a folder for each sample, so that the split of 0.8 is the same
    zoo_mindspore.py train FOLDER --epochs 5 [--network nested --size 96 --batch 16 --channels 3 --rate 3e-4 --repeat 1 --seed 0]

The network is unet_nested, or unet_medical (--network medical: the size is that of what is labelled). The last line of `train` is JSON: seconds of a step, pictures a second, and the mean soft dice of the validation pictures.
"""
import argparse
import json
import os
import statistics
import sys
import time

import numpy
from PIL import Image


def prepare(source, folder):
    pairs = []
    for split in ("train", "val"):
        images = sorted(os.listdir(f"{source}/{split}/images"))
        pairs += [(f"{source}/{split}/images/{n}", f"{source}/{split}/labels/{os.path.splitext(n)[0]}.png") for n in images]
    for i, (image, label) in enumerate(pairs):
        os.makedirs(f"{folder}/{i:04d}", exist_ok=True)
        Image.open(image).convert("RGB").save(f"{folder}/{i:04d}/image.png")
        mask = numpy.asarray(Image.open(label).convert("L"))
        Image.fromarray(((mask > 0) * 255).astype("uint8")).save(f"{folder}/{i:04d}/mask.png")
    print(len(pairs))


def samples_of(folder, size, channels, first, last):
    """Pictures in blue, green, red, -1 to 1, and classes."""
    names = sorted(os.listdir(folder))
    for n in names[int(first * len(names)):int(last * len(names))]:
        im = Image.open(f"{folder}/{n}/image.png").convert("L" if channels == 1 else "RGB").resize((size, size), Image.BILINEAR)
        mask = Image.open(f"{folder}/{n}/mask.png").resize((size, size), Image.BILINEAR)
        x = numpy.asarray(im, "float32").reshape(size, size, channels)[:, :, ::-1]
        yield (x - 127.5) / 127.5, (numpy.asarray(mask, "float32") > 127.5).astype("int32")


def augmented(x, y, size, rng):
    """Up to half as large again each way, a part of the first size cut out of it, with an even chance turned over."""
    high, wide = (int(size * rng.uniform(1, 1.5)) for _ in range(2))
    rows, columns = (numpy.minimum((numpy.arange(n) + 0.5) * size / n, size - 1).astype(int) for n in (high, wide))
    top, left = rng.integers(0, high - size + 1), rng.integers(0, wide - size + 1)
    rows, columns = rows[top:top + size], columns[left:left + size]
    x, y = x[rows][:, columns], y[rows][:, columns]
    if rng.random() < 0.5:
        how = rng.integers(-1, 2)
        axes = (0,) if how == 0 else (1,) if how == 1 else (0, 1)
        x, y = numpy.flip(x, axes), numpy.flip(y, axes)
    return x, y


def medical(channels, classes):
    """unet_medical: pictures 92 pixels larger each way than what is labelled, weights from N(0, 0.06) as MindSpore makes them on the CPU."""
    from mindspore import nn, ops

    def double(i, o):
        conv = [nn.Conv2d(a, o, 3, pad_mode="valid", has_bias=True, weight_init=TruncatedNormal(0.06), bias_init="zeros") for a in (i, o)]
        return nn.SequentialCell([conv[0], nn.ReLU(), conv[1], nn.ReLU()])

    from mindspore.common.initializer import TruncatedNormal

    class Medical(nn.Cell):
        def __init__(self):
            super().__init__()
            self.down = nn.CellList([double(64 << (i - 1) if i else channels, 64 << i) for i in range(5)])
            self.up = nn.CellList([nn.Conv2dTranspose(128 << i, 64 << i, 2, stride=2, pad_mode="same", weight_init="normal") for i in (3, 2, 1, 0)])
            self.conv = nn.CellList([double(128 << i, 64 << i) for i in (3, 2, 1, 0)])
            self.out = nn.Conv2d(64, classes, 1, has_bias=True, weight_init=TruncatedNormal(0.06), bias_init="zeros")
            self.pool = nn.MaxPool2d(2, 2)

        def construct(self, x):
            skips = ()
            for i in range(5):
                x = self.down[i](self.pool(x) if i else x)
                skips += (x,)
            for i, cut in enumerate((4, 16, 40, 88)):
                skip = skips[3 - i]
                x = ops.cat((ops.relu(self.up[i](x)), skip[:, :, cut:skip.shape[2] - cut, cut:skip.shape[3] - cut]), 1)
                x = self.conv[i](x)
            return self.out(x)

    return Medical()


def train(o):
    import mindspore as ms
    from mindspore import nn, ops
    sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../tests/peers/mindspore"))
    import check
    ms.set_context(mode=ms.GRAPH_MODE, device_target="CPU")
    ms.set_seed(o.seed)
    rng = numpy.random.default_rng(o.seed)
    net = medical(o.channels, 2) if o.network == "medical" else check.Nested(o.channels, 2, 2)
    border = 92 if o.network == "medical" else 0
    for _, cell in net.cells_and_names():
        if o.network == "nested" and isinstance(cell, (nn.Conv2d, nn.Conv2dTranspose)):
            cell.weight.set_data(ms.common.initializer.initializer("normal", cell.weight.shape))
    train_set, val_set = (list(samples_of(o.folder, o.size, o.channels, a, b)) for a, b in ((0, 0.8), (0.8, 1)))
    decayed = [p for p in net.trainable_params() if "gamma" not in p.name and "beta" not in p.name]
    other = [p for p in net.trainable_params() if "gamma" in p.name or "beta" in p.name]
    groups = [{"params": decayed, "weight_decay": 5e-4}, {"params": other, "weight_decay": 0.0}]
    adam = nn.Adam([g for g in groups if g["params"]], learning_rate=o.rate)

    def loss_of(x, y):
        logits = ops.transpose(net(x), (0, 2, 3, 1)).reshape(-1, 2)
        return ops.cross_entropy(logits, y.reshape(-1))

    step_of = ops.value_and_grad(loss_of, None, adam.parameters)  # the optimiser's order: group by group

    @ms.jit
    def step(x, y):
        loss, grads = step_of(x, y)
        adam(grads)
        return loss

    def tensor(pictures):
        """N, C, H, W with middle grey around."""
        return ms.Tensor(numpy.ascontiguousarray(numpy.pad(numpy.stack(pictures), ((0, 0), (border, border), (border, border), (0, 0))).transpose(0, 3, 1, 2)))

    def dice():
        net.set_train(False)
        scores = []
        for x, y in val_set:
            p = ops.softmax(net(tensor([x])), 1).asnumpy()[0]
            t = numpy.stack([1 - y, y]).astype("float32")
            scores.append(2 * (p * t).sum() / ((p * p).sum() + (t * t).sum() + 1e-6))
        net.set_train(True)
        return float(numpy.mean(scores))

    net.set_train(True)
    times, curve = [], []
    for epoch in range(o.epochs):
        order = numpy.concatenate([rng.permutation(len(train_set)) for _ in range(o.repeat)])
        for at in range(0, len(order) - o.batch + 1, o.batch):
            batch = [augmented(*train_set[i], o.size, rng) for i in order[at:at + o.batch]]
            x = tensor([b[0] for b in batch])
            y = ms.Tensor(numpy.ascontiguousarray(numpy.stack([b[1] for b in batch])))
            start = time.perf_counter()
            loss = float(step(x, y).asnumpy())
            times.append(time.perf_counter() - start)
        curve.append(round(dice(), 4))
        print(f"epoch {epoch + 1}: loss {loss:.4f} dice {curve[-1]}", file=sys.stderr)
    median = statistics.median(times[1:])
    print(json.dumps({"mindspore": ms.__version__, "step_seconds": median, "pictures_a_second": o.batch / median, "dice": curve[-1], "best": max(curve), "curve": curve}))


def main():
    p = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    verbs = p.add_subparsers(dest="verb", required=True)
    one = verbs.add_parser("prepare")
    one.add_argument("source")
    one.add_argument("folder")
    two = verbs.add_parser("train")
    two.add_argument("folder")
    two.add_argument("--network", choices=("nested", "medical"), default="nested")
    for name, kind, value in (("size", int, 96), ("batch", int, 16), ("channels", int, 3), ("rate", float, 3e-4), ("epochs", int, 5), ("repeat", int, 1), ("seed", int, 0)):
        two.add_argument(f"--{name}", type=kind, default=value)
    o = p.parse_args()
    prepare(o.source, o.folder) if o.verb == "prepare" else train(o)


if __name__ == "__main__":
    main()
