"""Splits batch transform's input files into requests and joins the answers."""

import struct
from collections.abc import Iterator
from pathlib import Path

from mdlc_local.sagemaker.faults import JobFailedError

_MEGABYTE = 1024 * 1024


_RECORDIO_MAGIC = 0xCED7230A


def split(path: Path, *, split_type: str, single: bool, max_megabytes: int) -> Iterator[bytes]:
    """The request bodies of one input file.

    Args:
        path: the file.
        split_type: SplitType: Line, each line is a record; RecordIO, each framed record is one; None, the
            whole file is one record.
        single: whether BatchStrategy is SingleRecord: one record per request; otherwise as many as fit.
        max_megabytes: MaxPayloadInMB; 0 for no limit.

    Raises:
        JobFailedError: when a record exceeds the size limit, or the file is no RecordIO.
    """
    limit = max_megabytes * _MEGABYTE if max_megabytes else None
    if split_type == "None":
        _check(path.stat().st_size, limit, path)
        yield path.read_bytes()
        return
    batch: list[bytes] = []
    size = 0
    for record in _framed(path) if split_type == "RecordIO" else _lines(path):
        _check(len(record), limit, path)
        full = single or (limit is not None and size + len(record) > limit)
        if batch and full:
            yield b"".join(batch)
            batch, size = [], 0
        batch.append(record)
        size += len(record)
    if batch:
        yield b"".join(batch)


def _lines(path: Path) -> Iterator[bytes]:
    """The lines that are not blank."""
    with path.open("rb") as file:
        for line in file:
            if line.strip():
                yield line


def _framed(path: Path) -> Iterator[bytes]:
    """The records of a RecordIO file with their frames: magic number, length, zeros up to four bytes.

    Source: https://mxnet.apache.org/versions/1.9.1/api/architecture/note_data_loading
    """
    with path.open("rb") as file:
        while head := file.read(8):
            magic, size = struct.unpack("<II", head) if len(head) == 8 else (0, 0)
            content = file.read(size + -size % 4)
            if magic != _RECORDIO_MAGIC or len(content) < size:
                raise JobFailedError(
                    f"ClientError: {path.name} is no RecordIO, as SplitType says: write RecordIO, or set "
                    "SplitType to Line or None"
                )
            yield head + content


def joined(answer: bytes, *, by_line: bool) -> bytes:
    """An answer for the output file; with AssembleWith Line, a missing line end is added."""
    if by_line and answer and not answer.endswith(b"\n"):
        return answer + b"\n"
    return answer


def _check(size: int, limit: int | None, path: Path) -> None:
    if limit is not None and size > limit:
        raise JobFailedError(
            f"ClientError: a record of {path.name} has {size} bytes, more than "
            f"MaxPayloadInMB={limit // _MEGABYTE} allows; raise it, or set SplitType to Line"
        )
