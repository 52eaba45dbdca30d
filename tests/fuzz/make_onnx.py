#!/usr/bin/env python3
"""Writes the seeds of tests/fuzz/corpus/onnx: small models, one for each part of the reader and of the operators' table. Needs the package onnx."""
import pathlib

import numpy as np
import onnx
from onnx import TensorProto as T
from onnx import helper as h
from onnx import numpy_helper

out = pathlib.Path(__file__).parent / "corpus" / "onnx"
out.mkdir(parents=True, exist_ok=True)
rng = np.random.default_rng(0)


def info(name, shape, kind=T.FLOAT):
    return h.make_tensor_value_info(name, kind, shape)


def init(name, array):
    return numpy_helper.from_array(np.asarray(array), name)


def save(name, nodes, inputs, outputs, inits=(), opset=17, **more):
    graph = h.make_graph(nodes, name, inputs, outputs, list(inits))
    model = h.make_model(graph, opset_imports=[h.make_opsetid("", opset), h.make_opsetid("own", 1)], ir_version=8, producer_name="seeds", **more)
    (out / name).write_bytes(model.SerializeToString())


f = np.float32
save("net", [
    h.make_node("Conv", ["x", "w", "b"], ["c"], pads=[1, 1, 1, 1], strides=[2, 2]),
    h.make_node("BatchNormalization", ["c", "s", "b", "b", "s"], ["n"]),
    h.make_node("Relu", ["n"], ["r"]),
    h.make_node("MaxPool", ["r"], ["p", "i"], kernel_shape=[2, 2], strides=[2, 2]),
    h.make_node("Resize", ["p", "", "", "size"], ["u"], mode="linear", coordinate_transformation_mode="half_pixel"),
    h.make_node("Concat", ["u", "r"], ["k"], axis=1),
    h.make_node("Softmax", ["k"], ["y"], axis=1),
], [info("x", [1, 3, 8, 8])], [info("y", None)], [
    init("w", rng.standard_normal((2, 3, 3, 3)).astype(f)), init("b", np.zeros(2, f)), init("s", np.ones(2, f)), init("size", np.array([1, 2, 4, 4])),
])
save("shapes", [
    h.make_node("Shape", ["x"], ["s"]),
    h.make_node("Gather", ["s", "two"], ["d"], axis=0),
    h.make_node("Unsqueeze", ["d", "zero"], ["e"]),
    h.make_node("Concat", ["e", "minus"], ["t"], axis=0),
    h.make_node("Reshape", ["x", "t"], ["r"]),
    h.make_node("Transpose", ["r"], ["q"], perm=[1, 0]),
    h.make_node("Slice", ["q", "zero", "minus", "zero", "step"], ["y"]),
], [info("x", ["n", 2, 3])], [info("y", None)], [init("two", np.int64(2)), init("zero", np.array([0])), init("minus", np.array([-1])), init("step", np.array([2]))])
branch = [h.make_graph([h.make_node("Add" if k else "Sub", ["x", "x"], [f"z{k}"])], "b", [], [info(f"z{k}", None)]) for k in (0, 1)]
body = h.make_graph([h.make_node("Add", ["a", "x"], ["a2"]), h.make_node("Identity", ["go"], ["go2"]), h.make_node("Identity", ["a2"], ["each"])], "l",
                    [info("i", [], T.INT64), info("go", [], T.BOOL), info("a", None)], [info("go2", [], T.BOOL), info("a2", None), info("each", None)])
save("control", [
    h.make_node("If", ["c"], ["f"], then_branch=branch[0], else_branch=branch[1]),
    h.make_node("Loop", ["m", "c", "f"], ["last", "all"], body=body),
], [info("x", [2])], [info("last", None), info("all", None)], [init("c", np.array(True)), init("m", np.int64(3))])
fn = h.make_function("own", "Twice", ["a"], ["b"], [h.make_node("Mul", ["a", "k"], ["b"]), ], [h.make_opsetid("", 17)], ["value"])
fn.node.insert(0, h.make_node("Constant", [], ["k"]))
fn.node[0].attribute.append(onnx.AttributeProto(name="value_float", ref_attr_name="value", type=onnx.AttributeProto.FLOAT))
save("function", [h.make_node("Twice", ["x"], ["y"], domain="own", value=2.0)], [info("x", [3])], [info("y", [3])], functions=[fn])
typed = [h.make_tensor(f"t{k}", k, [2], [1, 2]) for k in (T.FLOAT, T.UINT8, T.INT8, T.UINT16, T.INT16, T.INT32, T.INT64, T.BOOL, T.FLOAT16, T.DOUBLE, T.UINT32, T.UINT64, T.BFLOAT16)]
save("types", [h.make_node("Cast", [t.name], [f"y{t.data_type}"], to=T.FLOAT) for t in typed], [], [info(f"y{t.data_type}", [2]) for t in typed], typed)
save("quantised", [
    h.make_node("QuantizeLinear", ["x", "s", "z"], ["q"]),
    h.make_node("QLinearConv", ["q", "s", "z", "w", "s", "wz", "s", "z"], ["c"]),
    h.make_node("DequantizeLinear", ["c", "s", "z"], ["y"]),
], [info("x", [1, 1, 4, 4])], [info("y", None)], [init("s", f(0.1)), init("z", np.uint8(3)), init("w", np.ones((1, 1, 2, 2), np.int8)), init("wz", np.int8(0))])
save("recurrent", [h.make_node("LSTM", ["x", "w", "r"], ["y", "h", "c"], hidden_size=2)], [info("x", [3, 1, 2])], [info("y", None)],
     [init("w", rng.standard_normal((1, 8, 2)).astype(f)), init("r", rng.standard_normal((1, 8, 2)).astype(f))])
save("pieces", [
    h.make_node("Split", ["x", "sizes"], ["a", "b"], axis=0),
    h.make_node("Pad", ["a", "pads"], ["p"], mode="reflect"),
    h.make_node("TopK", ["p", "one"], ["v", "i"]),
    h.make_node("Einsum", ["p", "p"], ["e"], equation="ij,ij->i"),
    h.make_node("ScatterND", ["x", "at", "b"], ["s"]),
    h.make_node("ReduceMean", ["s"], ["y"], axes=[1], keepdims=0),
    h.make_node("GridSample", ["g", "grid"], ["gs"]),
    h.make_node("NonMaxSuppression", ["boxes", "scores", "one"], ["nms"]),
], [info("x", [3, 4])], [info("y", None), info("v", None), info("e", None), info("gs", None), info("nms", None)], [
    init("sizes", np.array([2, 1])), init("pads", np.array([0, 1, 0, 2])), init("one", np.array([1])), init("at", np.array([[0]])),
    init("g", np.ones((1, 1, 2, 2), f)), init("grid", np.zeros((1, 1, 1, 2), f)), init("boxes", np.ones((1, 2, 4), f)), init("scores", np.ones((1, 1, 2), f)),
])
