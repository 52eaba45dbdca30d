"""Networks of segmentation_models.pytorch, for bench/compare.py.

    smp.py NAME OPTIONS export FOLDER SIZExBATCH...          weights, a picture, ONNX files, and what the network says to one input
    smp.py NAME OPTIONS PEER KIND SIZE BATCH PRECISION THREADS FOLDER

NAME and OPTIONS are those of the line `net` in bench/rows.txt ("--arch fpn --encoder mobilenet_v2"): secant's options have the names of
smp's arguments. The second form is a worker: it warms up, prints {"ready": true, "versions": {...}, "set_up": "..."}, and for each line of
standard input runs once and prints {"ms": X}. KIND is train or infer; peers are torch-eager (channels_last), torch-eager-nchw,
torch-compile, ipex, onnxruntime, openvino, each as its own documentation sets it up for speed: autocast in bf16, the fused AdamW, static
shapes, one stream.

A network of another library is a script NAME.py with the same forms less NAME and OPTIONS (`export` only where it has rows of inference; it
leaves NAME.pth, NAME-input and NAME-logits.safetensors), a line `net` and its rows in bench/rows.txt.
"""
import json, os, shutil, sys, time

WARM_UP = 2
CLASSES = {"unet": "Unet", "unetplusplus": "UnetPlusPlus", "manet": "MAnet", "linknet": "Linknet", "fpn": "FPN", "pspnet": "PSPNet", "pan": "PAN",
           "deeplabv3": "DeepLabV3", "deeplabv3plus": "DeepLabV3Plus", "upernet": "UPerNet", "segformer": "Segformer", "dpt": "DPT"}
NAME, OPTIONS = None, []


def arguments_of(options):
    """smp's class and arguments of secant's options: --dynamic-img-size is True, others have a value."""
    given = {}
    for word in options:
        if word.startswith("--"):
            given[key := word[2:].replace("-", "_")] = True
        else:
            given[key] = int(word) if word.isdigit() else word
    return CLASSES[given.pop("arch")], given.pop("encoder"), given


def torch_net(threads):
    import torch
    import segmentation_models_pytorch as smp
    torch.set_num_threads(threads)
    torch.manual_seed(0)
    kind, encoder, given = arguments_of(OPTIONS)
    return torch, smp, getattr(smp, kind)(encoder, encoder_weights=None, classes=1, **given)


def versions(*names):
    from importlib.metadata import version
    return {n: version(n) for n in names}


def export(folder, shapes):
    from safetensors.torch import save_file
    torch, smp, net = torch_net(int(os.environ.get("OMP_NUM_THREADS", "1")))
    net.eval()
    torch.save(net.state_dict(), f"{folder}/{NAME}.pth")
    for shape in shapes:
        size, batch = map(int, shape.split("x"))
        torch.onnx.export(net, (torch.randn(batch, 3, size, size),), f"{folder}/{NAME}-{shape}.onnx", dynamo=True, external_data=False,
                          input_names=["input"], output_names=["logits"])
    x = torch.randn(1, 3, 128, 128)
    with torch.inference_mode():
        save_file({"input": x}, f"{folder}/{NAME}-input.safetensors")
        save_file({"logits": net(x).contiguous()}, f"{folder}/{NAME}-logits.safetensors")
    shutil.copy(os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "picture.jpg"), folder)


def check(ours, theirs):
    """Prints the largest difference of two files of logits, as a share of the largest logit."""
    from safetensors.numpy import load_file
    a, b = load_file(ours)["logits"], load_file(theirs)["logits"]
    print(float(abs(a - b).max() / abs(b).max()))


def training(peer, size, batch, low, threads):
    torch, smp, net = torch_net(threads)
    dice, bce = smp.losses.DiceLoss("binary"), torch.nn.BCEWithLogitsLoss()
    x, y = torch.rand(batch, 3, size, size) * 2 - 1, (torch.rand(batch, 1, size, size) < 0.5).float()
    layout = torch.contiguous_format if peer == "torch-eager-nchw" else torch.channels_last
    net.to(memory_format=layout).train()
    x = x.contiguous(memory_format=layout)
    optimizer = torch.optim.AdamW(net.parameters(), 1e-3, weight_decay=1e-2, fused=peer != "ipex")
    if peer == "ipex":
        import intel_extension_for_pytorch as ipex
        net, optimizer = ipex.optimize(net, optimizer=optimizer, dtype=torch.bfloat16 if low else torch.float32)

    def forward(x, y):
        p = net(x)
        return 0.5 * dice(p, y) + 0.5 * bce(p, y)

    loss_of = torch.compile(forward) if peer == "torch-compile" else forward

    def step():
        optimizer.zero_grad(set_to_none=True)
        with torch.autocast("cpu", torch.bfloat16, enabled=low):
            loss = loss_of(x, y)
        loss.backward()
        optimizer.step()

    set_up = ["ipex.optimize" if peer == "ipex" else "AdamW(fused)", "contiguous" if peer == "torch-eager-nchw" else "channels_last"]
    set_up += ["autocast bf16"] * low + ["torch.compile"] * (peer == "torch-compile")
    return step, ", ".join(set_up)


