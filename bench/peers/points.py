"""The twins of docs/results.md for clouds: PointNet with PyTorch, by the same recipe as `secant train` there.

    python bench/peers/points.py mnist DATA       sets of 256 points, a class each; --net pointnet2: PointNet++ (one scale) instead of PointNet
    python bench/peers/points.py few DATA OUT     the first --training and --testing digits of DATA as a data set, for both sides
    python bench/peers/points.py parts DATA       ShapeNet parts, all categories, a class for each point; scored among the category's parts
    python bench/peers/points.py lidar WEST EAST  two LAS files: 10 m columns of WEST, judged on every point of EAST
    python bench/peers/points.py shapes DATA      folders CLASS/{train,test}/*.off

Options: --epochs, --batch, --points, --rate, --seed, --threads. Adam, cosine to 0 over all steps, points drawn without replacement, mean to
the origin, radius 1. Prints a JSON line an epoch with loss, score, and the processor's seconds so far, with and without the judging.
Run it with MALLOC_MMAP_THRESHOLD_=4294967296 MALLOC_TRIM_THRESHOLD_=4294967296 MALLOC_TOP_PAD_=268435456: otherwise glibc maps and unmaps
the memory of every large tensor, and half of the time goes to the system.
"""
import argparse, glob, gzip, json, os, pathlib, resource, sys
import numpy as np
import torch
from torch import nn
import torch.nn.functional as F

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "tests/peers/twins"))

class TNet(nn.Module):
    def __init__(self, inputs, k):
        super().__init__()
        self.k = k
        self.point = nn.Sequential(*[m for a, b in ((inputs, 64), (64, 128), (128, 1024)) for m in (nn.Conv1d(a, b, 1), nn.BatchNorm1d(b), nn.ReLU())])
        self.whole = nn.Sequential(nn.Linear(1024, 512), nn.BatchNorm1d(512), nn.ReLU(), nn.Linear(512, 256), nn.BatchNorm1d(256), nn.ReLU(), nn.Linear(256, k * k))

    def forward(self, x):
        return self.whole(self.point(x).amax(2)).view(-1, self.k, self.k) + torch.eye(self.k)


class PointNet(nn.Module):
    """A class for each cloud, or for each point."""
    def __init__(self, inputs, classes, dense):
        super().__init__()
        self.dense, self.stn = dense, TNet(inputs, 3)
        self.a = nn.Sequential(nn.Conv1d(inputs, 64, 1), nn.BatchNorm1d(64), nn.ReLU())
        self.b = nn.Sequential(nn.Conv1d(64, 128, 1), nn.BatchNorm1d(128), nn.ReLU(), nn.Conv1d(128, 1024, 1), nn.BatchNorm1d(1024))
        if dense:
            self.head = nn.Sequential(*[m for a, b in ((1088, 512), (512, 256), (256, 128)) for m in (nn.Conv1d(a, b, 1), nn.BatchNorm1d(b), nn.ReLU())], nn.Conv1d(128, classes, 1))
        else:
            self.head = nn.Sequential(nn.Linear(1024, 512), nn.BatchNorm1d(512), nn.ReLU(), nn.Linear(512, 256), nn.Dropout(0.3), nn.BatchNorm1d(256), nn.ReLU(), nn.Linear(256, classes))

    def forward(self, x):                                    # N x C x P
        xyz = torch.bmm(x[:, :3].transpose(1, 2), self.stn(x)).transpose(1, 2)
        local = self.a(torch.cat((xyz, x[:, 3:]), 1))
        whole = self.b(local).amax(2)
        if not self.dense:
            return self.head(whole)
        return self.head(torch.cat((whole[:, :, None].expand(-1, -1, x.shape[2]), local), 1))


def pointnet2(classes):
    import clouds                                            # tests/peers/twins

    class Logits(clouds.PointNet2):
        def forward(self, x):
            return super().forward(x)[0]
    return Logits("cls", classes, clouds.CLS_SSG, dropout=0.4)


def half_lovasz():
    import segmentation_models_pytorch as smp
    lovasz = smp.losses.LovaszLoss("multiclass")
    return lambda z, y: 0.5 * F.cross_entropy(z, y) + 0.5 * lovasz(z[..., None], y[..., None])


def draw(n, points, rng):
    return rng.permutation(n)[:points] if n >= points else np.concatenate((np.arange(n), rng.integers(0, n, points - n)))


