"""Object checksums as in S3 since December 2024: every object has one, by default CRC-64/NVME."""

import functools
import struct
from collections.abc import Callable
from types import ModuleType
from typing import Any

from mdlc_local import patches

S3 = "ministack.services.s3"
POLYNOMIAL = 0x9A6C9329AC4BC9B5
"""The reflected polynomial of CRC-64/NVME, whose initial value and final XOR are all ones."""

_ONES = 0xFFFFFFFFFFFFFFFF
_LANES = 8192


def install(app: ModuleType) -> None:
    """Add the default checksum to ministack's S3, computed fast enough for large objects."""
    del app
    patches.take(S3, "_crc64nvme", "body")
    patches.replace(S3, "_crc64nvme", crc64nvme)
    patches.wrap(S3, "_resolve_object_checksums", "body headers", _with_default)
    patches.wrap(S3, "_build_object_record", "body headers etag checksums", _with_content_type)
    patches.wrap(S3, "_put_object", "bucket_name key body headers", _reporting_the_checksum)
    patches.wrap(S3, "_copy_object", "bucket_name dest_key headers", _with_requested_algorithm)


def crc64nvme(body: bytes) -> int:
    """The CRC-64/NVME of `body`.

    A loop over bytes with a lookup table takes seconds for tens of megabytes and would block the server. Here
    the body is split into many pieces, which NumPy processes in parallel. Their remainders are then combined
    by the effect of zero bytes on a remainder.
    """
    size = len(body) // _LANES
    if size == 0:
        return _advance(_ONES, body) ^ _ONES
    import numpy as np  # in the embedded environment for XGBoost; imported here for a faster start

    table = np.array(_table(), dtype=np.uint64)
    pieces = np.frombuffer(body, dtype=np.uint8, count=size * _LANES).reshape(_LANES, size)
    state = np.zeros(_LANES, dtype=np.uint64)
    for column in np.ascontiguousarray(pieces.T):
        index = state.astype(np.uint8) ^ column
        state >>= np.uint64(8)
        state ^= table.take(index)
    zeros = _zeros(size)
    remainder = _ONES
    for piece in state.tolist():
        remainder = _apply(zeros, remainder) ^ piece
    return _advance(remainder, body[size * _LANES :]) ^ _ONES


@functools.cache
def _table() -> tuple[int, ...]:
    entries = []
    for byte in range(256):
        remainder = byte
        for _ in range(8):
            remainder = (remainder >> 1) ^ (POLYNOMIAL if remainder & 1 else 0)
        entries.append(remainder)
    return tuple(entries)


def _advance(remainder: int, body: bytes) -> int:
    table = _table()
    for byte in body:
        remainder = table[(remainder ^ byte) & 0xFF] ^ (remainder >> 8)
    return remainder


@functools.lru_cache(maxsize=8)
def _zeros(count: int) -> tuple[tuple[int, ...], ...]:
    """The effect of `count` zero bytes on a remainder, as one lookup table per byte (it is linear)."""
    squared = tuple(_advance(1 << bit, b"\0") for bit in range(64))
    total = tuple(1 << bit for bit in range(64))
    while count:
        if count & 1:
            total = tuple(_combine(squared, column) for column in total)
        squared = tuple(_combine(squared, column) for column in squared)
        count >>= 1
    return tuple(
        tuple(_combine(total, byte << (8 * position)) for byte in range(256)) for position in range(8)
    )


def _combine(columns: tuple[int, ...], vector: int) -> int:
    result = 0
    for bit, column in enumerate(columns):
        if vector >> bit & 1:
            result ^= column
    return result


def _apply(tables: tuple[tuple[int, ...], ...], remainder: int) -> int:
    result = 0
    for table, byte in zip(tables, struct.pack("<Q", remainder), strict=True):
        result ^= table[byte]
    return result


def _with_default(resolve: Callable[..., Any]) -> Callable[..., Any]:
    """Give an object that is written without a checksum the default one."""

    def resolved(body: bytes, headers: dict[str, str]) -> Any:
        checksums, error = resolve(body, headers)
        if error is None and not checksums:
            checksums, error = resolve(body, {**headers, "x-amz-sdk-checksum-algorithm": "CRC64NVME"})
        return checksums, error

    return resolved


def _with_requested_algorithm(copy: Callable[..., Any]) -> Callable[..., Any]:
    """Read the algorithm of a copy from CopyObject's own header."""

    def copied(bucket_name: str, dest_key: str, headers: dict[str, str]) -> Any:
        asked = headers.get("x-amz-checksum-algorithm")
        more = {"x-amz-sdk-checksum-algorithm": asked} if asked else {}
        return copy(bucket_name, dest_key, {**headers, **more})

    return copied


def _with_content_type(build: Callable[..., Any]) -> Callable[..., Any]:
    """Give an object that is stored without a content type S3's default one."""

    def built(body: bytes, headers: Any, etag: str | None = None, checksums: Any = None) -> Any:
        if "content-type" not in headers:
            headers = {**headers, "content-type": "binary/octet-stream"}
        return build(body, headers, etag, checksums)

    return built


def _reporting_the_checksum(put: Callable[..., Any]) -> Callable[..., Any]:
    """Return the request's checksum in the answer to PutObject."""

    def reporting(bucket_name: str, key: str, body: bytes, headers: Any) -> Any:
        status, answer_headers, answer = put(bucket_name, key, body, headers)
        if status == 200:
            for algorithm in ("crc32", "crc32c", "crc64nvme", "sha1", "sha256"):
                name = f"x-amz-checksum-{algorithm}"
                if headers.get(name):
                    answer_headers = {
                        **answer_headers,
                        name: headers[name],
                        "x-amz-checksum-type": "FULL_OBJECT",
                    }
        return status, answer_headers, answer

    return reporting
