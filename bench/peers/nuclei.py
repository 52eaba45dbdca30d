"""The twin of docs/results.md: Unet-resnet34 from scratch on an ImageFolder with PyTorch and segmentation_models.pytorch.

    python bench/peers/nuclei.py DATA --seed 0 --precision bf16 --out twin.jsonl
    python bench/peers/nuclei.py DATA --full --encoder resnet18 --epochs 14 --threads 1

Same recipe as `secant train` there: 256x256, batch 8, AdamW 1e-3 (decay 1e-2), cosine to 0 a step an epoch, 0.5 dice + 0.5 bce, flips and
quarter turns, x/255 * 3.2 - 1.6. Prints a JSON line an epoch: IoU with running statistics ("raw") and, at the last epoch, with statistics
recalibrated over the training pictures ("recalibrated").

--plain is the loop that people write, for times: running statistics alone, and a file of the weights an epoch.

--full is the recipe with everything: decoder channels 128,64,32,16,16, random crops of 128, warm restarts after 2 and 6 epochs (least rate
1e-5), hue-saturation-value and shift-scale-rotate of albumentations, norms recalibrated over 4 batches, the average of the weights after the last 4 epochs ("averaged"), and that with all turns and
mirrorings of each picture ("views"), judged at the last epoch only.
"""
import argparse, copy, json, os, resource, tempfile, time
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


def crop(size):
    """What albumentations makes of a picture as `secant train` is told to: bytes in, bytes out."""
    import albumentations, cv2
    cv2.setNumThreads(0)
    return albumentations.Compose([
        albumentations.RandomCrop(size, size), albumentations.HorizontalFlip(p=0.5), albumentations.VerticalFlip(p=0.5),
        albumentations.RandomRotate90(p=0.5), albumentations.ShiftScaleRotate(shift_limit=0.0625, scale_limit=0.1, rotate_limit=45, border_mode=cv2.BORDER_REFLECT, p=0.5),
        albumentations.HueSaturationValue(20, 30, 20, p=0.5)])


def cropped(transform, x, y):
    got = transform(image=numpy.round((x.permute(1, 2, 0).numpy() + 1.6) / 3.2 * 255).astype("uint8"), mask=y[0].numpy())
    return torch.from_numpy(got["image"]).permute(2, 0, 1).float() / 255 * 3.2 - 1.6, torch.from_numpy(got["mask"])[None]


def views(net, x):
    """Mean probability over the eight turns and mirrorings, less a half."""
    total = 0
    for k in range(4):
        for mirror in (False, True):
            seen = x.rot90(k, (2, 3))
            p = net(seen.flip(3) if mirror else seen).float().sigmoid()
            total = total + (p.flip(3) if mirror else p).rot90(-k, (2, 3))
    return total / 8 - 0.5


def evaluate(net, x, y, autocast, look=lambda net, x: net(x)):
    net.eval()
    inter = union = 0
    with torch.no_grad(), autocast():
        for i in range(0, len(x), 8):
            p = look(net, x[i:i + 8].contiguous(memory_format=torch.channels_last)) > 0
            t = y[i:i + 8] > 0
            inter += int((p & t).sum())
            union += int((p | t).sum())
    return inter / union


def recalibrated(net, x, autocast, batches=16, size=256):
    net = copy.deepcopy(net)
    for m in net.modules():
        if isinstance(m, torch.nn.BatchNorm2d):
            m.reset_running_stats()
            m.momentum = None
    net.train()
    with torch.no_grad(), autocast():
        for i in range(batches):
            net(x[8 * i:8 * i + 8, :, :size, :size].contiguous(memory_format=torch.channels_last))
    return net


def main():
    p = argparse.ArgumentParser()
    p.add_argument("data")
    p.add_argument("--seed", type=int, default=0)
    p.add_argument("--precision", default="bf16", choices=["bf16", "f32"])
    p.add_argument("--epochs", type=int, default=12)
    p.add_argument("--encoder", default="resnet34")
    p.add_argument("--threads", type=int, default=2)
    p.add_argument("--full", action="store_true")
    p.add_argument("--plain", action="store_true")
    p.add_argument("--out")
    a = p.parse_args()
    torch.set_num_threads(a.threads)
    torch.manual_seed(a.seed)
    rng = numpy.random.default_rng(a.seed)
    autocast = lambda: torch.autocast("cpu", torch.bfloat16, enabled=a.precision == "bf16")
    x, y = load(f"{a.data}/train")
    vx, vy = load(f"{a.data}/val")
    net = smp.Unet(a.encoder, encoder_weights=None, classes=1, decoder_channels=(128, 64, 32, 16, 16) if a.full else (256, 128, 64, 32, 16)).to(memory_format=torch.channels_last)
    optimizer = torch.optim.AdamW(net.parameters(), 1e-3, weight_decay=1e-2)
    schedule = torch.optim.lr_scheduler.CosineAnnealingWarmRestarts(optimizer, 2, 2, 1e-5) if a.full else torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, a.epochs)
    averaged, size, transform = torch.optim.swa_utils.AveragedModel(net), 128 if a.full else 256, crop(128) if a.full else None
    dice, bce = smp.losses.DiceLoss("binary"), torch.nn.BCEWithLogitsLoss()
    for epoch in range(a.epochs):
        start = time.monotonic()
        net.train()
        order = rng.permutation(len(x))
        for i in range(len(x) // 8):
            pairs = [cropped(transform, x[k], y[k]) if a.full else augment(x[k], y[k], rng) for k in order[8 * i:8 * i + 8]]
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
        if epoch >= a.epochs - 4:
            averaged.update_parameters(net)
        if a.full and epoch + 1 < a.epochs:
            continue
        if a.plain:
            print(json.dumps({"epoch": epoch + 1, "loss": loss.item(), "raw": evaluate(net, vx, vy, autocast), "seconds": time.monotonic() - start}), flush=True)
            torch.save(net.state_dict(), f"{tempfile.gettempdir()}/nuclei-plain-{os.getpid()}.pth")
            continue
        line = {"epoch": epoch + 1, "loss": loss.item(), "raw": evaluate(net, vx, vy, autocast), "recalibrated": evaluate(recalibrated(net, x, autocast, 4 if a.full else 16, size), vx, vy, autocast),
                "seconds": seconds, "peak_bytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024}
        used = resource.getrusage(resource.RUSAGE_SELF)
        line["cpu_seconds"] = used.ru_utime + used.ru_stime
        if a.full:
            mean = recalibrated(averaged.module, x, autocast, 4, size)
            line.update(averaged=evaluate(mean, vx, vy, autocast), views=evaluate(mean, vx, vy, autocast, views))
        text = json.dumps(line)
        print(text, flush=True)
        if a.out:
            with open(a.out, "a") as f:
                f.write(text + "\n")
    if a.plain:
        os.unlink(f"{tempfile.gettempdir()}/nuclei-plain-{os.getpid()}.pth")


if __name__ == "__main__":
    main()