def unit(p):
    p = p - p.mean(0)
    return p / max(np.sqrt((p ** 2).sum(1)).max(), 1e-12)


# ---- data: a list of (points n x C, label of the cloud or of each point, parts that are possible) ----

def read_mnist(folder, split):
    with gzip.open(f"{folder}/{split}-images-idx3-ubyte.gz") as f:
        x = np.frombuffer(f.read(), np.uint8, offset=16).reshape(-1, 28, 28)
    with gzip.open(f"{folder}/{split}-labels-idx1-ubyte.gz") as f:
        y = np.frombuffer(f.read(), np.uint8, offset=8)
    rows = [np.argwhere(i > 128) for i in x]
    return [(np.c_[r[:, 1], 27 - r[:, 0], 0 * r[:, 0]].astype(np.float32), int(k), None) for r, k in zip(rows, y)]


def write_few(folder, out, counts):
    os.makedirs(out, exist_ok=True)
    for split, n in counts.items():
        for kind, head, size in (("images-idx3", 16, 784), ("labels-idx1", 8, 1)):
            name = f"{split}-{kind}-ubyte.gz"
            with gzip.open(f"{folder}/{name}") as f, gzip.open(f"{out}/{name}", "wb") as to:
                raw = f.read()
                to.write(raw[:4] + n.to_bytes(4, "big") + raw[8:head] + raw[head:head + n * size])


PARTS = dict(Airplane=4, Bag=2, Cap=2, Car=4, Chair=4, Earphone=3, Guitar=3, Knife=2, Lamp=4, Laptop=2, Motorbike=6, Mug=2, Pistol=3, Rocket=3, Skateboard=3, Table=3)


def read_parts(folder, split):
    names = [line.split() for line in open(f"{folder}/synsetoffset2category.txt") if line.strip()]
    first, found = 0, []
    where = {}
    for name, synset in names:
        where[synset] = (first, first + PARTS[name])
        first += PARTS[name]
    for entry in json.load(open(f"{folder}/train_test_split/shuffled_{split}_file_list.json")):
        _, synset, token = entry.split("/")
        p = np.loadtxt(f"{folder}/{synset}/points/{token}.pts", dtype=np.float32)
        y = np.loadtxt(f"{folder}/{synset}/points_label/{token}.seg", dtype=np.int64) - 1 + where[synset][0]
        found.append((p, y, where[synset]))
    return found


def read_off(path, rng, points=10000):
    words = open(path).read().replace("OFF", "", 1).split()
    n, m = int(words[0]), int(words[1])
    v = np.array(words[3:3 + 3 * n], np.float64).reshape(-1, 3)
    faces, at = [], 3 + 3 * n
    for _ in range(m):
        k = int(words[at])
        c = [int(w) for w in words[at + 1:at + 1 + k]]
        faces += [(c[0], c[i], c[i + 1]) for i in range(1, k - 1)]
        at += k + 1
    a, b, c = (v[[f[i] for f in faces]] for i in range(3))
    area = np.linalg.norm(np.cross(b - a, c - a), axis=1)
    f = rng.choice(len(faces), points, p=area / area.sum())
    u, w = rng.random((2, points))
    u, w = np.where(u + w > 1, 1 - u, u), np.where(u + w > 1, 1 - w, w)
    return (a[f] + u[:, None] * (b[f] - a[f]) + w[:, None] * (c[f] - a[f])).astype(np.float32)


def read_shapes(folder, split, rng):
    classes = sorted(os.listdir(folder))
    return [(read_off(path, rng), k, None) for k, name in enumerate(classes) for path in sorted(glob.glob(f"{folder}/{name}/{split}/*.off"))], len(classes)


# ---- training and judging ----

