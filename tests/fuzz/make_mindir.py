#!/usr/bin/env python3
"""Small MindIR files for tests/fuzz/corpus/mindir: what MindSpore writes, a layer or two each."""
import os
import struct
import sys


def varint(n):
    n &= 2**64 - 1
    out = b""
    while True:
        byte, n = n & 127, n >> 7
        out += bytes([byte | (128 if n else 0)])
        if not n:
            return out


def put(number, v):
    if isinstance(v, int):
        return varint(number << 3) + varint(v)
    if isinstance(v, float):
        return varint(number << 3 | 5) + struct.pack("<f", v)
    v = v.encode() if isinstance(v, str) else v
    return varint(number << 3 | 2) + varint(len(v)) + v


def attr(name, v):
    head = put(1, name)
    if isinstance(v, bool):
        return head + put(3, int(v)) + put(16, 9)
    if isinstance(v, int):
        return head + put(3, v) + put(16, 7)
    if isinstance(v, float):
        return head + put(2, v) + put(16, 1)
    if isinstance(v, str):
        return head + put(5, v) + put(16, 8)
    return head + put(16, 20) + b"".join(put(17, put(10, i) + put(16, 7)) for i in v)


def tensor(dims, data=None, **names):
    t = b"".join(put(1, d) for d in dims) + put(2, 1)
    if names:
        t += put(7, "g:" + names["name"])
    if data is not None:
        t += put(9, struct.pack("<%df" % len(data), *data))
    if names:
        t += put(13, names["name"])
    return t


class Model:
    def __init__(self):
        self.nodes = self.parameters = self.primitives = b""
        self.n = 0

    def fresh(self, stem):
        self.n += 1
        return "g:%s:%d" % (stem, self.n)

    def constant(self, v):
        name = self.fresh("c")
        self.nodes += put(1, put(2, name) + put(3, name) + put(4, "Constant") + put(5, attr("value", v)))
        return name

    def parameter(self, name, dims, data):
        self.parameters += put(3, tensor(dims, data, name=name))
        return self.call("Load", ["g:" + name], dims)

    def call(self, op, inputs, dims, **settings):
        out, prim = self.fresh(op), "%s:%d" % (op, self.n)
        self.primitives += put(12, put(1, prim) + put(2, op) + b"".join(put(3, attr(k, v)) for k, v in settings.items()))
        shape = put(1, "shape") + put(12, tensor(dims)) + put(16, 19)
        self.nodes += put(1, b"".join(put(1, i) for i in inputs) + put(2, out) + put(3, out) + put(4, "REF::" + prim) + put(5, shape))
        return out

    def file(self, dims, out):
        graph = self.nodes + put(2, "g") + self.parameters + put(5, put(1, "g:x") + put(2, tensor(dims))) + put(6, put(1, out))
        return put(1, "0.1.1") + put(2, "MindSpore") + put(5, "2.7.0") + put(7, graph) + put(10, 1) + self.primitives


CONV = dict(kernel_size=(3, 3), pad_mode="same", stride=(1, 1, 1, 1), dilation=(1, 1, 1, 1), group=1, format="NCHW", pad=(0, 0, 0, 0))


def unet():
    m = Model()
    x = m.call("Conv2D", ["g:x", m.parameter("w", (2, 1, 3, 3), [0.1] * 18)], (1, 2, 4, 4), **CONV)
    x = m.call("BiasAdd", [x, m.parameter("b", (2,), [0.5, 1.0]), m.constant(0)], (1, 2, 4, 4))
    x = m.call("ReLU", [x], (1, 2, 4, 4))
    low = m.call("MaxPool", [x], (1, 2, 2, 2), kernel_size=(1, 1, 2, 2), strides=(1, 1, 2, 2), pad_mode="VALID", format="NCHW")
    up = m.call("Conv2DTranspose", [low, m.parameter("u", (2, 2, 2, 2), [0.2] * 16), m.constant((1, 2, 4, 4))], (1, 2, 4, 4),
                kernel_size=(2, 2), pad_mode="SAME", stride=(1, 1, 2, 2), dilation=(1, 1, 1, 1), group=1, format="NCHW", pad=(0, 0, 0, 0))
    both = m.call("Concat", [m.call("MakeTuple", [x, up], (1,)), m.constant(1)], (1, 4, 4, 4))
    cut = m.call("Slice", [both, m.constant((0, 0, 1, 1)), m.constant((1, 4, 2, 2))], (1, 4, 2, 2))
    last = m.call("Transpose", [cut, m.constant((0, 2, 3, 1))], (1, 2, 2, 4))
    out = m.call("MakeTuple", [m.call("Softmax", [last, m.constant((-1,))], (1, 2, 2, 4)),
                               m.call("Argmax", [last, m.constant(-1), m.constant(34)], (1, 2, 2))], (1,))
    return m.file((1, 1, 4, 4), m.call("Depend", [out, out], (1,)))


def norm():
    m = Model()
    one = [m.parameter(n, (2,), [1.0, 2.0]) for n in ("gamma", "beta", "mean", "var")]
    x = m.call("BatchNorm", ["g:x"] + one + [m.constant(False), m.constant(1e-5), m.constant(0.1), m.constant(0)], (1, 2, 4, 4))
    x = m.call("TupleGetItem", [x, m.constant(0)], (1, 2, 4, 4))
    x = m.call("ResizeBilinearV2", [x, m.constant((8, 8)), m.constant(False), m.constant(False)], (1, 2, 8, 8))
    x = m.call("Mul", [x, m.constant(0.5)], (1, 2, 8, 8))
    x = m.call("ReduceMean", [x, m.constant((2, 3)), m.constant(False)], (1, 2))
    x = m.call("MatMul", [x, m.parameter("d", (3, 2), [0.1] * 6), m.constant(False), m.constant(True)], (1, 3))
    return m.file((1, 2, 4, 4), m.call("BiasAdd", [x, m.parameter("e", (3,), [0.0] * 3), m.constant(0)], (1, 3)))


def unknown():
    m = Model()
    return m.file((1, 2), m.call("Mystery", ["g:x"], (1, 2)))


def chain():
    m = Model()
    x = "g:x"
    for _ in range(40):
        x = m.call("TupleGetItem", [x, m.constant(0)], (1, 2))
    return m.file((1, 2), x)


if __name__ == "__main__":
    folder = sys.argv[1]
    os.makedirs(folder, exist_ok=True)
    for make in (unet, norm, unknown, chain):
        with open(os.path.join(folder, make.__name__), "wb") as f:
            f.write(make())
