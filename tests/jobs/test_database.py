from pathlib import Path
from typing import Any

import pytest

from jobs.database import connected, literal, memory_bytes, quoted, single
from jobs.errors import JobError


@pytest.mark.parametrize(
    ("text", "expected"),
    [("256MB", 256_000_000), ("1GiB", 2**30), ("1.5 gb", 1_500_000_000), ("64KB", 64_000)],
)
def test_sizes_are_read(text: str, expected: int) -> None:
    assert memory_bytes(text) == expected


def test_no_size_is_refused() -> None:
    with pytest.raises(JobError, match="'lots' is no size"):
        memory_bytes("lots")


def test_names_and_texts_cannot_break_out_of_their_quotes() -> None:
    with connected() as (connection, _):
        assert single(connection, f"SELECT {literal(chr(39) + ';--')} AS {quoted('a' + chr(34) + 'b')}") == (
            "';--",
        )


def test_the_cap_holds_and_the_folder_goes() -> None:
    with connected("64MB") as (connection, folder):
        limit = str(single(connection, "SELECT current_setting('memory_limit')")[0])
        assert limit == "61.0 MiB"
        assert single(connection, "SELECT current_setting('threads')")[0] == 1
        assert folder.is_dir()
    assert not folder.exists()


def test_on_sagemaker_the_folder_is_on_the_jobs_own_disk(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("SAGEMAKER_BASE_DIR", str(tmp_path))
    with connected() as (_, folder):
        assert not folder.is_relative_to(tmp_path), "there is no processing job's layout"
    (tmp_path / "processing").mkdir()
    with connected() as (connection, folder):
        assert folder.parent == tmp_path / "processing" / "tmp"
        spill = str(single(connection, "SELECT current_setting('temp_directory')")[0])
        assert Path(spill).is_relative_to(folder)
    assert not folder.exists()


def test_times_are_utc_whatever_the_machine_says(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "America/New_York")
    with connected() as (connection, _):
        assert single(connection, "SELECT epoch(CAST('1970-01-01 10:00:00' AS TIMESTAMPTZ))") == (36_000.0,)


def test_where_other_work_is_done_beside_them_queries_hold_less() -> None:
    def limit(**options: Any) -> int:
        with connected(**options) as (connection, _):
            return memory_bytes(str(single(connection, "SELECT current_setting('memory_limit')")[0]))

    assert limit(share=0.5) == pytest.approx(limit() / 2, rel=0.02)
    assert limit(memory="256MB", share=0.5) == pytest.approx(256e6, rel=0.02)
