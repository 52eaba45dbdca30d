"""The twin of docs/results.md: Unet-resnet34 from scratch on an ImageFolder with PyTorch and segmentation_models.pytorch.

    python bench/peers/nuclei.py DATA --seed 0 --precision bf16 --out twin.jsonl

Same recipe as `secant train` there: 256x256, batch 8, AdamW 1e-3 (decay 1e-2), cosine to 0 a step an epoch, 0.5 dice + 0.5 bce, flips and
quarter turns, x/255 * 3.2 - 1.6. Prints a JSON line an epoch: IoU with running statistics ("raw") and, at the last epoch, with statistics
recalibrated over the training pictures ("recalibrated").
"""
import argparse, copy, json, os, resource, time
import numpy, torch
from PIL import Image
import segmentation_models_pytorch as smp


def load(folder):
    names = sorted(os.listdir(f"{folder}/images"))
    x = numpy.stack([numpy.asarray(Image.open(f"{folder}/images/{n}").convert("RGB")) for n in names])
    y = numpy.stack([numpy.asarray(Image.open(f"{folder}/labels/{os.path.splitext(n)[0]}.png").convert("L")) for n in names])
    return torch.from_numpy(x).permute(0, 3, 1, 2).float() / 255 * 3.2 - 1.6, torch.from_numpy(y > 127).float()[:, None]


def augment(x, y, rng):
    for axis in (2, 3):
        if rng.random() < 0.5:
            x, y = x.flip(axis - 1), y.flip(axis - 1)
    k = int(rng.integers(4))
    return x.rot90(k, (1, 2)), y.rot90(k, (1, 2))


def evaluate(net, x, y, autocast):
    net.eval()
    inter = union = 0
    with torch.no_grad(), autocast():
        for i in range(0, len(x), 8):
            p = net(x[i:i + 8].contiguous(memory_format=torch.channels_last)) > 0
            t = y[i:i + 8] > 0
            inter += int((p & t).sum())
            union += int((p | t).sum())
    return inter / union


def recalibrated(net, x, autocast, batches=16):
    net = copy.deepcopy(net)
    for m in net.modules():
        if isinstance(m, torch.nn.BatchNorm2d):
            m.reset_running_stats()
            m.momentum = None
    net.train()
    with torch.no_grad(), autocast():
        for i in range(batches):
            net(x[8 * i:8 * i + 8].contiguous(memory_format=torch.channels_last))
    return net


def main():
    p = argparse.ArgumentParser()
    p.add_argument("data")
    p.add_argument("--seed", type=int, default=0)
    p.add_argument("--precision", default="bf16", choices=["bf16", "f32"])
    p.add_argument("--epochs", type=int, default=12)
    p.add_argument("--encoder", default="resnet34")
    p.add_argument("--threads", type=int, default=2)
    p.add_argument("--out")
    a = p.parse_args()
    torch.set_num_threads(a.threads)
    torch.manual_seed(a.seed)
    rng = numpy.random.default_rng(a.seed)
    autocast = lambda: torch.autocast("cpu", torch.bfloat16, enabled=a.precision == "bf16")
    x, y = load(f"{a.data}/train")
    vx, vy = load(f"{a.data}/val")
    net = smp.Unet(a.encoder, encoder_weights=None, classes=1).to(memory_format=torch.channels_last)
    optimizer = torch.optim.AdamW(net.parameters(), 1e-3, weight_decay=1e-2)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, a.epochs)
    dice, bce = smp.losses.DiceLoss("binary"), torch.nn.BCEWithLogitsLoss()
    for epoch in range(a.epochs):
        start = time.monotonic()
        net.train()
        order = rng.permutation(len(x))
        for i in range(len(x) // 8):
            pairs = [augment(x[k], y[k], rng) for k in order[8 * i:8 * i + 8]]
            bx = torch.stack([q[0] for q in pairs]).contiguous(memory_format=torch.channels_last)
            by = torch.stack([q[1] for q in pairs])
            with autocast():
                z = net(bx)
            z = z.float()
            loss = 0.5 * dice(z, by) + 0.5 * bce(z, by)
            optimizer.zero_grad(set_to_none=True)
            loss.backward()
            optimizer.step()
        schedule.step()
        seconds = time.monotonic() - start
        line = {"epoch": epoch + 1, "loss": loss.item(), "raw": evaluate(net, vx, vy, autocast), "recalibrated": evaluate(recalibrated(net, x, autocast), vx, vy, autocast),
                "seconds": seconds, "peak_bytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024}
        text = json.dumps(line)
        print(text, flush=True)
        if a.out:
            with open(a.out, "a") as f:
                f.write(text + "\n")


if __name__ == "__main__":
    main()
