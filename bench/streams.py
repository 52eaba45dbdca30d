#!/usr/bin/env python3
"""What a stream costs, in turns with what stands beside it: `./dev bench --streams` runs this.

    latency      one picture of 960x960 into a stream, its mask out, beside the predictor on the same picture in the same process: by the
                 network at 960x960, and by one that scales pictures to 64x64 first, where what is around the network is most of it
    throughput   decode, crop, resize, infer, dump on all threads, beside a loop in Python: OpenCV, then ONNX Runtime or OpenVINO
    cold start   `secant stream` from the start of the process to the first mask, beside `secant predict`

The network is the zoo's unet_simple with random weights. What counts is the ratio within a round, its median over the rounds. The table of
docs/performance.md between its markers is written anew, what stands outside them stays.
"""
import argparse
import ctypes
import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(HERE)
BEGIN, END = "<!-- streams: begin -->", "<!-- streams: end -->"
SIDE, LARGE, BOX = 960, 1280, (100, 140, 1180, 1220)


def element(factory, after, **props):
    return {"factory": factory, "props": {k: str(v) for k, v in props.items()}, "next": after}


def pipeline(path, crops, last):
    """A stream "s"; `last`: elements behind the network, the first of them called "end"."""
    e = {"appsrc0": element("appsrc", "dec"), "appsink0": {"factory": "appsink"},
         "dec": element("mxpi_imagedecoder", "crop" if crops else "inf", cvProcessor="opencv"),
         "inf": element("mxpi_tensorinfer", "end", modelPath=path), **last}
    if crops:
        e["crop"] = element("mxpi_imagecrop", "res", cvProcessor="opencv", dataSource="ExternalObjects")
        e["res"] = element("mxpi_imageresize", "inf", cvProcessor="opencv", resizeHeight=SIDE, resizeWidth=SIDE)
    return {"s": e}


class Predictor:
    """secant_predictor of libsecant by ctypes; pictures and errors are opaque memory."""

    def __init__(self, build, model):
        self.lib = lib = ctypes.CDLL(os.path.join(build, "libsecant.so"))
        self.err = ctypes.create_string_buffer(1024)
        lib.secant_predictor_open.restype = ctypes.c_void_p
        self.p = ctypes.c_void_p(lib.secant_predictor_open(ctypes.byref(ctypes.c_char_p(model.encode())), 1, None, self.err))
        if not self.p:
            sys.exit(self.err.raw[4:].split(b"\0")[0].decode())

    def run(self, data):
        im, mask = ctypes.create_string_buffer(256), ctypes.create_string_buffer(256)
        if self.lib.secant_image_decode(im, data, ctypes.c_size_t(len(data)), b"picture", None, self.err) \
                or self.lib.secant_predictor_mask(self.p, im, mask, self.err):
            sys.exit(self.err.raw[4:].split(b"\0")[0].decode())
        self.lib.secant_image_free(im)
        self.lib.secant_image_free(mask)


class Stream:
    def __init__(self, text):
        from StreamManagerApi import MxDataInput, RoiBox, RoiBoxVector, StreamManagerApi
        self.api, self.box = StreamManagerApi(), RoiBox()
        self.data, self.boxes = MxDataInput, RoiBoxVector
        self.box.x0, self.box.y0, self.box.x1, self.box.y1 = BOX
        assert self.api.InitManager() == 0
        code = self.api.CreateMultipleStreams(json.dumps(text).encode())
        if code:
            sys.exit(f"the stream is refused: {code}")

    def send(self, data, boxed):
        one = self.data()
        one.data = data
        if boxed:
            one.roiBoxs = self.boxes()
            one.roiBoxs.push_back(self.box)
        assert self.api.SendData(b"s", 0, one) == 0

    def fetch(self):
        r = self.api.GetResult(b"s", 0, 600000)
        if r.errorCode:
            sys.exit(r.data.decode())

    def one(self, data):
        self.send(data, False)
        self.fetch()

    def many(self, pictures):
        for p in pictures:
            self.send(p, True)
        for _ in pictures:
            self.fetch()


