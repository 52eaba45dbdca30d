"""StreamManagerApi of MindX SDK on secant: programs written for it run as they are.

Strings are bytes, as in the original; str is taken too. Vectors have push_back, append, pop, size and indices. Calls release
Python's lock. The original's quirks that programs rely on are kept: SendData returns 0, which many use as a number of an output.
Beyond it: GetProtobuf takes msTimeOut (default 60000), StreamManagerApi has SetElementProperty and Statistics.
"""
import ctypes as _c
import os as _os
import sys as _sys
from warnings import warn as _warn

__all__ = ["StreamManagerApi", "RoiBox", "MxDataInput", "MxDataInputExt", "MxDataOutput", "MxBufferInput", "MxBufferOutput",
           "MxProtobufIn", "MxProtobufOut", "MxMetadataInput", "MxMetadataOutput", "MxBufferAndMetadataOutput", "RoiBoxVector",
           "StringVector", "InProtobufVector", "OutProtobufVector", "MetadataInputVector", "MetadataOutputVector"]

_INNER, _FAILURE, _TIMEOUT, _NO_STREAM, _MODE, _NO_KEY = 1002, 1001, 6010, 6002, 6008, 7011


class _Box(_c.Structure):
    _fields_ = [(n, _c.c_float) for n in ("x0", "y0", "x1", "y1")]


class _Message(_c.Structure):
    _fields_ = [("key", _c.c_char_p), ("type", _c.c_char_p), ("data", _c.c_void_p), ("size", _c.c_size_t)]


class _Input(_c.Structure):
    _fields_ = [("data", _c.c_void_p), ("size", _c.c_size_t), ("boxes", _c.POINTER(_Box)), ("n_boxes", _c.c_int),
                ("messages", _c.POINTER(_Message)), ("n_messages", _c.c_int), ("frame_info", _c.c_void_p),
                ("vision_info", _c.c_void_p), ("frame_info_size", _c.c_size_t), ("vision_info_size", _c.c_size_t)]


class _Fault(_c.Structure):
    _fields_ = [("code", _c.c_int), ("name", _c.c_char_p), ("stream", _c.c_char * 256), ("element", _c.c_char * 256),
                ("property", _c.c_char * 256), ("message", _c.c_char * 500)]


def _open():
    here = _os.path.dirname(_os.path.abspath(__file__))
    places = [_os.path.join(here, up, "libsecant-stream.so") for up in ("..", "../..", "../../..", ".")]
    for path in [p for p in places if _os.path.exists(p)] + ["libsecant-stream.so"]:
        try:
            lib = _c.CDLL(path)
            break
        except OSError as e:
            why = e
    else:
        raise ImportError("libsecant-stream cannot be loaded: %s" % why)
    p, s, i, u = _c.c_void_p, _c.c_char_p, _c.c_int, _c.c_uint32
    for name, result, arguments in (
            ("secant_streams_new", p, []), ("secant_streams_free", None, [p]),
            ("secant_streams_create", i, [p, s, _c.c_size_t, _c.POINTER(_Fault)]),
            ("secant_streams_create_file", i, [p, s, _c.POINTER(_Fault)]),
            ("secant_streams_stop", i, [p, s]), ("secant_streams_stop_all", i, [p]),
            ("secant_streams_send", i, [p, s, s, i, _c.POINTER(_Input), _c.POINTER(_c.c_int64)]),
            ("secant_streams_get", p, [p, s, s, i, _c.POINTER(s), i, u]),
            ("secant_streams_get_id", p, [p, s, _c.c_int64, u]),
            ("secant_stream_result_code", i, [p]), ("secant_stream_result_came", _c.c_bool, [p]),
            ("secant_stream_result_data", p, [p, _c.POINTER(_c.c_size_t)]),
            ("secant_stream_result_message", _c.c_bool, [p, i, _c.POINTER(_Message), p]),
            ("secant_stream_result_free", None, [p]),
            ("secant_streams_set", i, [p, s, s, s, s, _c.c_bool, _c.POINTER(_Fault)]),
            ("secant_streams_statistics", p, [p, s]), ("secant_streams_name", p, [p, i]),
            ("secant_stream_error_text", None, [i, s, _c.c_size_t]), ("secant_free", None, [p])):
        f = getattr(lib, name)
        f.restype, f.argtypes = result, arguments
    return lib


_lib = _open()


def _bytes(v):
    return v.encode() if isinstance(v, str) else b"" if v is None else bytes(v)


def _plain(v):
    """A text for C: nothing behind a zero byte would be seen."""
    b = _bytes(v)
    return b.replace(b"\0", b"\x7f")


