"""Messages of MindX SDK for Python, made from the schema that libsecant-stream prints.

Where the package protobuf is installed they are its classes. Else they are the plain ones below, which know what programs written
for the SDK do with messages: fields, add, append, extend, HasField, CopyFrom, SerializeToString, ParseFromString, MergeFromString.
"""
import ctypes as _c
import re as _re
import struct as _struct

import StreamManagerApi as _api

_SCALARS = {"double": 1, "float": 2, "int64": 3, "uint64": 4, "int32": 5, "bool": 8, "string": 9, "bytes": 12, "uint32": 13}


def schema(name):
    """{enums: {name: [(word, number)]}, messages: {name: [(repeated, type, field, number)]}} of a proto file."""
    f = _api._lib.secant_stream_schema
    f.restype, f.argtypes = _c.c_void_p, [_c.c_char_p]
    at = f(name.encode())
    text = _c.string_at(at).decode()
    _api._lib.secant_free(at)
    out = {"enums": {}, "messages": {}, "imports": _re.findall(r'import "(\w+)\.proto"', text)}
    for kind, title, body in _re.findall(r"(enum|message) (\w+) \{\n(.*?)\}", text, _re.S):
        if kind == "enum":
            out["enums"][title] = [(w, int(n)) for w, n in _re.findall(r"(\w+) = (\d+);", body)]
        else:
            out["messages"][title] = [(bool(r), t, f, int(n)) for r, t, f, n in
                                      _re.findall(r"(repeated )?(map<string, string>|\w+) (\w+) = (\d+);", body)]
    return out


# ---- classes of the package protobuf ----

def _google(name):
    from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
    s = schema(name)
    for other in s["imports"]:
        _google(other)
    pool = descriptor_pool.Default()
    file = descriptor_pb2.FileDescriptorProto(name=name + ".proto", package="MxTools", syntax="proto3",
                                              dependency=[i + ".proto" for i in s["imports"]])
    for title, words in s["enums"].items():
        e = file.enum_type.add(name=title)
        for word, number in words:
            e.value.add(name=word, number=number)
    enums = set(s["enums"]) | {"MxpiMemoryType", "MxpiDataType"}
    for title, fields in s["messages"].items():
        m = file.message_type.add(name=title)
        for repeated, kind, field, number in fields:
            f = m.field.add(name=field, number=number, label=3 if repeated else 1)
            if kind.startswith("map"):
                entry = m.nested_type.add(name=field.capitalize() + "Entry")
                entry.options.map_entry = True
                for k, n in (("key", 1), ("value", 2)):
                    entry.field.add(name=k, number=n, label=1, type=9)
                f.label, f.type, f.type_name = 3, 11, ".MxTools.%s.%s" % (title, entry.name)
            elif kind in _SCALARS:
                f.type = _SCALARS[kind]
            else:
                f.type, f.type_name = (14 if kind in enums else 11), ".MxTools." + kind
    try:
        described = pool.FindFileByName(file.name)
    except KeyError:
        described = pool.Add(file) or pool.FindFileByName(file.name)
    make = getattr(message_factory, "GetMessageClass", None) or message_factory.MessageFactory(pool).GetPrototype
    out = {"DESCRIPTOR": described}
    for title in s["messages"]:
        out[title] = make(described.message_types_by_name[title])
    for title, words in s["enums"].items():
        out.update(words)
        if title not in out:
            from google.protobuf.internal import enum_type_wrapper
            out[title] = enum_type_wrapper.EnumTypeWrapper(described.enum_types_by_name[title])
    return out


# ---- classes of our own ----

class DecodeError(Exception):
    """Bytes that are no such message."""


def _varint(v):
    v &= (1 << 64) - 1
    out = bytearray()
    while v > 127:
        out.append(v & 127 | 128)
        v >>= 7
    out.append(v)
    return bytes(out)


def _take_varint(data, at):
    v = shift = 0
    while True:
        if at >= len(data) or shift > 63:
            raise DecodeError("a number that does not end")
        b = data[at]
        at += 1
        v |= (b & 127) << shift
        shift += 7
        if b < 128:
            return v, at


class _Many(list):
    """A repeated field of messages."""

    def __init__(self, make):
        list.__init__(self)
        self._make = make

    def add(self, **fields):
        self.append(self._make(**fields))
        return self[-1]

    def MergeFrom(self, other):
        for m in other:
            self.add().CopyFrom(m)


