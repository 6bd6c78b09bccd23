"""Records in SageMaker's RecordIO-protobuf format.

A record is framed by a magic number and its length, and padded to four bytes; its content is a message
``Record`` with the maps ``features`` and ``label`` of tensors. Source: "Common Data Formats for Training" in
the AWS documentation, which shows the message. Only the wire types that this message has are read, so that
no environment needs protobuf.
"""

import struct
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy

_MAGIC = 0xCED7230A
_FEATURES, _LABEL = 1, 2
_FLOAT32, _FLOAT64, _INT32 = 2, 3, 7
_VALUES, _KEYS, _SHAPE = 1, 2, 3
_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5


@dataclass(frozen=True, kw_only=True)
class Tensor:
    """A vector; with `keys`, only the values at those places are not zero.

    Attributes:
        values: its numbers.
        keys: the places of the values in a sparse vector.
        shape: the length of a sparse vector.
    """

    values: Any
    keys: tuple[int, ...] = ()
    shape: tuple[int, ...] = ()

    def dense(self, width: int | None = None) -> Any:
        """The vector with its zeros; `width` is its length when it has no shape."""
        if not self.keys:
            return self.values
        size = self.shape[0] if self.shape else width if width is not None else max(self.keys) + 1
        if max(self.keys) >= size:
            raise ValueError(f"key {max(self.keys)} is beyond the vector's length {size}")
        vector = numpy.zeros(size, dtype=numpy.float32)
        vector[list(self.keys)] = self.values
        return vector


@dataclass(frozen=True, kw_only=True)
class Record:
    """One record.

    Attributes:
        features: its tensors by name; a plain vector is named ``values``.
        label: its labels by name.
    """

    features: Mapping[str, Tensor] = field(default_factory=dict)
    label: Mapping[str, Tensor] = field(default_factory=dict)


def decode(content: bytes) -> Iterator[Record]:
    """The records of a file or body.

    Raises:
        ValueError: when it is none in this format.
    """
    view, at = memoryview(content), 0
    while at < len(view):
        if len(view) - at < 8:
            raise ValueError("the last record is cut off")
        magic, length = struct.unpack_from("<II", view, at)
        # Three bits say which part of a record it is; SageMaker writes no records of several parts.
        if magic != _MAGIC or length >> 29:
            raise ValueError(f"no RecordIO record begins at byte {at}")
        end = at + 8 + length
        if end > len(view):
            raise ValueError("the last record is cut off")
        yield _record(view[at + 8 : end])
        at = end + (-length % 4)


def encode(records: Iterable[Record]) -> bytes:
    """The bytes of records, with 32-bit floats."""
    parts = []
    for record in records:
        message = b"".join(
            _entry(number, name, tensor)
            for number, tensors in ((_FEATURES, record.features), (_LABEL, record.label))
            for name, tensor in tensors.items()
        )
        parts += [struct.pack("<II", _MAGIC, len(message)), message, bytes(-len(message) % 4)]
    return b"".join(parts)


def _record(message: memoryview) -> Record:
    maps: dict[int, dict[str, Tensor]] = {_FEATURES: {}, _LABEL: {}}
    for number, content in _fields(message):
        if number in maps:
            entry = dict(_fields(content))
            name = bytes(entry.get(1, b"")).decode()
            maps[number][name] = _tensor(entry.get(2, memoryview(b"")))
    return Record(features=maps[_FEATURES], label=maps[_LABEL])


def _tensor(message: memoryview) -> Tensor:
    kinds: dict[int, Any] = {_FLOAT32: numpy.dtype("<f4"), _FLOAT64: numpy.dtype("<f8"), _INT32: None}
    for kind, content in _fields(message):
        if kind not in kinds:
            raise ValueError(f"a tensor of kind {kind} is no vector of numbers")
        parts: dict[int, list[Any]] = {_VALUES: [], _KEYS: [], _SHAPE: []}
        for number, packed in _fields(content):
            dtype = kinds[kind] if number == _VALUES else None
            if isinstance(packed, int):
                parts[number].append(packed)
            else:
                parts[number] += numpy.frombuffer(packed, dtype).tolist() if dtype else _varints(packed)
        values = [_signed(value) for value in parts[_VALUES]] if kind == _INT32 else parts[_VALUES]
        return Tensor(
            values=numpy.array(values, dtype=numpy.float32),
            keys=tuple(parts[_KEYS]),
            shape=tuple(parts[_SHAPE]),
        )
    raise ValueError("a record has an empty value")


def _fields(message: memoryview) -> Iterator[tuple[int, Any]]:
    """Numbers and contents of a message's fields; fixed-size fields are given as bytes."""
    at = 0
    while at < len(message):
        tag, at = _varint(message, at)
        number, wire = tag >> 3, tag & 7
        if wire == _VARINT:
            value, at = _varint(message, at)
            yield number, value
            continue
        if wire == _BYTES:
            length, at = _varint(message, at)
        elif wire in (_FIXED32, _FIXED64):
            length = 4 if wire == _FIXED32 else 8
        else:
            raise ValueError(f"a record has a field of wire type {wire}")
        if at + length > len(message):
            raise ValueError("a record is cut off")
        yield number, message[at : at + length]
        at += length


def _varint(message: memoryview, at: int) -> tuple[int, int]:
    value = shift = 0
    while at < len(message):
        byte = message[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
        shift += 7
    raise ValueError("a record is cut off")


def _varints(packed: memoryview) -> list[int]:
    values, at = [], 0
    while at < len(packed):
        value, at = _varint(packed, at)
        values.append(value)
    return values


def _signed(value: int) -> int:
    return value - (1 << 64) if value >> 63 else value


def _entry(number: int, name: str, tensor: Tensor) -> bytes:
    values = numpy.asarray(tensor.values, dtype="<f4").tobytes()
    content = _field(_VALUES, values)
    for key, integers in ((_KEYS, tensor.keys), (_SHAPE, tensor.shape)):
        if integers:
            content += _field(key, b"".join(map(_packed, integers)))
    value = _field(_FLOAT32, content)
    return _field(number, _field(1, name.encode()) + _field(2, value))


def _field(number: int, content: bytes) -> bytes:
    return _packed(number << 3 | _BYTES) + _packed(len(content)) + content


def _packed(value: int) -> bytes:
    parts = bytearray()
    while value >= 0x80:
        parts.append(value & 0x7F | 0x80)
        value >>= 7
    parts.append(value)
    return bytes(parts)
