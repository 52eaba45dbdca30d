"""PointNet and PointNet++ in PyTorch, written from their descriptions, with the state_dict keys and orders of the well-known repositories
(fxia22/pointnet.pytorch, yanx27/Pointnet_Pointnet2_pytorch). Twins to compare with: sampling starts at the first point, results are logits.

`python tests/peers/twins/clouds.py tests/train/cloud_networks.json` writes the numbers that the test train_slow_clouds compares with: weights and
inputs follow a rule (a hash of the key), so that only results are stored."""
import json
import sys

import numpy
import torch
from torch import nn
from torch.nn import functional as F


# ---- neighbours ----

def squares(a, b):
    """N x A x 3, N x B x 3 -> N x A x B squared distances."""
    return ((a[:, :, None] - b[:, None]) ** 2).sum(-1)


def rows(x, index):
    """x N x P x C by index N x ... -> N x ... x C."""
    flat = index.reshape(index.shape[0], -1, 1).expand(-1, -1, x.shape[-1])
    return torch.gather(x, 1, flat).reshape(*index.shape, x.shape[-1])


def farthest(xyz, count):
    xyz, every = xyz.detach(), torch.arange(len(xyz))
    chosen = torch.zeros(len(xyz), count, dtype=torch.int64)
    distance = torch.full(xyz.shape[:2], torch.inf, dtype=xyz.dtype)
    for m in range(1, count):
        distance = torch.minimum(distance, ((xyz - xyz[every, chosen[:, m - 1]][:, None]) ** 2).sum(-1))
        chosen[:, m] = distance.argmax(1)
    return chosen


def ball(xyz, centres, radius, samples):
    """The first `samples` points in each ball, the rest the first again."""
    points = xyz.shape[1]
    index = torch.arange(points).expand(len(xyz), centres.shape[1], points).clone()
    index[squares(centres, xyz) > radius ** 2] = points
    index = index.sort(-1)[0][..., :samples]
    return torch.where(index == points, index[..., :1], index)


def interpolate(fine, coarse, features):
    distance, index = squares(fine, coarse).topk(min(3, coarse.shape[1]), dim=-1, largest=False)
    weight = 1 / (distance + 1e-8)
    weight = weight / weight.sum(-1, keepdim=True)
    return (rows(features, index) * weight[..., None]).sum(2)


# ---- PointNet: N x C x P ----

class TNet(nn.Module):
    def __init__(self, channels, k, convs=(64, 128, 1024), fcs=(512, 256), eps=1e-5):
        super().__init__()
        self.k, self.convs, self.fcs = k, len(convs), len(fcs)
        for i, (a, b) in enumerate(zip((channels, *convs), convs)):
            self.add_module(f"conv{i + 1}", nn.Conv1d(a, b, 1))
        for i, (a, b) in enumerate(zip((convs[-1], *fcs), (*fcs, k * k))):
            self.add_module(f"fc{i + 1}", nn.Linear(a, b))
        for i, b in enumerate((*convs, *fcs)):
            self.add_module(f"bn{i + 1}", nn.BatchNorm1d(b, eps=eps))

    def part(self, name, i):
        return getattr(self, f"{name}{i}")

    def forward(self, x):
        for i in range(1, self.convs + 1):
            x = F.relu(self.part("bn", i)(self.part("conv", i)(x)))
        x = x.max(2)[0]
        for i in range(1, self.fcs + 1):
            x = F.relu(self.part("bn", self.convs + i)(self.part("fc", i)(x)))
        return self.part("fc", self.fcs + 1)(x).view(-1, self.k, self.k) + torch.eye(self.k, dtype=x.dtype)


def turn(x, matrix):
    """The first channels of points, as rows, times the matrix."""
    k = matrix.shape[-1]
    return torch.cat([torch.bmm(x[:, :k].transpose(1, 2), matrix).transpose(1, 2), x[:, k:]], 1)


def penalty(matrix):
    return (torch.bmm(matrix, matrix.transpose(1, 2)) - torch.eye(matrix.shape[-1], dtype=matrix.dtype)).norm(dim=(1, 2)).mean()


