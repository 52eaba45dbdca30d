"""Dense PointNet with both T-Nets of the peers, for bench/compare.py: the forms of smp.py less the name and the options, with points for the size.

The network is the twin that the tests compare with (tests/peers/twins/clouds.py): what pointnet.pytorch computes, the concatenation of 1088
channels included. A training step has the penalty on the feature transform, as there.

Run the comparison with MALLOC_MMAP_THRESHOLD_=4294967296 MALLOC_TRIM_THRESHOLD_=8589934592 MALLOC_TOP_PAD_=268435456: otherwise glibc maps and unmaps the
memory of PyTorch's tensors all the time, and its training step takes twice as long."""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))), "tests", "peers", "twins"))
from smp import check, versions, work


def torch_net(threads):
    import clouds
    import torch
    torch.set_num_threads(threads)
    torch.manual_seed(0)
    torch.set_default_dtype(torch.float32)
    return torch, clouds.PointNetDense(4, 3, True)


class Logits:
    """The network without its penalty, for inference."""
    def __new__(cls, torch, net):
        class Module(torch.nn.Module):
            def __init__(self):
                super().__init__()
                self.net = net

            def forward(self, x):
                return self.net(x)[0]
        return Module().eval()


def export(folder, shapes):
    from safetensors.torch import save_file
    torch, net = torch_net(int(os.environ.get("OMP_NUM_THREADS", "1")))
    net.eval()
    torch.save(net.state_dict(), f"{folder}/pointnet.pth")
    module = Logits(torch, net)
    for shape in shapes:
        points, batch = map(int, shape.split("x"))
        torch.onnx.export(module, (torch.randn(batch, 3, points),), f"{folder}/pointnet-{shape}.onnx", dynamo=True, external_data=False,
                          input_names=["input"], output_names=["logits"])
    x = torch.randn(1, 3, 300)
    with torch.inference_mode():
        save_file({"input": x}, f"{folder}/pointnet-input.safetensors")
        save_file({"logits": module(x).contiguous()}, f"{folder}/pointnet-logits.safetensors")


def training(peer, points, batch, low, threads):
    torch, net = torch_net(threads)
    net.train()
    x, y = torch.rand(batch, 3, points) * 2 - 1, torch.randint(0, 4, (batch, points))
    optimizer = torch.optim.AdamW(net.parameters(), 1e-3, weight_decay=1e-2, fused=True)

    def forward(x, y):
        logits, cost = net(x)
        return torch.nn.functional.cross_entropy(logits, y) + .001 * cost

    loss_of = torch.compile(forward) if peer == "torch-compile" else forward

    def step():
        optimizer.zero_grad(set_to_none=True)
        with torch.autocast("cpu", torch.bfloat16, enabled=low):
            loss = loss_of(x, y)
        loss.backward()
        optimizer.step()
    return step, ", ".join(["AdamW(fused)"] + ["autocast bf16"] * low + ["torch.compile"] * (peer == "torch-compile"))


def inference(peer, points, batch, low, threads, folder):
    import numpy
    path, x = f"{folder}/pointnet-{points}x{batch}.onnx", numpy.random.default_rng(0).normal(size=(batch, 3, points)).astype("float32")
    if peer == "onnxruntime":
        import onnxruntime
        o = onnxruntime.SessionOptions()
        o.intra_op_num_threads, o.inter_op_num_threads = threads, 1
        session = onnxruntime.InferenceSession(path, o, providers=["CPUExecutionProvider"])
        return lambda: session.run(None, {"input": x}), f"CPUExecutionProvider, intra_op_num_threads={threads}"
    if peer == "openvino":
        import openvino
        hint = "bf16" if low else "f32"
        net = openvino.Core().compile_model(path, "CPU", {"PERFORMANCE_HINT": "LATENCY", "INFERENCE_PRECISION_HINT": hint, "INFERENCE_NUM_THREADS": threads})
        request = net.create_infer_request()
        request.set_input_tensor(openvino.Tensor(x))
        return request.infer, f"LATENCY, INFERENCE_PRECISION_HINT={hint}, INFERENCE_NUM_THREADS={threads}"
    torch, net = torch_net(threads)
    net.eval()
    run_net, tensor = torch.compile(net) if peer == "torch-compile" else net, torch.from_numpy(x)

    def run():
        with torch.inference_mode(), torch.autocast("cpu", torch.bfloat16, enabled=low):
            run_net(tensor)
    return run, "autocast bf16" if low else ""


def main(arguments):
    if arguments[0] == "export":
        export(arguments[1], arguments[2:])
    elif arguments[0] == "check":
        check(*arguments[1:])
    else:
        peer, kind, points, batch, precision, threads, folder = arguments
        given = int(points), int(batch), precision == "bf16", int(threads)
        run, set_up = training(peer, *given) if kind == "train" else inference(peer, *given, folder)
        work(run, versions(peer if peer in ("onnxruntime", "openvino") else "torch"), set_up)


if __name__ == "__main__":
    main(sys.argv[1:])
