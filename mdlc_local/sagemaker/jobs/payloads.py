"""Splits batch transform's input files into requests and joins the answers."""

from collections.abc import Iterator
from pathlib import Path

from mdlc_local.sagemaker.faults import JobFailedError

_MEGABYTE = 1024 * 1024


def split(path: Path, *, by_line: bool, single: bool, max_megabytes: int) -> Iterator[bytes]:
    """The request bodies of one input file.

    Args:
        path: the file.
        by_line: whether SplitType is Line: each line is a record; otherwise the whole file is one record.
        single: whether BatchStrategy is SingleRecord: one record per request; otherwise as many as fit.
        max_megabytes: MaxPayloadInMB; 0 for no limit.

    Raises:
        JobFailedError: when a record exceeds the size limit.
    """
    limit = max_megabytes * _MEGABYTE if max_megabytes else None
    if not by_line:
        _check(path.stat().st_size, limit, path)
        yield path.read_bytes()
        return
    batch: list[bytes] = []
    size = 0
    with path.open("rb") as file:
        for line in file:
            if not line.strip():
                continue
            _check(len(line), limit, path)
            full = single or (limit is not None and size + len(line) > limit)
            if batch and full:
                yield b"".join(batch)
                batch, size = [], 0
            batch.append(line)
            size += len(line)
    if batch:
        yield b"".join(batch)


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