class Features(nn.Module):
    def __init__(self, channels, transform):
        super().__init__()
        self.stn = TNet(channels, 3)
        self.conv1, self.conv2, self.conv3 = nn.Conv1d(channels, 64, 1), nn.Conv1d(64, 128, 1), nn.Conv1d(128, 1024, 1)
        self.bn1, self.bn2, self.bn3 = nn.BatchNorm1d(64), nn.BatchNorm1d(128), nn.BatchNorm1d(1024)
        if transform:
            self.fstn = TNet(64, 64)
        self.transform = transform

    def forward(self, x):
        x = F.relu(self.bn1(self.conv1(turn(x, self.stn(x)))))
        cost = 0
        if self.transform:
            matrix = self.fstn(x)
            x, cost = turn(x, matrix), penalty(matrix)
        local = x
        x = self.bn3(self.conv3(F.relu(self.bn2(self.conv2(x)))))
        return x.max(2)[0], local, cost


class PointNetClasses(nn.Module):
    def __init__(self, classes, channels=3, transform=False):
        super().__init__()
        self.feat = Features(channels, transform)
        self.fc1, self.fc2, self.fc3 = nn.Linear(1024, 512), nn.Linear(512, 256), nn.Linear(256, classes)
        self.bn1, self.bn2 = nn.BatchNorm1d(512), nn.BatchNorm1d(256)

    def forward(self, x, category=None):
        x, _, cost = self.feat(x)
        x = F.relu(self.bn2(self.fc2(F.relu(self.bn1(self.fc1(x))))))
        return self.fc3(x), cost


class PointNetDense(nn.Module):
    def __init__(self, classes, channels=3, transform=False):
        super().__init__()
        self.feat = Features(channels, transform)
        self.conv1, self.conv2, self.conv3, self.conv4 = (nn.Conv1d(a, b, 1) for a, b in ((1088, 512), (512, 256), (256, 128), (128, classes)))
        self.bn1, self.bn2, self.bn3 = nn.BatchNorm1d(512), nn.BatchNorm1d(256), nn.BatchNorm1d(128)

    def forward(self, x, category=None):
        whole, local, cost = self.feat(x)
        x = torch.cat([whole[..., None].expand(-1, -1, local.shape[2]), local], 1)
        for i in "123":
            x = F.relu(getattr(self, "bn" + i)(getattr(self, "conv" + i)(x)))
        return self.conv4(x), cost


class PointNetPart(nn.Module):
    def __init__(self, classes, channels=3, categories=16, paper=False):
        super().__init__()
        eps = 1e-3 if paper else 1e-5
        self.paper = paper
        widths = (64, 128, 128, 512, 2048)
        self.stn = TNet(channels, 3, fcs=(128, 128), eps=eps) if paper else TNet(channels, 3)
        for i, (a, b) in enumerate(zip((channels, *widths), widths)):
            self.add_module(f"conv{i + 1}", nn.Conv1d(a, b, 1))
        for i, b in enumerate(widths):
            self.add_module(f"bn{i + 1}", nn.BatchNorm1d(b, eps=eps))
        self.fstn = TNet(128, 128, convs=(256, 1024), eps=eps) if paper else TNet(128, 128)
        heads = (256, 256, 128)
        for i, (a, b) in enumerate(zip((2048 + categories + sum(widths), *heads), (*heads, classes))):
            self.add_module(f"convs{i + 1}", nn.Conv1d(a, b, 1))
        for i, b in enumerate(heads):
            self.add_module(f"bns{i + 1}", nn.BatchNorm1d(b, eps=eps))

    def forward(self, x, category):
        x = turn(x, self.stn(x))
        each, cost = [], 0
        for i in range(1, 6):
            if i == 4:
                matrix = self.fstn(x)
                x, cost = turn(x, matrix), penalty(matrix)
            x = getattr(self, f"bn{i}")(getattr(self, f"conv{i}")(x))
            x = F.relu(x) if i < 5 or self.paper else x
            each.append(x)
        whole = torch.cat([x.max(2)[0], category], 1)[..., None].expand(-1, -1, x.shape[2])
        x = torch.cat([whole, *each], 1)
        for i in "123":
            x = F.relu(getattr(self, "bns" + i)(getattr(self, "convs" + i)(x)))
        return self.convs4(x), cost


# ---- PointNet++: features N x P x C ----

