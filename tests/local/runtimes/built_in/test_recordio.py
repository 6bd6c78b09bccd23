import struct

import numpy
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mdlc_local.runtimes.built_in.recordio import Record, Tensor, decode, encode

FLOATS = st.lists(st.floats(width=32, allow_nan=False), min_size=1, max_size=5)


@given(rows=st.lists(st.tuples(FLOATS, st.floats(width=32, allow_nan=False)), max_size=4))
def test_what_is_encoded_is_decoded(rows: list[tuple[list[float], float]]) -> None:
    records = [
        Record(features={"values": Tensor(values=values)}, label={"values": Tensor(values=[label])})
        for values, label in rows
    ]
    back = list(decode(encode(records)))
    assert [record.features["values"].values.tolist() for record in back] == [values for values, _ in rows]
    assert [record.label["values"].values.tolist() for record in back] == [[label] for _, label in rows]


def test_sparse_vectors() -> None:
    sparse = Tensor(values=[1.0, 2.0], keys=(1, 300), shape=(400,))
    (record,) = decode(encode([Record(features={"values": sparse})]))
    vector = record.features["values"].dense()
    assert vector.shape == (400,) and vector[1] == 1 and vector[300] == 2 and vector.sum() == 3
    with pytest.raises(ValueError, match="key 300 is beyond the vector's length 10"):
        Tensor(values=[1.0, 2.0], keys=(1, 300), shape=(10,)).dense()


def field(number: int, content: bytes) -> bytes:
    return bytes([number << 3 | 2, len(content)]) + content


def framed(message: bytes) -> bytes:
    return struct.pack("<II", 0xCED7230A, len(message)) + message + bytes(-len(message) % 4)


def test_other_tensors_and_fields() -> None:
    """64-bit floats, 32-bit integers (negative ones take ten bytes), unpacked numbers, a uid."""
    doubles = field(2, field(3, field(1, struct.pack("<2d", 1.5, -2))))
    minus_one = b"\xff" * 9 + b"\x01"
    integers = field(2, field(7, field(1, b"\x03" + minus_one)))
    unpacked = field(2, field(2, b"\x0d" + struct.pack("<f", 4)))
    message = (
        field(1, field(1, b"values") + doubles)
        + field(2, field(1, b"a") + integers)
        + field(2, field(1, b"b") + unpacked)
        + field(3, b"uid")
    )
    (record,) = decode(framed(message))
    assert record.features["values"].values.tolist() == [1.5, -2]
    assert record.label["a"].values.tolist() == [3, -1]
    assert record.label["b"].values.tolist() == [4]


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"1,2\n3,4\n", "no RecordIO record begins at byte 0"),
        (b"\x0a", "the last record is cut off"),
        (framed(field(1, b"ab"))[:-2], "cut off"),
        (framed(b"\x0a\xff"), "cut off"),
        (framed(b"\x0b"), "wire type 3"),
        (framed(field(1, field(1, b"x") + field(2, b""))), "empty value"),
        (framed(field(1, field(1, b"x") + field(2, field(9, b"")))), "kind 9"),
    ],
)
def test_what_is_no_record(content: bytes, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        list(decode(content))


def test_values_are_32_bit_floats() -> None:
    (record,) = decode(encode([Record(features={"values": Tensor(values=[0.1])})]))
    assert record.features["values"].values.dtype == numpy.float32
