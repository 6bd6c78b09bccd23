"""Checks that the downloaded files are the planned ones: SageMaker downloads by key, not by version."""

import base64
import hashlib
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path

from jobs.errors import InputError
from mdlc_constructs.settings.payloads.job_plan import DataFile

_BLOCK_BYTES = 4 * 1024 * 1024


def verify(files: Iterable[DataFile], folder: Path) -> int:
    """Check size and checksum of each file in the folder; returns their total size in bytes.

    The S3 checksum is computed from the content. For files without a full-object checksum in S3 (the plan
    pins them by version id or ETag), only the size is compared.

    Raises:
        InputError: when a file is missing or differs from the planned one.
    """
    total = 0
    for file in files:
        path = folder / file.name
        if not path.is_file():
            raise InputError(
                f"{file.name} was planned but is not there: it was removed after planning; start again."
            )
        size = path.stat().st_size
        if size != file.size:
            raise InputError(
                f"{file.name} has {size} bytes, planned were {file.size}: "
                "it was replaced after planning; start again."
            )
        planned = file.checksum
        compute = _CHECKSUMS.get(planned.algorithm)
        if compute and (value := compute(_blocks(path))) != planned.value:
            raise InputError(
                f"{file.name} has the {planned.algorithm} checksum {value}, planned was {planned.value}: "
                "it was replaced after planning; start again."
            )
        total += size
    return total


def _blocks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as stream:
        while block := stream.read(_BLOCK_BYTES):
            yield block


def _encoded(number: int, length: int) -> str:
    return base64.b64encode(number.to_bytes(length, "big")).decode()


def _crc32(blocks: Iterable[bytes]) -> str:
    number = 0
    for block in blocks:
        number = zlib.crc32(block, number)
    return _encoded(number, 4)


def _crc32c(blocks: Iterable[bytes]) -> str:
    from awscrt import checksums

    number = 0
    for block in blocks:
        number = checksums.crc32c(block, number)
    return _encoded(number, 4)


def _crc64nvme(blocks: Iterable[bytes]) -> str:
    from awscrt import checksums

    number = 0
    for block in blocks:
        number = checksums.crc64nvme(block, number)
    return _encoded(number, 8)


def _hashed(name: str) -> Callable[[Iterable[bytes]], str]:
    def compute(blocks: Iterable[bytes]) -> str:
        state = hashlib.new(name)
        for block in blocks:
            state.update(block)
        return base64.b64encode(state.digest()).decode()

    return compute


_CHECKSUMS: dict[str, Callable[[Iterable[bytes]], str]] = {
    "CRC32": _crc32,
    "CRC32C": _crc32c,
    "CRC64NVME": _crc64nvme,
    "SHA1": _hashed("sha1"),
    "SHA256": _hashed("sha256"),
}


def sha256_of(path: Path) -> str:
    """SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def content_digest(digests: Mapping[str, str]) -> str:
    """One SHA-256 over the names and digests of several files, whatever their order."""
    lines = "".join(f"{digests[name]}  {name}\n" for name in sorted(digests))
    return hashlib.sha256(lines.encode()).hexdigest()