def run(x, convs, norms):
    """Layers on the last axis of N x P x C or N x M x K x C."""
    x = x.movedim(-1, 1)
    for conv, norm in zip(convs, norms):
        x = F.relu(norm(conv(x)))
    return x.movedim(1, -1)


def stacks(channels, widths, conv, norm):
    pairs = list(zip((channels, *widths), widths))
    return nn.ModuleList(conv(a, b, 1) for a, b in pairs), nn.ModuleList(norm(b) for b in widths)


class Abstraction(nn.Module):
    """One scale; centres None: all points at once."""
    def __init__(self, centres, radius, samples, channels, widths):
        super().__init__()
        self.centres, self.radius, self.samples = centres, radius, samples
        self.mlp_convs, self.mlp_bns = stacks(channels, widths, nn.Conv2d, nn.BatchNorm2d)

    def forward(self, xyz, features):
        if self.centres is None:
            x = xyz if features is None else torch.cat([xyz, features], -1)
            return None, run(x[:, None], self.mlp_convs, self.mlp_bns).max(2)[0]
        centre = rows(xyz, farthest(xyz, self.centres))
        index = ball(xyz, centre, self.radius, self.samples)
        x = rows(xyz, index) - centre[:, :, None]
        if features is not None:
            x = torch.cat([x, rows(features, index)], -1)
        return centre, run(x, self.mlp_convs, self.mlp_bns).max(2)[0]


class AbstractionScales(nn.Module):
    def __init__(self, centres, scales, channels):
        super().__init__()
        self.centres, self.scales = centres, scales
        both = [stacks(channels, widths, nn.Conv2d, nn.BatchNorm2d) for _, _, widths in scales]
        self.conv_blocks, self.bn_blocks = nn.ModuleList(b[0] for b in both), nn.ModuleList(b[1] for b in both)

    def forward(self, xyz, features):
        centre, out = rows(xyz, farthest(xyz, self.centres)), []
        for (radius, samples, _), convs, norms in zip(self.scales, self.conv_blocks, self.bn_blocks):
            index = ball(xyz, centre, radius, samples)
            x = rows(xyz, index) - centre[:, :, None]
            if features is not None:
                x = torch.cat([rows(features, index), x], -1)
            out.append(run(x, convs, norms).max(2)[0])
        return centre, torch.cat(out, -1)


class Propagation(nn.Module):
    def __init__(self, channels, widths):
        super().__init__()
        self.mlp_convs, self.mlp_bns = stacks(channels, widths, nn.Conv1d, nn.BatchNorm1d)

    def forward(self, fine, coarse, skip, features):
        x = features.expand(-1, fine.shape[1], -1) if coarse is None else interpolate(fine, coarse, features)
        return run(x if skip is None else torch.cat([skip, x], -1), self.mlp_convs, self.mlp_bns)


ALL = (None, None, None, (256, 512, 1024))
CLS_SSG = [(512, .2, 32, (64, 64, 128)), (128, .4, 64, (128, 128, 256)), ALL]
CLS_MSG = [(512, [(.1, 16, (32, 32, 64)), (.2, 32, (64, 64, 128)), (.4, 128, (64, 96, 128))]),
           (128, [(.2, 32, (64, 64, 128)), (.4, 64, (128, 128, 256)), (.8, 128, (128, 128, 256))]), ALL]
PART_MSG = [(512, [(.1, 32, (32, 32, 64)), (.2, 64, (64, 64, 128)), (.4, 128, (64, 96, 128))]), (128, [(.4, 64, (128, 128, 256)), (.8, 128, (128, 196, 256))]), ALL]
SEM_SSG = [(1024, .1, 32, (32, 32, 64)), (256, .2, 32, (64, 64, 128)), (64, .4, 32, (128, 128, 256)), (16, .8, 32, (256, 256, 512))]
SEM_MSG = [(1024, [(.05, 16, (16, 16, 32)), (.1, 32, (32, 32, 64))]), (256, [(.1, 16, (64, 64, 128)), (.2, 32, (64, 96, 128))]),
           (64, [(.2, 16, (128, 196, 256)), (.4, 32, (128, 196, 256))]), (16, [(.4, 16, (256, 256, 512)), (.8, 32, (256, 384, 512))])]


