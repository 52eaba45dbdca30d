"""Farthest points and ball queries beside fpsample and scipy, one thread each, by processor time, in turns: medians of the rounds' medians.

    neighbours.py HELPER [--rounds 7] [--cloud FILE.npy]        HELPER: build/release/tests/kernels_helper_points

Clouds are made up (points on a few planes and spheres, as a room or an object has them) unless a file of N x 3 numbers is given. What both sides found is compared:
farthest points by how well they cover the cloud, as ties and rounding may part the ways; balls by the points that are in them.
"""
import argparse
import os
import statistics
import subprocess
import tempfile
import time

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("RAYON_NUM_THREADS", "1")
import fpsample  # noqa: E402
import numpy as np  # noqa: E402
from scipy.spatial import cKDTree  # noqa: E402


def surfaces(n, seed):
    g = np.random.default_rng(seed)
    parts = []
    for k in range(8):
        m = n // 8 + (k < n % 8)
        if k % 2:
            p = g.normal(size=(m, 3))
            p = p / np.linalg.norm(p, axis=1, keepdims=True) * (.1 + .1 * k)
        else:
            p = g.random((m, 3)) * [1, 1, 0] + [0, 0, k / 8]
        parts.append(p)
    return g.permutation(np.concatenate(parts)).astype(np.float32)


def ours(*args):
    lines = subprocess.run([HELPER, *map(str, args)], check=True, capture_output=True, text=True).stdout.split()
    return float(lines[0]), np.array(lines[1:], np.int64)


def theirs(f, runs):
    took = []
    for _ in range(runs):
        begin = time.process_time()
        found = f()
        took.append((time.process_time() - begin) * 1e3)
    return statistics.median(took), found


def race(title, asked, peers, own, rounds):
    times, found = {name: [] for name in [*peers, "secant"]}, {}
    for _ in range(rounds):
        for name, (f, runs) in peers.items():
            t, found[name] = theirs(f, runs)
            times[name].append(t)
        t, found["secant"] = own()
        times["secant"].append(t)
    us = statistics.median(times["secant"])
    best = min(peers, key=lambda name: statistics.median(times[name]))
    for name in times:
        t = statistics.median(times[name])
        print(f"{title:44} {name:30} {t:9.3f} ms   x{t / us:.2f}{f'  fastest peer; asked {asked}' if name == best else ''}", flush=True)
    return found, best


def coverage(x, chosen):
    return cKDTree(x[chosen]).query(x)[0].max()


def main():
    global HELPER
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("helper")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--cloud")
    o = parser.parse_args()
    HELPER = os.path.abspath(o.helper)
    x = np.load(o.cloud).astype(np.float32)[:16384, :3] if o.cloud else surfaces(16384, 0)
    with tempfile.NamedTemporaryFile(suffix=".f32") as file:
        x.tofile(file.name)
        n, count = len(x), 1024
        peers = {
            "fpsample bucket_fps_kdline h=3": (lambda: fpsample.bucket_fps_kdline_sampling(x, count, h=3, start_idx=0), 5),
            "fpsample bucket_fps_kdline h=5": (lambda: fpsample.bucket_fps_kdline_sampling(x, count, h=5, start_idx=0), 5),
            "fpsample bucket_fps_kdline h=7": (lambda: fpsample.bucket_fps_kdline_sampling(x, count, h=7, start_idx=0), 5),
            "fpsample bucket_fps_kdtree": (lambda: fpsample.bucket_fps_kdtree_sampling(x, count, start_idx=0), 5),
            "fpsample fps_npdu_kdtree": (lambda: fpsample.fps_npdu_kdtree_sampling(x, count, start_idx=0), 3),
            "fpsample fps": (lambda: fpsample.fps_sampling(x, count, start_idx=0), 3),
        }
        found, best = race(f"farthest points, {n} -> {count}", 1.0, peers, lambda: ours("farthest", file.name, count, 7), o.rounds)
        print(f"  farthest point from the chosen ones: secant {coverage(x, found['secant']):.5f}, {best} {coverage(x, found[best].astype(np.int64)):.5f}")
        for radius, k in ((.1, 32), (.2, 64)):
            def whole():                 # what a layer needs: at most k within the radius; the tree cannot be told the first, so the nearest k
                return cKDTree(x).query(x[:count], k=k, distance_upper_bound=radius, workers=1)[1]

            def every():                 # all within the radius, in lists
                return cKDTree(x).query_ball_point(x[:count], radius, workers=1)
            found, _ = race(f"ball query, {count} of {n}, radius {radius}, {k} points", 2.0, {"cKDTree.query_ball_point": (every, 3), "cKDTree.query, k nearest": (whole, 3)},
                            lambda: ours("ball", file.name, count, radius, k, 7), o.rounds)
            mine, wrong = found["secant"].reshape(count, k), 0
            for i, all_of in enumerate(found["cKDTree.query_ball_point"]):
                first = sorted(all_of)[:k]
                wrong += set(mine[i]) != set(first)
            print(f"  balls that hold other points: {wrong} of {count}")


if __name__ == "__main__":
    main()