def batches(data, points, size, rng):
    order = rng.permutation(len(data))
    for i in range(len(data) // size):
        x, y = [], []
        for k in order[i * size:(i + 1) * size]:
            p, label, _ = data[k]
            at = draw(len(p), points, rng)
            x.append(unit(p[at]))
            y.append(label[at] if isinstance(label, np.ndarray) else label)
        yield torch.from_numpy(np.stack(x)).float().transpose(1, 2).contiguous(), torch.from_numpy(np.stack(y)).long()


def accuracy(net, data, turn=0):
    c, s = np.cos(np.radians(turn)), np.sin(np.radians(turn))
    m = np.array([[c, -s, 0], [s, c, 0], [0, 0, 1]], np.float32)
    right = 0
    for i in range(0, len(data), 32):
        part = data[i:i + 32]
        n = max(len(p) for p, _, _ in part)
        x = np.stack([(unit(p) @ m.T)[np.arange(n) % len(p)] for p, _, _ in part])   # repeated points change no maximum
        right += int((net(torch.from_numpy(x).float().transpose(1, 2)).argmax(1).numpy() == [k for _, k, _ in part]).sum())
    return right / len(data)


def shapes_iou(net, data):
    scores = []
    for p, y, (first, last) in data:
        found = net(torch.from_numpy(unit(p)).float().T[None])[0, first:last].argmax(0).numpy() + first
        each = [((found == k) & (y == k)).sum() / max(((found == k) | (y == k)).sum(), 1) if ((found == k) | (y == k)).any() else 1 for k in range(first, last)]
        scores.append(np.mean(each))
    return float(np.mean(scores))


def processor():
    return sum(resource.getrusage(resource.RUSAGE_SELF)[:2])


def train(net, a, epoch_of, judge, loss_of=F.cross_entropy):
    optimizer = torch.optim.Adam(net.parameters(), a.rate)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, a.epochs * sum(1 for _ in epoch_of(np.random.default_rng(0))))
    rng, spent = np.random.default_rng(a.seed), 0
    for epoch in range(a.epochs):
        net.train()
        sums, n, start = 0, 0, processor()
        for x, y in epoch_of(rng):
            loss = loss_of(net(x), y)
            optimizer.zero_grad(set_to_none=True)
            loss.backward()
            optimizer.step()
            schedule.step()
            sums, n = sums + loss.item(), n + 1
        spent += processor() - start
        line = {"epoch": epoch + 1, "loss": sums / n, "training_seconds": spent}
        if (epoch + 1) % a.judge_every == 0 or epoch + 1 == a.epochs:
            net.eval()
            with torch.no_grad():
                line.update(judge())
        line["cpu_seconds"] = processor()
        print(json.dumps(line), flush=True)


# ---- lidar: columns of 10 m, half its side is 1, middle on the ground and lowest point ----

VALUES, BLOCK = [2, 3, 4, 5, 6, 7], 10.0


def read_las(path):
    raw = open(path, "rb").read()                            # LAS 1.4, point formats 6 to 10
    start, = np.frombuffer(raw, "<u4", 1, 96)
    size, = np.frombuffer(raw, "<u2", 1, 105)
    count, = np.frombuffer(raw, "<u8", 1, 247)
    kind = np.dtype({"names": ["xyz", "intensity", "class"], "formats": [("<i4", 3), "<u2", "u1"], "offsets": [0, 12, 16], "itemsize": int(size)})
    f = np.frombuffer(raw, kind, int(count), int(start))
    xyz = f["xyz"] * np.frombuffer(raw, "<f8", 3, 131) + np.frombuffer(raw, "<f8", 3, 155)
    return xyz - xyz.mean(0), f["intensity"] / f["intensity"].max(), np.searchsorted(VALUES, f["class"])


def column(xyz, extra, at, corner):
    v = xyz[at].copy()
    v[:, :2] -= corner + BLOCK / 2
    v[:, 2] -= v[:, 2].min()
    return np.c_[v * 2 / BLOCK, extra[at]].astype(np.float32)