def torch_inference(peer, size, batch, low, threads):
    torch, smp, net = torch_net(threads)
    dtype = torch.bfloat16 if low else torch.float32
    net = net.eval().to(memory_format=torch.channels_last)
    x = torch.randn(batch, 3, size, size).contiguous(memory_format=torch.channels_last)
    if peer == "ipex":
        import intel_extension_for_pytorch as ipex
        net = ipex.optimize(net, dtype=dtype)
        with torch.no_grad(), torch.autocast("cpu", torch.bfloat16, enabled=low):
            net = torch.jit.freeze(torch.jit.trace(net, x))
    elif peer == "torch-compile":
        net = torch.compile(net)

    def run():
        with torch.inference_mode(), torch.autocast("cpu", torch.bfloat16, enabled=low):
            net(x)
    return run, "channels_last" + (", autocast bf16" if low else "")


def onnxruntime_inference(size, batch, low, threads, folder):
    import numpy, onnxruntime
    if low:
        raise SystemExit("onnxruntime: no bf16 on this kind of processor")
    o = onnxruntime.SessionOptions()
    o.intra_op_num_threads = threads
    o.inter_op_num_threads = 1
    session = onnxruntime.InferenceSession(f"{folder}/{NAME}-{size}x{batch}.onnx", o, providers=["CPUExecutionProvider"])
    x = numpy.random.default_rng(0).normal(size=(batch, 3, size, size)).astype("float32")
    return lambda: session.run(None, {"input": x}), f"CPUExecutionProvider, intra_op_num_threads={threads}"


def openvino_bytes(size, batch, folder):
    """The file of the network in 8 bits, by NNCF's default preset, made once from a few pictures of noise: for times."""
    import numpy, nncf, openvino
    made = f"{folder}/{NAME}-{size}x{batch}-int8.xml"
    if not os.path.exists(made):
        rng = numpy.random.default_rng(0)
        net = openvino.Core().read_model(f"{folder}/{NAME}-{size}x{batch}.onnx")
        pictures = nncf.Dataset([rng.normal(size=(batch, 3, size, size)).astype("float32") for _ in range(4)])
        openvino.save_model(nncf.quantize(net, pictures, subset_size=4), made)
    return made


def openvino_inference(size, batch, precision, threads, folder):
    import numpy, openvino
    hint = "bf16" if precision == "bf16" else "f32"
    file = openvino_bytes(size, batch, folder) if precision == "int8" else f"{folder}/{NAME}-{size}x{batch}.onnx"
    net = openvino.Core().compile_model(file, "CPU", {
        "PERFORMANCE_HINT": "LATENCY", "INFERENCE_PRECISION_HINT": hint, "INFERENCE_NUM_THREADS": threads})
    request = net.create_infer_request()
    request.set_input_tensor(openvino.Tensor(numpy.random.default_rng(0).normal(size=(batch, 3, size, size)).astype("float32")))
    bytes_too = ", NNCF's default preset" if precision == "int8" else ""
    return request.infer, f"LATENCY, INFERENCE_PRECISION_HINT={hint}, INFERENCE_NUM_THREADS={threads}{bytes_too}"


def make(peer, kind, size, batch, precision, threads, folder):
    low = precision == "bf16"
    if peer == "onnxruntime":
        return onnxruntime_inference(size, batch, low, threads, folder), versions("onnxruntime")
    if peer == "openvino":
        return openvino_inference(size, batch, precision, threads, folder), versions("openvino", *(["nncf"] if precision == "int8" else []))
    of = versions("torch", "segmentation-models-pytorch", *(["intel-extension-for-pytorch"] if peer == "ipex" else []))
    return (training if kind == "train" else torch_inference)(peer, size, batch, low, threads), of


def work(run, of, set_up):
    for _ in range(WARM_UP):
        run()
    print(json.dumps({"ready": True, "versions": of, "set_up": set_up}), flush=True)
    for _ in sys.stdin:
        start = time.perf_counter()
        run()
        print(json.dumps({"ms": 1e3 * (time.perf_counter() - start)}), flush=True)


def main(arguments):
    global NAME, OPTIONS
    NAME, OPTIONS, arguments = arguments[0], arguments[1].split(), arguments[2:]
    if arguments[0] == "export":
        export(arguments[1], arguments[2:])
    elif arguments[0] == "check":
        check(*arguments[1:])
    else:
        peer, kind, size, batch, precision, threads, folder = arguments
        (run, set_up), of = make(peer, kind, int(size), int(batch), precision, int(threads), folder)
        work(run, of, set_up)


if __name__ == "__main__":
    main(sys.argv[1:])