class PointNet2(nn.Module):
    """kind cls, part or sem; `levels` of abstraction, `fp` widths of propagation, deepest first."""
    def __init__(self, kind, classes, levels, fp=(), channels=3, categories=16, dropout=0):
        super().__init__()
        self.kind, self.n, self.dropout = kind, len(levels), dropout
        width = [channels - 3 if kind == "cls" else channels]
        for i, level in enumerate(levels):
            if len(level) == 2:
                module, out = AbstractionScales(*level, width[-1] + 3), sum(w[-1] for _, _, w in level[1])
            else:
                module, out = Abstraction(*level[:3], width[-1] + 3, level[3]), level[3][-1]
            self.add_module(f"sa{i + 1}", module)
            width.append(out)
        if kind == "cls":
            self.fc1, self.bn1 = nn.Linear(1024, 512), nn.BatchNorm1d(512)
            self.fc2, self.bn2 = nn.Linear(512, 256), nn.BatchNorm1d(256)
            self.fc3 = nn.Linear(256, classes)
            return
        width[0] = categories + 3 + width[0] if kind == "part" else 0
        below = width[-1]
        for i, widths in zip(range(self.n, 0, -1), fp):
            self.add_module(f"fp{i}", Propagation(width[i - 1] + below, widths))
            below = widths[-1]
        self.conv1, self.bn1, self.conv2 = nn.Conv1d(128, 128, 1), nn.BatchNorm1d(128), nn.Conv1d(128, classes, 1)

    def forward(self, x, category=None):
        x = x.transpose(1, 2)
        xyz = [x[..., :3]]
        features = [x if self.kind != "cls" else x[..., 3:] if x.shape[-1] > 3 else None]
        for i in range(self.n):
            centre, out = getattr(self, f"sa{i + 1}")(xyz[-1], features[-1])
            xyz.append(centre)
            features.append(out)
        if self.kind == "cls":
            x = features[-1][:, 0]
            for layer, norm in (self.fc1, self.bn1), (self.fc2, self.bn2):
                x = F.dropout(F.relu(norm(layer(x))), self.dropout, self.training)
            return self.fc3(x), 0
        for i in range(self.n, 0, -1):
            skip = features[i - 1]
            if i == 1:
                skip = torch.cat([category[:, None].expand(-1, x.shape[1], -1), xyz[0], skip], -1) if self.kind == "part" else None
            features[i - 1] = getattr(self, f"fp{i}")(xyz[i - 1], xyz[i], skip, features[i])
        x = features[0].transpose(1, 2)
        return self.conv2(F.relu(self.bn1(self.conv1(x)))), 0


# name -> (twin, architecture, options of the command, channels, classes, points, batch); the network is told a category where the name says part
TWINS = {
    "cls-normals": (lambda: PointNetClasses(5, 6, True), "pointnet-cls", "--feature-transform", 6, 5, 96, 4),
    "sem": (lambda: PointNetDense(13, 9, True), "pointnet-sem", "", 9, 13, 64, 4),
    "part": (lambda: PointNetPart(50), "pointnet-part", "", 3, 50, 32, 4),
    "part-normals": (lambda: PointNetPart(7, 6, 3), "pointnet-part", "--categories 3", 6, 7, 32, 4),
    "part-paper": (lambda: PointNetPart(50, paper=True), "pointnet-part-paper", "", 3, 50, 32, 4),
    "2-cls-ssg": (lambda: PointNet2("cls", 10, CLS_SSG), "pointnet2-cls-ssg", "", 3, 10, 600, 2),
    "2-cls-ssg-normals": (lambda: PointNet2("cls", 10, CLS_SSG, channels=6), "pointnet2-cls-ssg", "", 6, 10, 100, 2),
    "2-cls-msg": (lambda: PointNet2("cls", 10, CLS_MSG), "pointnet2-cls-msg", "", 3, 10, 550, 2),
    "2-part-ssg": (lambda: PointNet2("part", 50, CLS_SSG, [(256, 256), (256, 128), (128, 128, 128)]), "pointnet2-part-ssg", "", 3, 50, 560, 2),
    "2-part-msg": (lambda: PointNet2("part", 50, PART_MSG, [(256, 256), (256, 128), (128, 128)], 6), "pointnet2-part-msg", "", 6, 50, 530, 1),
    "2-sem-ssg": (lambda: PointNet2("sem", 13, SEM_SSG, [(256, 256), (256, 256), (256, 128), (128, 128, 128)], 9), "pointnet2-sem-ssg", "", 9, 13, 1100, 1),
    "2-sem-msg": (lambda: PointNet2("sem", 13, SEM_MSG, [(256, 256), (256, 256), (256, 128), (128, 128, 128)], 9), "pointnet2-sem-msg", "", 9, 13, 300, 2),
}


