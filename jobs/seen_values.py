"""All categories of a baseline's column as a bitmap of hashes (a Bloom filter with one hash function).

A list of all values of a column of ids would be as large as the data. Each value hashes into one bucket of
the bitmap. A window's value whose bucket is empty was certainly not in the baseline. A new value that shares
its bucket with a known one is missed; the probability of that is the share of buckets in use.
"""

import base64
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from jobs.database import SqlConnection

KEY = "unlisted"
"""The key of the document in ``string_statistics``; Model Monitor does not read it."""

DIGITS = (4, 5)  # hexadecimal digits of the hash: 65,536 or 1,048,576 buckets, 11 or 175 KB of text
BUCKETS_PER_VALUE = 8  # with so many, at most an eighth of new values share a bucket with a known one
MAX_USED = 0.99  # with a larger share of buckets in use, a window's new values can no longer be counted


@dataclass(frozen=True)
class SeenValues:
    """The buckets of all values of one column, as bits, and the number of values that only one row has."""

    digits: int
    bits: bytes
    singletons: int

    @classmethod
    def read(cls, document: Mapping[str, Any] | None) -> "SeenValues | None":
        """The object of a document of `to_json`; None without a document."""
        if not document:
            return None
        bits = base64.b64decode(document["buckets"])
        return cls(int(document["digits"]), bits, int(document["singletons"]))

    def to_json(self) -> dict[str, Any]:
        """The document as plain values."""
        buckets = base64.b64encode(self.bits).decode()
        return {"hash": "md5", "digits": self.digits, "singletons": self.singletons, "buckets": buckets}

    @cached_property
    def used(self) -> float:
        """The share of buckets in use, which is the share of new values that are missed."""
        return float(int.from_bytes(self.bits, "little").bit_count() / 16**self.digits)

    def holds(self, bucket: str) -> bool:
        """Whether a bucket, as hexadecimal digits, is in use."""
        number = int(bucket, 16)
        return bool(self.bits[number >> 3] >> (number & 7) & 1)

    def may_hold(self, value: str) -> bool:
        """Whether the value may be in the baseline; False is certain."""
        return self.holds(hashlib.md5(value.encode(), usedforsecurity=False).hexdigest()[: self.digits])


def bucket(value: str, digits: int) -> str:
    """The SQL expression of a text's bucket, the same in every engine and in `SeenValues.may_hold`."""
    return f"substr(md5({value}), 1, {digits})"


def seen_values(connection: SqlConnection, counted: str, distinct: int) -> SeenValues:
    """The buckets of a column.

    Args:
        counted: a relation of the column's values ``v`` and their numbers of rows ``n``.
        distinct: the number of values, without NULL.
    """
    digits = next((some for some in DIGITS if 16**some >= BUCKETS_PER_VALUE * distinct), DIGITS[-1])
    bits, singletons = bytearray(16**digits // 8), 0
    query = (
        f"SELECT {bucket('v', digits)}, sum(CASE WHEN n = 1 THEN 1 ELSE 0 END) FROM {counted} "
        "WHERE v IS NOT NULL GROUP BY 1"
    )
    for name, once in connection.execute(query).fetchall():
        number = int(str(name), 16)
        bits[number >> 3] |= 1 << (number & 7)
        singletons += int(once)
    return SeenValues(digits, bytes(bits), singletons)