class _Message:
    _fields = ()  # (repeated, type, name, number)

    def __init__(self, **fields):
        object.__setattr__(self, "_v", {})
        for name, value in fields.items():
            field = self._field(name)
            if field[0]:
                getattr(self, name).extend(value)
            elif isinstance(value, _Message):
                getattr(self, name).CopyFrom(value)
            else:
                setattr(self, name, value)

    @classmethod
    def _field(cls, name):
        for f in cls._fields:
            if f[2] == name:
                return f
        raise AttributeError("%s has no field '%s'" % (cls.__name__, name))

    def __getattr__(self, name):
        repeated, kind, name, _ = self._field(name)
        if name not in self._v:
            new = (dict() if kind.startswith("map") else _Many(_types[kind]) if repeated and kind in _types else [] if repeated
                   else _types[kind]() if kind in _types else "" if kind == "string" else b"" if kind == "bytes"
                   else 0.0 if kind in ("float", "double") else False if kind == "bool" else 0)
            if not (repeated or kind in _types or kind.startswith("map")):
                return new
            self._v[name] = new
        return self._v[name]

    def __setattr__(self, name, value):
        repeated, kind, name, _ = self._field(name)
        if repeated or kind in _types:
            raise AttributeError("'%s' is filled in place" % name)
        if kind == "string":
            value = value.decode() if isinstance(value, bytes) else str(value)
        elif kind == "bytes":
            if isinstance(value, str):
                raise TypeError("'%s' is bytes, not str" % name)
            value = bytes(value)
        elif kind in ("float", "double"):
            value = float(value) if kind == "double" else _struct.unpack("<f", _struct.pack("<f", value))[0]
        else:
            value = bool(value) if kind == "bool" else int(value)
        self._v[name] = value

    def HasField(self, name):
        self._field(name)
        return name in self._v

    def ClearField(self, name):
        self._v.pop(name, None)

    def Clear(self):
        self._v.clear()

    def CopyFrom(self, other):
        self.Clear()
        self.MergeFromString(other.SerializeToString())

    def MergeFrom(self, other):
        self.MergeFromString(other.SerializeToString())

    def __eq__(self, other):
        return type(self) is type(other) and self.SerializeToString() == other.SerializeToString()

    def __repr__(self):
        return "%s(%s)" % (type(self).__name__, ", ".join("%s=%.60r" % item for item in self._v.items()))

    @staticmethod
    def _scalar(kind, value):
        if kind == "float":
            return _struct.pack("<f", value)
        if kind == "double":
            return _struct.pack("<d", value)
        return _varint(int(value))

    def SerializeToString(self, **_):
        out = bytearray()
        for repeated, kind, name, number in sorted(self._fields, key=lambda f: f[3]):
            if name not in self._v:
                continue
            v = self._v[name]
            if kind.startswith("map"):
                for k, w in v.items():
                    pair = b"".join(_varint(n << 3 | 2) + _varint(len(t.encode())) + t.encode() for n, t in ((1, k), (2, w)))
                    out += _varint(number << 3 | 2) + _varint(len(pair)) + pair
                continue
            wide = kind in _types or kind in ("string", "bytes")
            if repeated and not wide:
                body = b"".join(self._scalar(kind, x) for x in v)
                if body:
                    out += _varint(number << 3 | 2) + _varint(len(body)) + body
                continue
            for x in v if repeated else [v]:
                if wide:
                    body = x.SerializeToString() if kind in _types else x.encode() if kind == "string" else x
                    if repeated or kind in _types or body:
                        out += _varint(number << 3 | 2) + _varint(len(body)) + body
                elif x:
                    out += _varint(number << 3 | {"float": 5, "double": 1}.get(kind, 0)) + self._scalar(kind, x)
        return bytes(out)

    @classmethod
    def FromString(cls, data):
        m = cls()
        m.MergeFromString(data)
        return m

    def ParseFromString(self, data):
        self.Clear()
        return self.MergeFromString(data)

    def MergeFromString(self, data):
        data = bytes(data)
        at = 0
        known = {f[3]: f for f in self._fields}
        while at < len(data):
            key, at = _take_varint(data, at)
            wire, field = key & 7, known.get(key >> 3)
            if wire == 0:
                value, at = _take_varint(data, at)
            elif wire in (1, 5):
                size = 8 if wire == 1 else 4
                value, at = data[at:at + size], at + size
            elif wire == 2:
                size, at = _take_varint(data, at)
                value, at = data[at:at + size], at + size
            else:
                raise DecodeError("a field of kind %d" % wire)
            if at > len(data):
                raise DecodeError("the message is cut off")
            if field:
                self._take(field, wire, value)
        return len(data)

    @staticmethod
    def _number(kind, value):
        if kind in ("float", "double"):
            return _struct.unpack("<f" if kind == "float" else "<d", value)[0]
        if kind == "int32":
            value &= 0xFFFFFFFF
            return value - (1 << 32) if value >> 31 else value
        return bool(value) if kind == "bool" else value & 0xFFFFFFFF if kind == "uint32" else value

    def _take(self, field, wire, value):
        repeated, kind, name, _ = field
        if kind.startswith("map"):
            pair = {1: "", 2: ""}
            at = 0
            while at < len(value):
                key, at = _take_varint(value, at)
                size, at = _take_varint(value, at)
                pair[key >> 3] = value[at:at + size].decode()
                at += size
            getattr(self, name)[pair[1]] = pair[2]
        elif kind in _types:
            (getattr(self, name).add() if repeated else getattr(self, name)).MergeFromString(value)
        elif kind in ("string", "bytes"):
            value = value.decode() if kind == "string" else value
            if repeated:
                getattr(self, name).append(value)
            else:
                self._v[name] = value
        elif repeated and wire == 2:
            size, at = {"float": 4, "double": 8}.get(kind), 0
            while at < len(value):
                if size:
                    x, at = value[at:at + size], at + size
                else:
                    x, at = _take_varint(value, at)
                getattr(self, name).append(self._number(kind, x))
        elif repeated:
            getattr(self, name).append(self._number(kind, value))
        else:
            self._v[name] = self._number(kind, value)


_types = {}


def _plain(name):
    s = schema(name)
    for other in s["imports"]:
        _plain(other)
    out = {}
    for title, fields in s["messages"].items():
        if title not in _types:
            _types[title] = type(title, (_Message,), {"_fields": tuple(fields), "__doc__": "MxTools." + title})
        out[title] = _types[title]
    for words in s["enums"].values():
        out.update(words)
    return out


def fill(module, name):
    """Puts the messages and words of a proto file into a module."""
    try:
        import google.protobuf  # noqa: F401
    except ImportError:
        module.update(_plain(name))
        return
    module.update(_google(name))
