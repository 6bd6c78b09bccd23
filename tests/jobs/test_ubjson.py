import struct
from typing import Any

import numpy as np
import pytest

from jobs.ubjson import UbjsonError, loads


def text(value: str) -> bytes:
    encoded = value.encode()
    return b"L" + struct.pack(">q", len(encoded)) + encoded


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"Z", None),
        (b"T", True),
        (b"F", False),
        (b"i\xff", -1),
        (b"U\xff", 255),
        (b"I" + struct.pack(">h", -300), -300),
        (b"l" + struct.pack(">i", 70_000), 70_000),
        (b"L" + struct.pack(">q", 2**40), 2**40),
        (b"d" + struct.pack(">f", 0.5), 0.5),
        (b"D" + struct.pack(">d", 0.1), 0.1),
        (b"Ca", "a"),
        (b"S" + text("größe"), "größe"),
        (b"[]", []),
        (b"[i\x01S" + text("b") + b"]", [1, "b"]),
        (b"[#i\x02i\x01i\x02", [1, 2]),
        (b"{}", {}),
        (b"{" + text("a") + b"[]" + text("b") + b"{" + text("c") + b"i\x05}}", {"a": [], "b": {"c": 5}}),
        (b"{$i#i\x01" + text("a") + b"\x07", {"a": 7}),
    ],
)
def test_values_are_read(content: bytes, expected: Any) -> None:
    assert loads(content) == expected


@pytest.mark.parametrize(("kind", "format_"), [("d", ">f4"), ("l", ">i4"), ("U", ">u1"), ("L", ">i8")])
def test_an_array_of_one_type_is_read_at_once(kind: str, format_: str) -> None:
    values = np.array([1, 2, 3], dtype=format_)
    found = loads(f"[${kind}#i\x03".encode() + values.tobytes())
    assert isinstance(found, np.ndarray)
    assert found.tolist() == [1, 2, 3]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "ends at byte 0"),
        (b"[", "ends at byte 1"),
        (b"?", "Byte 0 is b'?'"),
        (b"{x", "type of a length"),
        (b"S" + text("a")[:-1], "in the middle"),
        (b"Si\xffabc", "in the middle"),
        (b"[$d", "need their number"),
        (b"[$d#l\x7f\xff\xff\xff", "in the middle"),
        (b"[$d#i\xff", "in the middle"),
        (b"Si\x01\xff", "Byte"),
        (b"[" * 100, "nested more than"),
    ],
)
def test_other_bytes_are_refused_with_the_place(content: bytes, said: str) -> None:
    with pytest.raises(UbjsonError, match=said.replace("?", r"\?")):
        loads(content)
