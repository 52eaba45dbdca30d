"""A large scene through Unet-resnet34 in tiles: secant predict against the plain loop of PyTorch (512x512, overlap 64, batch 4, mean of logits over overlaps), in turns.

    python bench/peers/tiles.py build/release/secant --side 5000 --rounds 3 --precision bf16 --threads 2

Both have the same random weights. Prints seconds of the clock and of the processor of each whole process, the ratios (also of the peer's loop alone, without imports, to
secant's whole process), and how far the masks agree.
Needs torch, segmentation-models-pytorch, numpy and pillow. Under load compare the processor's seconds at --threads 1."""
import argparse, json, os, pathlib, statistics, subprocess, sys, tempfile, time


def peer(folder, precision, threads):
    import numpy, segmentation_models_pytorch as smp, torch
    from PIL import Image
    Image.MAX_IMAGE_PIXELS = None
    torch.set_num_threads(threads)
    net = smp.Unet("resnet34", encoder_weights=None, classes=1).eval().to(memory_format=torch.channels_last)
    net.load_state_dict(torch.load(f"{folder}/net.pth"))
    scene = numpy.asarray(Image.open(f"{folder}/scene.tif"))
    h, w = scene.shape[:2]
    size, step = 512, 512 - 64
    starts = lambda n: sorted({min(i, max(n - size, 0)) for i in range(0, max(n - 64, 1), step)})
    places = [(y, x) for y in starts(h) for x in starts(w)]
    total, weight = torch.zeros(h, w), torch.zeros(h, w)
    clock, processor = time.monotonic(), time.process_time()
    with torch.inference_mode(), torch.autocast("cpu", torch.bfloat16, enabled=precision == "bf16"):
        for i in range(0, len(places), 4):
            batch = torch.from_numpy(numpy.stack([scene[y:y + size, x:x + size] for y, x in places[i:i + 4]])).permute(0, 3, 1, 2).float() / 255 * 3.2 - 1.6
            for (y, x), z in zip(places[i:i + 4], net(batch.contiguous(memory_format=torch.channels_last)).float()):
                total[y:y + size, x:x + size] += z[0]
                weight[y:y + size, x:x + size] += 1
    Image.fromarray(((total / weight > 0).numpy() * 255).astype("uint8")).save(f"{folder}/peer.png")
    pathlib.Path(folder, "loop.json").write_text(json.dumps({"tiles": len(places), "loop_clock": time.monotonic() - clock, "loop_processor": time.process_time() - processor}))


def measured(command, env):
    start = time.monotonic()
    process = subprocess.Popen(command, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        raise SystemExit(f"{command} failed")
    return {"clock": time.monotonic() - start, "processor": usage.ru_utime + usage.ru_stime}


def main():
    p = argparse.ArgumentParser()
    p.add_argument("secant", nargs="?")
    p.add_argument("--side", type=int, default=1400)
    p.add_argument("--rounds", type=int, default=3)
    p.add_argument("--precision", default="f32", choices=["f32", "bf16"])
    p.add_argument("--threads", type=int, default=1)
    p.add_argument("--peer", help=argparse.SUPPRESS)
    a = p.parse_args()
    if a.peer:
        return peer(a.peer, a.precision, a.threads)
    import numpy, segmentation_models_pytorch as smp, torch
    from PIL import Image
    Image.MAX_IMAGE_PIXELS = None
    with tempfile.TemporaryDirectory() as folder:
        torch.manual_seed(0)
        torch.save(smp.Unet("resnet34", encoder_weights=None, classes=1).state_dict(), f"{folder}/net.pth")
        y, x = numpy.mgrid[:a.side, :a.side]
        scene = numpy.stack([(numpy.sin(x / 31) * numpy.cos(y / 47) + 1) * 120, (x * 7 + y * 3) % 256, (numpy.sin((x + y) / 11) + 1) * 127], axis=-1).astype("uint8")
        Image.fromarray(scene).save(f"{folder}/scene.tif")
        env = dict(os.environ, OMP_NUM_THREADS=str(a.threads))
        subprocess.run([a.secant, "import", f"{folder}/net.pth", "--encoder", "resnet34", "--normalize", "symmetric", "--out", f"{folder}/net.safetensors"], check=True, capture_output=True)
        ours = [a.secant, "predict", f"{folder}/net.safetensors", f"{folder}/scene.tif", "--out", f"{folder}/ours.png", "--tile", "512", "--overlap", "64", "--precision", a.precision,
                "--threads", str(a.threads)]
        fit = ours[:ours.index("--tile")] + ours[ours.index("--precision"):]
        theirs = [sys.executable, __file__, "--peer", folder, "--precision", a.precision, "--threads", str(a.threads)]
        rows = {"secant, tiles of its choice": (fit, []), "secant, --tile 512 --overlap 64": (ours, []), "PyTorch loop": (theirs, [])}
        for _ in range(a.rounds):
            for command, runs in rows.values():
                runs.append(measured(command, env))
            theirs_last = rows["PyTorch loop"][1][-1]
            theirs_last.update(json.loads(pathlib.Path(folder, "loop.json").read_text()))
        for name, (_, runs) in rows.items():
            print(name, json.dumps({k: round(statistics.median(r[k] for r in runs), 2) for k in runs[0]}))
        for name in list(rows)[:2]:
            print(f"PyTorch / {name}:", {k: round(statistics.median(t[k] / o[k] for o, t in zip(rows[name][1], rows["PyTorch loop"][1])), 2) for k in ("clock", "processor")},
                  "its loop alone:", {k: round(statistics.median(t["loop_" + k] / o[k] for o, t in zip(rows[name][1], rows["PyTorch loop"][1])), 2) for k in ("clock", "processor")})
        same = numpy.asarray(Image.open(f"{folder}/ours.png")) == numpy.asarray(Image.open(f"{folder}/peer.png"))
        print(f"masks agree in {100 * same.mean():.3f} % of pixels (blending differs)")


if __name__ == "__main__":
    main()