class Loop:
    """What one writes in Python: OpenCV, the training's normalisation, a network, the most probable class."""

    def __init__(self, onnx, runtime, threads):
        import cv2
        import numpy
        self.cv2, self.numpy = cv2, numpy
        cv2.setNumThreads(threads)
        if runtime == "onnxruntime":
            import onnxruntime
            o = onnxruntime.SessionOptions()
            o.intra_op_num_threads = threads
            s = onnxruntime.InferenceSession(onnx, o, providers=["CPUExecutionProvider"])
            self.infer = lambda x: s.run(None, {s.get_inputs()[0].name: x})
        else:
            import openvino
            compiled = openvino.Core().compile_model(onnx, "CPU", {"INFERENCE_NUM_THREADS": threads, "PERFORMANCE_HINT": "LATENCY"})
            self.infer = lambda x: list(compiled([x]).values())

    def many(self, pictures):
        x0, y0, x1, y1 = BOX
        for p in pictures:
            im = self.cv2.imdecode(self.numpy.frombuffer(p, self.numpy.uint8), self.cv2.IMREAD_COLOR)
            im = self.cv2.resize(im[y0:y1, x0:x1], (SIDE, SIDE))
            x = (im.astype("float32") - 127.5) / 127.5
            self.infer(self.numpy.ascontiguousarray(x.transpose(2, 0, 1)[None]))


def timed(f, *a):
    start = time.perf_counter()
    f(*a)
    return time.perf_counter() - start


def in_turns(contenders, rounds):
    """Seconds of each, round by round, after one turn that does not count."""
    for f in contenders.values():
        f()
    times = {name: [] for name in contenders}
    for k in range(rounds):
        for name, f in contenders.items():
            times[name].append(timed(f))
            print(f"round {k + 1}/{rounds}: {name} {times[name][-1]:.2f} s", file=sys.stderr)
    return times


def ratios(a, b):
    return [x / y for x, y in zip(a, b)]


def shown(r):
    return f"{statistics.median(r):.2f} ({min(r):.2f} to {max(r):.2f})"


def set_up(o, work):
    """A model, the same as ONNX and compiled for streams, and pictures as JPEG."""
    run = lambda *a: subprocess.run([o.secant, *map(str, a)], check=True, stdout=subprocess.DEVNULL)
    run("demo", f"{work}/small", "--kind", "cells", "--pictures", 8, "--size", 64, "--quiet")
    train = ("train", f"{work}/small", "--preset", "unet-inspection", "--arch", "unet_simple", "--size", 64, "--batch", 2, "--epochs", 1, "--quiet", "--out")
    run(*train, f"{work}/run", "--no-resize")
    run(*train, f"{work}/scaled")
    run("export", f"{work}/run", "--out", f"{work}/net.onnx", "--width", SIDE, "--height", SIDE)
    with open(f"{work}/aipp.cfg", "w") as f:
        f.write("aipp_op { aipp_mode: static input_format: RGB888_U8 " + " ".join(f"min_chn_{c}: 127.5 var_reci_chn_{c}: 0.007843137254902" for c in range(3)) + " }")
    run("atc", f"--model={work}/net.onnx", "--framework=5", f"--output={work}/net", f"--insert_op_conf={work}/aipp.cfg")
    pictures = {}
    import cv2
    for size, n in ((SIDE, 1), (LARGE, o.pictures)):
        run("demo", f"{work}/d{size}", "--kind", "cells", "--pictures", n + 3, "--size", size, "--quiet")
        files = sorted(os.path.join(at, f) for at, _, names in os.walk(f"{work}/d{size}") for f in names if "images" in at)[:n]
        pictures[size] = [cv2.imencode(".jpg", cv2.imread(f), [cv2.IMWRITE_JPEG_QUALITY, 92])[1].tobytes() for f in files]
    with open(f"{work}/one.jpg", "wb") as f:
        f.write(pictures[SIDE][0])
    return pictures


def latency_of(o, model, pictures, what):
    post = element("mxpi_semanticsegpostprocessor", "appsink0", postProcessLibPath="libunetmindsporepostprocess.so")
    post["props"]["postProcessConfigContent"] = {"CLASS_NUM": "2", "MODEL_TYPE": "0"}
    s, p, data = Stream(pipeline(model, False, {"end": post})), Predictor(o.build, model), pictures[SIDE][0]
    t = in_turns({"predict": lambda: p.run(data), "stream": lambda: s.one(data)}, o.rounds)
    s.api.DestroyAllStreams()
    return [what, f"{1e3 * statistics.median(t['stream']):.0f} ms", f"the predictor, {1e3 * statistics.median(t['predict']):.0f} ms",
            "stream / predictor", shown(ratios(t["stream"], t["predict"])), "at most 1.05"]


def latency(o, work, pictures):
    return latency_of(o, f"{work}/run/best.safetensors", pictures, "one picture, its mask")