def _error_text(code):
    text = _c.create_string_buffer(300)
    _lib.secant_stream_error_text(code, text, 300)
    return text.value


def _record(name, doc, **fields):
    """A class with fields of fixed kinds, like those that SWIG makes: what is set is converted. Other names can be set as there, which
    does nothing: programs that do misspell one, so it is said."""
    kinds = {"bytes": (lambda: b"", _bytes), "int": (int, int), "float": (float, float)}

    def make(self, *values):
        for key, kind in fields.items():
            object.__setattr__(self, key, kinds[kind][0]() if isinstance(kind, str) else kind())
        for key, value in zip(fields, values):
            setattr(self, key, value)

    def change(self, key, value):
        if key not in fields:
            _warn("%s has no '%s', which does nothing: it has %s" % (name, key, ", ".join(fields)), stacklevel=2)
            return object.__setattr__(self, key, value)
        kind = fields[key]
        object.__setattr__(self, key, kinds[kind][1](value) if isinstance(kind, str) else value)

    def show(self):
        return "%s(%s)" % (name, ", ".join("%s=%.60r" % (key, getattr(self, key)) for key in fields))

    return type(name, (), {"__init__": make, "__setattr__": change, "__repr__": show, "__doc__": doc})


class _Vector:
    """A std::vector as SWIG shows it."""

    def __init__(self, items=()):
        self._items = list(items)

    def push_back(self, item):
        self._items.append(item)

    append = push_back

    def pop(self):
        return self._items.pop()

    pop_back = pop

    def size(self):
        return len(self._items)

    def empty(self):
        return not self._items

    def clear(self):
        self._items.clear()

    def front(self):
        return self._items[0]

    def back(self):
        return self._items[-1]

    def __len__(self):
        return len(self._items)

    def __bool__(self):
        return bool(self._items)

    def __getitem__(self, i):
        return self._items[i]

    def __setitem__(self, i, item):
        self._items[i] = item

    def __delitem__(self, i):
        del self._items[i]

    def __iter__(self):
        return iter(self._items)

    def __repr__(self):
        return "%s(%r)" % (type(self).__name__, self._items)


class RoiBoxVector(_Vector):
    pass


class StringVector(_Vector):
    pass


class InProtobufVector(_Vector):
    pass


class OutProtobufVector(_Vector):
    pass


class MetadataInputVector(_Vector):
    pass


class MetadataOutputVector(_Vector):
    pass


RoiBox = _record("RoiBox", "A rectangle in pixels of the picture.", x0="float", y0="float", x1="float", y1="float")
MxDataInput = _record("MxDataInput", "What is sent: the bytes of a picture, and rectangles of it.",
                      data="bytes", fragmentId="int", customParam="bytes", roiBoxs=RoiBoxVector)
MxDataInputExt = _record("MxDataInputExt", "MxDataInput with serialised MxpiFrameInfo and MxpiVisionInfo.", data="bytes",
                         fragmentId="int", customParam="bytes", roiBoxs=RoiBoxVector, mxpiFrameInfo="bytes", mxpiVisionInfo="bytes")
MxDataOutput = _record("MxDataOutput", "A result.", errorCode="int", data="bytes")
MxBufferInput = _record("MxBufferInput", "Bytes with serialised information.", data="bytes", mxpiFrameInfo="bytes", mxpiVisionInfo="bytes")
MxBufferOutput = _record("MxBufferOutput", "The bytes of a result.", errorCode="int", errorMsg="bytes", data="bytes")
MxProtobufIn = _record("MxProtobufIn", "A message that is sent; type is b'MxTools.MxpiTensorPackageList'.",
                       key="bytes", type="bytes", protobuf="bytes")
MxProtobufOut = _record("MxProtobufOut", "A message of a result; messageName is its key.", errorCode="int", messageName="bytes", messageBuf="bytes")
MxMetadataInput = _record("MxMetadataInput", "A message that is sent with bytes.", dataSource="bytes", dataType="bytes", serializedMetadata="bytes")
MxMetadataOutput = _record("MxMetadataOutput", "A message of a result.", errorCode="int", errorMsg="bytes", dataType="bytes", serializedMetadata="bytes")
MxBufferAndMetadataOutput = _record("MxBufferAndMetadataOutput", "Bytes and messages of a result.", errorCode="int",
                                    errorMsg="bytes", bufferOutput=MxBufferOutput, metadataVec=MetadataOutputVector)


