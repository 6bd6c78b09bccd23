"""Reads UBJSON, the binary form of JSON in which XGBoost writes its models.

Only what XGBoost writes is read: objects and arrays, with or without a number of members and one type of
them. Arrays of one type become NumPy arrays.

Source: https://ubjson.org and https://xgboost.readthedocs.io/en/stable/tutorials/saving_model.html
"""

from typing import Any

import numpy as np

MAX_DEPTH = 64
_NUMBERS = {b"i": ">i1", b"U": ">u1", b"I": ">i2", b"l": ">i4", b"L": ">i8", b"d": ">f4", b"D": ">f8"}
_CONSTANTS = {b"Z": None, b"T": True, b"F": False}


class UbjsonError(ValueError):
    """Bytes that are no UBJSON; says where."""


class _Reader:
    """The bytes, and the position of the next one to be read."""

    def __init__(self, content: bytes) -> None:
        self.content, self.at = content, 0

    def take(self, size: int) -> bytes:
        """The next bytes."""
        piece = self.content[self.at : self.at + size]
        if size < 0 or len(piece) < size:
            raise UbjsonError(f"The text ends at byte {len(self.content)}, in the middle of a value.")
        self.at += size
        return piece

    def peek(self) -> bytes:
        """The next byte, which stays."""
        return self.content[self.at : self.at + 1]

    def number(self, kind: bytes) -> Any:
        """A number of a type."""
        kind_ = _NUMBERS[kind]
        return np.frombuffer(self.take(int(kind_[2:])), dtype=kind_)[0].item()

    def size(self) -> int:
        """A number of bytes or members, with its own type before it."""
        kind = self.take(1)
        if kind not in (b"i", b"U", b"I", b"l", b"L"):
            raise UbjsonError(f"Byte {self.at - 1} is {kind!r}, where the type of a length has to be.")
        return int(self.number(kind))

    def text(self) -> str:
        """A text with its length before it."""
        return self.take(self.size()).decode("utf-8")

    def header(self) -> tuple[bytes, int | None]:
        """The type and number of a container's members; empty and None when it does not say."""
        kind = self.take(2)[1:] if self.peek() == b"$" else b""
        count = None
        if self.peek() == b"#":
            self.take(1)
            count = self.size()
        if kind and count is None:
            raise UbjsonError(f"Byte {self.at}: members of one type need their number before them.")
        return kind, count

    def value(self, kind: bytes, depth: int) -> Any:
        """A value of a type."""
        if depth > MAX_DEPTH:
            raise UbjsonError(f"Byte {self.at}: values are nested more than {MAX_DEPTH} times.")
        if kind in _NUMBERS:
            return self.number(kind)
        if kind in _CONSTANTS:
            return _CONSTANTS[kind]
        if kind == b"S":
            return self.text()
        if kind == b"C":
            return self.take(1).decode("ascii")
        if kind == b"[":
            return self.array(depth)
        if kind == b"{":
            return self.object(depth)
        raise UbjsonError(f"Byte {self.at - 1} is {kind!r}, which is no type of a value.")

    def array(self, depth: int) -> Any:
        """An array; of one type of numbers, a NumPy array."""
        kind, count = self.header()
        if kind in _NUMBERS and count is not None:
            width = int(_NUMBERS[kind][2:])
            return np.frombuffer(self.take(width * count), dtype=_NUMBERS[kind])
        members: list[Any] = []
        while self._more(b"]", count, len(members)):
            members.append(self.value(kind or self.take(1), depth + 1))
        return members

    def object(self, depth: int) -> dict[str, Any]:
        """An object."""
        kind, count = self.header()
        members: dict[str, Any] = {}
        seen = 0
        while self._more(b"}", count, seen):
            name = self.text()
            members[name] = self.value(kind or self.take(1), depth + 1)
            seen += 1
        return members

    def _more(self, end: bytes, count: int | None, seen: int) -> bool:
        if count is not None:
            return seen < count
        if self.peek() == end:
            self.take(1)
            return False
        return True


def loads(content: bytes) -> Any:
    """The value of a UBJSON text.

    Raises:
        UbjsonError: when the bytes are no UBJSON.
    """
    reader = _Reader(content)
    try:
        return reader.value(reader.take(1), 0)
    except UnicodeDecodeError as error:
        raise UbjsonError(f"Byte {reader.at}: {error}.") from error