# ---- the rule of values ----

def bits(key, n):
    h = 0xCBF29CE484222325
    for byte in key.encode():
        h = (h ^ byte) * 0x100000001B3 % 2 ** 64
    with numpy.errstate(over="ignore"):
        z = numpy.uint64(h) + numpy.arange(1, n + 1, dtype=numpy.uint64) * numpy.uint64(0x9E3779B97F4A7C15)
        z = (z ^ (z >> numpy.uint64(30))) * numpy.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> numpy.uint64(27))) * numpy.uint64(0x94D049BB133111EB)
        return z ^ (z >> numpy.uint64(31))


def u(key, shape):
    n = int(numpy.prod(shape))
    return torch.from_numpy((bits(key, n) >> numpy.uint64(40)).astype(numpy.float64) * 2.0 ** -23 - 1).reshape(tuple(shape))


def classes_of(key, shape, classes):
    n = int(numpy.prod(shape))
    return torch.from_numpy(((bits(key, n) >> numpy.uint64(33)) % numpy.uint64(classes)).astype(numpy.int64)).reshape(tuple(shape))


def fill(model):
    state = {}
    for key, value in model.state_dict().items():
        name = key.rsplit(".", 1)[-1]
        if name == "num_batches_tracked":
            v = torch.zeros(())
        elif value.dim() >= 2:
            v = u(key, value.shape) * (3 / value[0].numel()) ** .5
        elif name == "weight":
            v = 1 + .1 * u(key, value.shape)
        elif name == "running_var":
            v = 1 + .25 * u(key, value.shape)
        else:
            v = .1 * u(key, value.shape)
        state[key] = v.float().to(value.dtype)
    model.load_state_dict(state)
    return model


def inputs(channels, classes, points, batch, name):
    """Points within half a unit of 0, so that balls hold some of them."""
    x = u("input", (batch, channels, points)) * .5
    categories = 3 if name == "part-normals" else 16
    category = classes_of("category", (batch,), categories) if "part" in name else None
    target = classes_of("target", (batch,) if "cls" in name else (batch, points), classes)
    return x, category, target, categories


def dot(key, v):
    return float((v * u("probe:" + key, v.shape)).sum())


def results(name):
    make, arch, options, channels, classes, points, batch = TWINS[name]
    torch.set_default_dtype(torch.float64)
    x, category, target, categories = inputs(channels, classes, points, batch, name)
    hot = None if category is None else F.one_hot(category, categories).double()
    model = fill(make()).eval()
    with torch.no_grad():
        logits, _ = model(x, hot)
    out = {"arch": arch, "options": options, "channels": channels, "classes": classes, "points": points, "batch": batch, "categories": categories,
           "parameters": sum(p.numel() for p in model.parameters()), "state_dict": [[k, list(v.shape)] for k, v in model.state_dict().items()],
           "logits": {"l2": float(logits.norm()), "dot": dot("logits", logits)}}
    model.train()
    logits, cost = model(x, hot)
    loss = F.cross_entropy(logits, target) + .001 * cost
    loss.backward()
    out["loss"] = float(loss.detach())
    out["grads"] = [[k, float(p.grad.norm()), dot(k, p.grad)] for k, p in model.named_parameters()]
    for what in "running_mean", "running_var":
        out[what + "_dot"] = sum(dot(k, v) for k, v in model.state_dict().items() if k.endswith(what))
    return out


if __name__ == "__main__":
    torch.set_num_threads(1)
    everything = {"made by": f"tests/peers/twins/clouds.py with PyTorch {torch.__version__} in float64"}
    for twin in TWINS:
        everything[twin] = results(twin)
        print(twin, everything[twin]["parameters"], everything[twin]["loss"], flush=True)
    with open(sys.argv[1], "w") as f:
        f.write("{\n" + ",\n".join(f"{json.dumps(k)}: {json.dumps(v)}" for k, v in everything.items()) + "\n}\n")