def scaled_latency(o, work, pictures):
    return latency_of(o, f"{work}/scaled/best.safetensors", pictures, "the same by a network of 64x64")


def throughput(o, work, pictures):
    dump = {"end": element("mxpi_dumpdata", "appsink0", requiredMetaDataKeys="inf")}
    s = Stream(pipeline(f"{work}/net.om", True, dump))
    loops = {name: Loop(f"{work}/net.onnx", name, o.threads) for name in ("onnxruntime", "openvino")}
    t = in_turns({**{k: (lambda v=v: v.many(pictures[LARGE])) for k, v in loops.items()}, "stream": lambda: s.many(pictures[LARGE])}, o.rounds)
    s.api.DestroyAllStreams()
    best, n = min(loops, key=lambda k: statistics.median(t[k])), len(pictures[LARGE])
    rate = lambda name: f"{n / statistics.median(t[name]):.2f} pictures/s"
    return ["decode, crop, resize, infer, dump", rate("stream"), f"OpenCV and {best}, {rate(best)}", "loop / stream", shown(ratios(t[best], t["stream"])), "at least 1.3"]


def cold(o, work, pictures):
    post = element("mxpi_semanticsegpostprocessor", "appsink0", postProcessLibPath="libunetmindsporepostprocess.so")
    post["props"]["postProcessConfigContent"] = {"CLASS_NUM": "2", "MODEL_TYPE": "0"}
    with open(f"{work}/cold.pipeline", "w") as f:
        json.dump(pipeline(f"{work}/run/best.safetensors", False, {"end": post}), f)
    run = lambda *a: subprocess.run([o.secant, *a], check=True, stdout=subprocess.DEVNULL)
    t = in_turns({"predict": lambda: run("predict", f"{work}/run/best.safetensors", f"{work}/one.jpg", "--out", f"{work}/masks", "--overwrite", "--quiet"),
                  "stream": lambda: run("stream", f"{work}/cold.pipeline", "--input", f"{work}/one.jpg", "--out", f"{work}/results")}, o.rounds)
    return ["cold start to the first mask", f"{1e3 * statistics.median(t['stream']):.0f} ms", f"secant predict, {1e3 * statistics.median(t['predict']):.0f} ms",
            "stream / predict", shown(ratios(t["stream"], t["predict"])), "at most 1.2"]


def write_page(rows, o):
    path = os.path.join(ROOT, "docs", "performance.md")
    with open(path) as f:
        page = f.read()
    with open("/proc/cpuinfo") as f:
        cpu = re.search(r"^model name\s*: (.*)$", f.read(), re.M).group(1)
    table = "\n".join(["| what | stream | beside it | ratio | median, least to most | wanted |", "|---|---|---|---|---|---|"] + ["| " + " | ".join(r) + " |" for r in rows])
    text = f"{BEGIN}\n{o.threads} threads of {cpu}, {o.rounds} rounds in turns, {time.strftime('%Y-%m-%d')}.\n\n{table}\n{END}"
    if BEGIN in page:
        page = page[:page.index(BEGIN)] + text + page[page.index(END) + len(END):]
    else:
        page = page.rstrip() + f"\n\n## Streams\n\nA U-Net of the zoo (unet_simple) at {SIDE}x{SIDE}; written by `./dev bench --streams`.\n\n{text}\n"
    with open(path, "w") as f:
        f.write(page)


def main():
    p = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    p.add_argument("--secant", default=os.path.join(ROOT, "build/release/secant"))
    p.add_argument("--rounds", type=int, default=5)
    p.add_argument("--pictures", type=int, default=8, help="of throughput, in a round")
    p.add_argument("--threads", type=int, default=os.cpu_count())
    p.add_argument("--only", default="", help="regular expression of latency, scaled_latency, throughput, cold")
    p.add_argument("--print", action="store_true", help="prints the table instead of writing the page")
    o = p.parse_args()
    o.secant = os.path.realpath(o.secant)
    o.build = os.path.dirname(o.secant)
    os.environ["OMP_NUM_THREADS"] = str(o.threads)
    sys.path.insert(0, os.path.join(o.build, "python"))
    with tempfile.TemporaryDirectory() as work:
        pictures = set_up(o, work)
        rows = [f(o, work, pictures) for f in (latency, scaled_latency, throughput, cold) if re.search(o.only, f.__name__)]
    for r in rows:
        print(" | ".join(r))
    if not o.print and not o.only:
        write_page(rows, o)


if __name__ == "__main__":
    main()