class _Result:
    """What came out of a stream, freed at once."""

    def __init__(self, pointer, keys=()):
        if not pointer:
            raise MemoryError("no memory for a result")
        size = _c.c_size_t()
        self.code, self.came = _lib.secant_stream_result_code(pointer), _lib.secant_stream_result_came(pointer)
        at = _lib.secant_stream_result_data(pointer, _c.byref(size))
        self.data = _c.string_at(at, size.value)
        self.messages = []
        for i, key in enumerate(keys):
            m = _Message()
            there = _lib.secant_stream_result_message(pointer, i, _c.byref(m), None)
            self.messages.append((key, b"MxTools." + m.type, _c.string_at(m.data, m.size)) if there else (key, None, b""))
        _lib.secant_stream_result_free(pointer)


class StreamManagerApi:
    """Creates streams, sends to them and fetches their results."""

    def __init__(self):
        self._manager = None

    def __del__(self):
        if getattr(self, "_manager", None) and _lib:
            _lib.secant_streams_free(self._manager)
            self._manager = None

    def InitManager(self, argStrings=None):
        """Makes the manager ready; 0."""
        if not self._manager:
            self._manager = _lib.secant_streams_new()
        if not self._manager:
            _sys.stderr.write("1013 COMM_INIT_FAIL: GStreamer does not start, or this process was forked from one that has streams: start "
                              "workers before it has, or by multiprocessing's method 'spawn'\n")
        return 0 if self._manager else 1013

    def _created(self, code, fault):
        if code:
            _sys.stderr.write("%d %s: %s\n" % (code, (fault.name or b"").decode(), ", ".join(
                x for x in (("stream " + fault.stream.decode(errors="replace")) if fault.stream else "",
                            ("element " + fault.element.decode(errors="replace")) if fault.element else "",
                            ("property " + fault.property.decode(errors="replace")) if fault.property else "",
                            fault.message.decode(errors="replace")) if x)))
        return code

    def CreateMultipleStreams(self, streamsConfig):
        """Creates the streams of a JSON text. The error code; what was wrong goes to standard error."""
        text, fault = _bytes(streamsConfig), _Fault()
        code = self.InitManager()
        return code or self._created(_lib.secant_streams_create(self._manager, text, len(text), _c.byref(fault)), fault)

    def CreateMultipleStreamsFromFile(self, streamsConfigPath):
        """The same from a file."""
        fault, code = _Fault(), self.InitManager()
        return code or self._created(_lib.secant_streams_create_file(self._manager, _plain(streamsConfigPath), _c.byref(fault)), fault)

    def StopStream(self, streamName):
        return _lib.secant_streams_stop(self._manager, _plain(streamName)) if self._manager else -1

    def DestroyAllStreams(self):
        return _lib.secant_streams_stop_all(self._manager) if self._manager else -1

    def _send(self, stream, where, fill, wants_id=False):
        """fill(input) -> what must live until the call is over."""
        if not self._manager:
            return -1
        given, number = _Input(), _c.c_int64()
        kept = fill(given)
        element = None if isinstance(where, int) else _plain(where)
        code = _lib.secant_streams_send(self._manager, _plain(stream), element, where if element is None else 0, _c.byref(given),
                                        _c.byref(number) if wants_id else None)
        del kept
        return (number.value if not code else -1) if wants_id else code

    @staticmethod
    def _blob(given, name, data):
        data = _bytes(data)
        setattr(given, name, _c.cast(_c.c_char_p(data), _c.c_void_p) if data else None)
        setattr(given, "size" if name == "data" else name + "_size", len(data))
        return data

    def _data(self, source):
        def fill(given):
            boxes = (_Box * max(1, len(source.roiBoxs)))(*[(b.x0, b.y0, b.x1, b.y1) for b in source.roiBoxs])
            given.boxes, given.n_boxes = boxes, len(source.roiBoxs)
            return [boxes, self._blob(given, "data", source.data),
                    self._blob(given, "frame_info", getattr(source, "mxpiFrameInfo", b"")),
                    self._blob(given, "vision_info", getattr(source, "mxpiVisionInfo", b""))]
        return fill

    @staticmethod
    def _messages(given, items):
        data = [(_plain(k), _plain(t), _bytes(b)) for k, t, b in items]
        made = (_Message * max(1, len(data)))(*[(k, t, _c.cast(_c.c_char_p(b), _c.c_void_p), len(b)) for k, t, b in data])
        given.messages, given.n_messages = made, len(data)
        return [data, made]

    def SendData(self, streamName, where, dataInput, bufferInput=None):
        """SendData(stream, number or element, MxDataInput), or SendData(stream, element, MetadataInputVector, MxBufferInput)."""
        if bufferInput is None:
            return self._send(streamName, where, self._data(dataInput))

        def fill(given):
            return [self._blob(given, "data", bufferInput.data), self._blob(given, "frame_info", bufferInput.mxpiFrameInfo),
                    self._blob(given, "vision_info", bufferInput.mxpiVisionInfo),
                    self._messages(given, [(m.dataSource, m.dataType, m.serializedMetadata) for m in dataInput])]
        return self._send(streamName, where, fill)

    def SendDataWithUniqueId(self, streamName, where, dataInput):
        """The number of what was sent, -1 on failure."""
        return self._send(streamName, where, self._data(dataInput), True)

    def SendProtobuf(self, streamName, where, protoVec):
        return self._send(streamName, where, lambda given: self._messages(given, [(p.key, p.type, p.protobuf) for p in protoVec]))

    def _get(self, stream, where, keys, milliseconds):
        element = None if isinstance(where, int) else _plain(where)
        names = (_c.c_char_p * max(1, len(keys)))(*[_plain(k) for k in keys])
        return _Result(_lib.secant_streams_get(self._manager, _plain(stream), element, where if element is None else 0, names,
                                               len(keys), max(0, int(milliseconds))), [_plain(k) for k in keys])

    def GetResult(self, streamName, where, third=None, fourth=None, msTimeOut=None):
        """GetResult(stream, number[, msTimeOut]) -> MxDataOutput; GetResult(stream, element, StringVector[, msTimeOut]) ->
        MxBufferAndMetadataOutput."""
        plain = isinstance(where, int) and (third is None or isinstance(third, int))
        wait = msTimeOut if msTimeOut is not None else (third if plain else fourth)
        wait = 3000 if wait is None else wait
        if not plain:
            return self._get_with_messages(streamName, where, list(third or ()), wait)
        out = MxDataOutput()
        if not self._manager:
            out.errorCode = -1
            return out
        r = self._get(streamName, where, [], wait)
        out.errorCode = r.code if r.came or r.code in (_NO_STREAM,) else _INNER
        out.data = r.data if r.came else _error_text(out.errorCode).strip() + b" " + r.data
        return out

    def _get_with_messages(self, stream, where, keys, wait):
        out = MxBufferAndMetadataOutput()
        if not self._manager:
            out.errorCode = _NO_STREAM
            return out
        r = self._get(stream, where, keys, wait)
        out.errorCode = r.code if r.came or r.code != _TIMEOUT else _FAILURE
        out.errorMsg = b"" if not out.errorCode else r.data
        out.bufferOutput.errorCode, out.bufferOutput.errorMsg = out.errorCode, out.errorMsg
        if r.came and not r.code:
            out.bufferOutput.data = r.data
        for key, kind, data in r.messages if r.came else ():
            if kind is not None:  # what is missing is left out, as in the original
                out.metadataVec.push_back(MxMetadataOutput(r.code, b"", kind, data))
        return out

    def GetResultWithUniqueId(self, streamName, uniqueId, timeOutInMs):
        out = MxDataOutput()
        if not self._manager:
            out.errorCode = -1
            return out
        r = _Result(_lib.secant_streams_get_id(self._manager, _plain(streamName), int(uniqueId), max(0, int(timeOutInMs))))
        out.errorCode, out.data = r.code, r.data
        return out

    def GetProtobuf(self, streamName, outPluginId, keyVec, msTimeOut=60000):
        """The messages of these keys of the next result; the original waits for ever, this one so long."""
        out = OutProtobufVector()
        if not self._manager:
            out.push_back(MxProtobufOut(-1, _error_text(-1), b""))
            return out
        keys = list(keyVec)
        r = self._get(streamName, outPluginId, keys, msTimeOut) if keys else None
        for key, kind, data in r.messages if r and r.came else ():
            if kind is not None:
                out.push_back(MxProtobufOut(r.code, key, data))
        return out

    def SetElementProperty(self, streamName, elementName, propertyName, propertyValue):
        fault = _Fault()
        if not self._manager:
            return -1
        return _lib.secant_streams_set(self._manager, _plain(streamName), _plain(elementName), _plain(propertyName),
                                       _plain(propertyValue), False, _c.byref(fault))

    def Statistics(self, streamName):
        """Frames and times of a stream, as JSON; None: there is no such stream."""
        at = _lib.secant_streams_statistics(self._manager, _plain(streamName)) if self._manager else None
        text = _c.string_at(at) if at else None
        _lib.secant_free(at)
        return text
