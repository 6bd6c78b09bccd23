import base64
import hashlib
import zlib
from pathlib import Path

import pytest

from jobs.errors import InputError
from jobs.verification import content_digest, sha256_of, verify
from mdlc_constructs.settings.payloads.job_plan import Checksum, DataFile

CONTENT = b"123456789"


def encoded(number: int, length: int) -> str:
    return base64.b64encode(number.to_bytes(length, "big")).decode()


# The check values of "123456789" in the catalogue of parametrised CRC algorithms.
CHECKSUMS = {
    "CRC32": encoded(0xCBF43926, 4),
    "CRC32C": encoded(0xE3069283, 4),
    "CRC64NVME": encoded(0xAE8B14860A799888, 8),
    "SHA1": base64.b64encode(hashlib.sha1(CONTENT).digest()).decode(),
    "SHA256": base64.b64encode(hashlib.sha256(CONTENT).digest()).decode(),
}


def planned(algorithm: str, value: str, size: int = len(CONTENT)) -> list[DataFile]:
    return [DataFile(name="a.csv", size=size, checksum=Checksum(algorithm=algorithm, value=value))]


@pytest.mark.parametrize("algorithm", CHECKSUMS)
def test_every_checksum_of_s3_is_computed_again(tmp_path: Path, algorithm: str) -> None:
    (tmp_path / "a.csv").write_bytes(CONTENT)
    assert verify(planned(algorithm, CHECKSUMS[algorithm]), tmp_path) == len(CONTENT)
    (tmp_path / "a.csv").write_bytes(CONTENT[::-1])
    with pytest.raises(InputError, match=f"a.csv has the {algorithm} checksum"):
        verify(planned(algorithm, CHECKSUMS[algorithm]), tmp_path)


def test_a_large_file_is_read_in_blocks(tmp_path: Path) -> None:
    content = bytes(range(256)) * 40_000
    (tmp_path / "a.csv").write_bytes(content)
    value = encoded(zlib.crc32(content), 4)
    assert verify(planned("CRC32", value, len(content)), tmp_path) == len(content)


@pytest.mark.parametrize("algorithm", ["VERSION", "ETAG", "COMPOSITE"])
def test_where_s3_has_no_content_checksum_the_size_is_compared(tmp_path: Path, algorithm: str) -> None:
    (tmp_path / "a.csv").write_bytes(CONTENT)
    assert verify(planned(algorithm, "anything"), tmp_path) == len(CONTENT)
    with pytest.raises(InputError, match="has 9 bytes, planned were 10"):
        verify(planned(algorithm, "anything", 10), tmp_path)


def test_a_file_that_is_gone_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="was planned but is not there"):
        verify(planned("CRC32", CHECKSUMS["CRC32"]), tmp_path)


def test_a_file_has_its_sha256(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"x" * 100_000)
    assert sha256_of(tmp_path / "a") == hashlib.sha256(b"x" * 100_000).hexdigest()


def test_the_order_of_files_does_not_matter_but_names_and_content_do() -> None:
    assert content_digest({"a": "1", "b": "2"}) == content_digest({"b": "2", "a": "1"})
    assert len({content_digest(d) for d in ({"a": "1"}, {"b": "1"}, {"a": "2"}, {"a": "1", "b": "1"})}) == 4
