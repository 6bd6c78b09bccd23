from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobs.serving import recordio
from mdlc_local.sagemaker.faults import JobFailedError
from mdlc_local.sagemaker.jobs import payloads

MEGABYTE = 1024 * 1024


def split(
    path: Path, *, split_type: str = "Line", single: bool = False, max_megabytes: int = 6
) -> list[bytes]:
    return list(payloads.split(path, split_type=split_type, single=single, max_megabytes=max_megabytes))


def test_a_file_that_is_not_split(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(b"1\n2\n")
    assert split(path, split_type="None") == [b"1\n2\n"]


def test_single_records(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(b"1\n\n2\n3")
    assert split(path, single=True) == [b"1\n", b"2\n", b"3"]


def test_records_of_recordio_stay_whole(tmp_path: Path) -> None:
    records = [recordio.encode([0.5, number]) for number in range(3)]
    path = tmp_path / "a.pbr"
    path.write_bytes(b"".join(records))
    assert split(path, split_type="RecordIO", single=True) == records
    assert split(path, split_type="RecordIO") == [b"".join(records)]


@pytest.mark.parametrize("content", [b"0.5,1.0\n", b"1", recordio.encode([0.5])[:-6]])
def test_what_is_no_recordio_fails_the_job(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "a.pbr"
    path.write_bytes(content)
    with pytest.raises(JobFailedError, match=r"a\.pbr is no RecordIO, as SplitType says"):
        split(path, split_type="RecordIO")


def test_as_many_records_as_fit(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    line = b"x" * (MEGABYTE // 2 - 1) + b"\n"
    path.write_bytes(line * 5)
    assert split(path, max_megabytes=1) == [line * 2, line * 2, line]
    assert split(path, max_megabytes=0) == [line * 5]


@given(st.lists(st.integers(min_value=1, max_value=400_000), min_size=1, max_size=12))
def test_no_record_is_lost_and_order_is_kept(sizes: list[int]) -> None:
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a.csv"
        text = b"".join(b"%d" % (number % 10) * size + b"\n" for number, size in enumerate(sizes))
        path.write_bytes(text)
        parts = split(path, max_megabytes=1)
    assert b"".join(parts) == text
    assert all(len(part) <= MEGABYTE for part in parts)


def test_a_record_larger_than_a_request_may_be(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(b"x" * (MEGABYTE + 1))
    for split_type in ("Line", "None"):
        with pytest.raises(
            JobFailedError, match=r"a record of a\.csv has 1048577 bytes, more than MaxPayloadInMB=1"
        ):
            split(path, split_type=split_type, max_megabytes=1)


def test_answers_are_joined_line_by_line() -> None:
    assert payloads.joined(b"1", by_line=True) == b"1\n"
    assert payloads.joined(b"1\n", by_line=True) == b"1\n"
    assert payloads.joined(b"", by_line=True) == b""
    assert payloads.joined(b"1", by_line=False) == b"1"
