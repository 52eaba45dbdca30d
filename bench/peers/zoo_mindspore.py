#!/usr/bin/env python3
"""The zoo's training in MindSpore on the CPU, as a twin of `secant train --preset unet-inspection`: the same pictures, sizes, augmentation,
loss, Adam and score, in an environment of its own (tests/peers/mindspore/requirements.txt and pillow).

    zoo_mindspore.py prepare SOURCE FOLDER      pictures of train/ and val/ as a folder for each sample, so that the split of 0.8 is the same
    zoo_mindspore.py train FOLDER --epochs 5 [--repeat 1 --size 96 --batch 16 --channels 3 --seed 0]

The network is unet_nested. The last line of `train` is JSON: seconds of a step, pictures a second, and the mean soft dice of the validation pictures.
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


def train(o):
    import mindspore as ms
    from mindspore import nn, ops
    sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../tests/peers/mindspore"))
    import check
    ms.set_context(mode=ms.GRAPH_MODE, device_target="CPU")
    ms.set_seed(o.seed)
    rng = numpy.random.default_rng(o.seed)
    net = check.Nested(o.channels, 2, 2)
    for _, cell in net.cells_and_names():
        if isinstance(cell, (nn.Conv2d, nn.Conv2dTranspose)):
            cell.weight.set_data(ms.common.initializer.initializer("normal", cell.weight.shape))
    train_set, val_set = (list(samples_of(o.folder, o.size, o.channels, a, b)) for a, b in ((0, 0.8), (0.8, 1)))
    decayed = [p for p in net.trainable_params() if "gamma" not in p.name and "beta" not in p.name]
    other = [p for p in net.trainable_params() if "gamma" in p.name or "beta" in p.name]
    adam = nn.Adam([{"params": decayed, "weight_decay": 5e-4}, {"params": other, "weight_decay": 0.0}], learning_rate=3e-4)

    def loss_of(x, y):
        logits = ops.transpose(net(x), (0, 2, 3, 1)).reshape(-1, 2)
        return ops.cross_entropy(logits, y.reshape(-1))

    step_of = ops.value_and_grad(loss_of, None, adam.parameters)  # the optimiser's order: group by group

    @ms.jit
    def step(x, y):
        loss, grads = step_of(x, y)
        adam(grads)
        return loss

    def dice():
        net.set_train(False)
        scores = []
        for x, y in val_set:
            p = ops.softmax(net(ms.Tensor(numpy.ascontiguousarray(x.transpose(2, 0, 1)[None]))), 1).asnumpy()[0]
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
            x = ms.Tensor(numpy.ascontiguousarray(numpy.stack([b[0] for b in batch]).transpose(0, 3, 1, 2)))
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
    for name, kind, value in (("size", int, 96), ("batch", int, 16), ("channels", int, 3), ("epochs", int, 5), ("repeat", int, 1), ("seed", int, 0)):
        two.add_argument(f"--{name}", type=kind, default=value)
    o = p.parse_args()
    prepare(o.source, o.folder) if o.verb == "prepare" else train(o)


if __name__ == "__main__":
    main()