def lidar_epoch(cloud, a, rng):
    xyz, extra, y = cloud
    for _ in range(len(xyz) // a.points // a.batch):
        x, t = [], []
        for _ in range(a.batch):
            for _ in range(10):
                corner = xyz[rng.integers(len(xyz)), :2] - BLOCK / 2
                inside = np.flatnonzero(((xyz[:, :2] >= corner) & (xyz[:, :2] <= corner + BLOCK)).all(1))
                if len(inside) >= 64:
                    break
            at = inside[draw(len(inside), a.points, rng)]
            v = column(xyz, extra, at, corner)
            angle = rng.random() * 2 * np.pi
            c, s = np.cos(angle), np.sin(angle)
            v[:, :2] = v[:, :2] @ np.array([[c, s], [-s, c]], np.float32)
            x.append(v)
            t.append(y[at])
        yield torch.from_numpy(np.stack(x)).transpose(1, 2).contiguous(), torch.from_numpy(np.stack(t)).long()


def lidar_iou(net, cloud, a):
    xyz, extra, y = cloud
    sums, rng = np.zeros((len(xyz), len(VALUES))), np.random.default_rng(0)
    lo, hi = xyz[:, :2].min(0), xyz[:, :2].max(0)
    starts = [np.minimum(lo[k] + np.arange(max(int(np.ceil((hi[k] - lo[k] - BLOCK) / (BLOCK / 2))) + 1, 1)) * BLOCK / 2, max(hi[k] - BLOCK, lo[k])) for k in (0, 1)]
    for cx in starts[0]:
        for cy in starts[1]:
            corner = np.array([cx, cy])
            inside = rng.permutation(np.flatnonzero(((xyz[:, :2] >= corner) & (xyz[:, :2] <= corner + BLOCK)).all(1)))
            for part in np.array_split(inside, -(-len(inside) // a.points)) if len(inside) else []:
                sums[part] += torch.softmax(net(torch.from_numpy(column(xyz, extra, part, corner)).T[None])[0], 0).numpy().T
    found = sums.argmax(1)
    each = {VALUES[k]: float(((found == k) & (y == k)).sum() / max(((found == k) | (y == k)).sum(), 1)) for k in range(len(VALUES))}
    return {"iou": each, "miou": float(np.mean([each[VALUES[k]] for k in range(len(VALUES)) if (y == k).sum() >= 200])), "accuracy": float((found == y).mean())}


def main():
    p = argparse.ArgumentParser()
    p.add_argument("task", choices=["mnist", "few", "parts", "lidar", "shapes"])
    p.add_argument("data", nargs="+")
    p.add_argument("--epochs", type=int, default=5)
    p.add_argument("--batch", type=int, default=32)
    p.add_argument("--points", type=int, default=256)
    p.add_argument("--rate", type=float, default=1e-3)
    p.add_argument("--scale", type=float, nargs=2, default=None, help="parts: factor of each sample, from and to")
    p.add_argument("--net", choices=["pointnet", "pointnet2"], default="pointnet", help="mnist: which network")
    p.add_argument("--training", type=int, default=1000, help="few: digits to train on")
    p.add_argument("--testing", type=int, default=500, help="few: digits to judge on")
    p.add_argument("--lovasz", action="store_true", help="parts: half cross entropy, half Lovasz (segmentation_models.pytorch)")
    p.add_argument("--seed", type=int, default=0)
    p.add_argument("--threads", type=int, default=1)
    p.add_argument("--judge-every", type=int, default=1)
    a = p.parse_args()
    torch.set_num_threads(a.threads)
    torch.manual_seed(a.seed)
    if a.task == "few":
        write_few(a.data[0], a.data[1], {"train": a.training, "test": a.testing})
    elif a.task == "mnist":
        data, test = read_mnist(a.data[0], "train"), read_mnist(a.data[0], "test")
        net = PointNet(3, 10, False) if a.net == "pointnet" else pointnet2(10)
        train(net, a, lambda rng: batches(data, a.points, a.batch, rng), lambda: {"error": 1 - accuracy(net, test)})
    elif a.task == "parts":
        data = read_parts(a.data[0], "train")
        net = PointNet(3, sum(PARTS.values()), True)

        def epoch(rng):
            for x, y in batches(data, a.points, a.batch, rng):
                factor = rng.uniform(*a.scale, size=(len(x), 1, 1)) if a.scale else np.ones((len(x), 1, 1))
                yield x * torch.from_numpy(factor).float(), y
        train(net, a, epoch, lambda: {"instance_iou": shapes_iou(net, data)}, half_lovasz() if a.lovasz else F.cross_entropy)
    elif a.task == "lidar":
        west, east = read_las(a.data[0]), read_las(a.data[1])
        net = PointNet(4, len(VALUES), True)
        train(net, a, lambda rng: lidar_epoch(west, a, rng), lambda: lidar_iou(net, east, a))
    else:
        (data, n), (test, _) = (read_shapes(a.data[0], s, np.random.default_rng(i)) for i, s in enumerate(("train", "test")))
        net = PointNet(3, n, False)
        train(net, a, lambda rng: batches(data, a.points, a.batch, rng), lambda: {f"accuracy_turned_{t}": accuracy(net, test, t) for t in (0, 30, 90)})


if __name__ == "__main__":
    main()
