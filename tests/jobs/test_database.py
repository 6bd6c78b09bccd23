from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jobs.database import (
    _links,
    connect,
    file_name,
    files,
    literal,
    memory_bytes,
    parquet,
    quote,
    single,
)
from jobs.errors import JobError
from tests.examples_tried import examples


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
    with connect() as (connection, _):
        assert single(connection, f"SELECT {literal(chr(39) + ';--')} AS {quote('a' + chr(34) + 'b')}") == (
            "';--",
        )


NAMES = [
    *("a[1].parquet", "a1.parquet", "x*.parquet", "xy.parquet", "q?", "qq", "**", "[!a].parquet", "b\\*[.x"),
    *("{a,b}.parquet", "50%25.parquet", "line\nbreak", 'it\'s "one"', "ä*", "file:x*", "~", "$x*.gz"),
]


def test_a_file_is_opened_by_its_very_name(tmp_path: Path) -> None:
    with connect() as (connection, _):
        for folder in ("plain", "[p]lain*"):
            (tmp_path / folder).mkdir()
            for number, name in enumerate(NAMES):
                target = literal(str(tmp_path / folder / name))
                connection.execute(f"COPY (SELECT '{folder}{number}' AS x) TO {target} (FORMAT parquet)")
        for folder in ("plain", "[p]lain*"):
            for number, name in enumerate(NAMES):
                path = tmp_path / folder / name
                assert single(connection, f"FROM {parquet(path)}") == (f"{folder}{number}",)
                found = single(connection, f"SELECT filename FROM read_parquet({literal(file_name(path))})")
                assert found == (file_name(path),)


@settings(max_examples=examples(15))
@given(st.lists(st.text("ab*?[]!-{}\\,^ é", min_size=1, max_size=6), min_size=2, max_size=6, unique=True))
def test_whatever_files_lie_side_by_side_each_is_itself(names: list[str]) -> None:
    with TemporaryDirectory() as folder, connect() as (connection, _):
        paths = [Path(folder) / f"{name}.csv" for name in names]
        for number, path in enumerate(paths):
            path.write_text(f"{number}\n")
        read = (
            f"SELECT x, filename FROM read_csv({files(paths)}, auto_detect = false, header = false, "
            "columns = {'x': 'VARCHAR'}, filename = true) ORDER BY CAST(x AS INTEGER)"
        )
        assert connection.execute(read).fetchall() == [
            (str(number), file_name(path)) for number, path in enumerate(paths)
        ]


def test_where_every_folders_name_is_a_pattern_the_remedy_is_said(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("jobs.database.os.access", lambda path, mode: False)
    _links.cache_clear()
    try:
        with pytest.raises(JobError, match="set TMPDIR"):
            file_name(tmp_path / "*.csv")
    finally:
        _links.cache_clear()


def test_a_copy_that_fails_neither_hangs_nor_takes_the_next_ones_file(tmp_path: Path) -> None:
    """With threads that write in the background, one of these in a few hundred did."""
    (tmp_path / "a.csv").write_text("".join(f"{number},{number}\n" for number in range(30_000)) + "1,2,3\n")
    read = (
        f"read_csv({files([tmp_path / 'a.csv'])}, auto_detect = false, columns = {{'a': 'INT', 'b': 'INT'}})"
    )
    for _ in range(10):
        with connect() as (connection, folder):
            assert single(connection, "SELECT current_setting('async_threads')") == (0,)
            target = literal(str(folder / "x.parquet"))
            with pytest.raises(duckdb.InvalidInputException, match="Line: 30001"):
                connection.execute(f"COPY (FROM {read}) TO {target} (FORMAT parquet, ROW_GROUP_SIZE 2048)")
            connection.execute(f"COPY (SELECT 1 AS a) TO {target} (FORMAT parquet)")
            assert single(connection, f"FROM {parquet(folder / 'x.parquet')}") == (1,)


def test_the_cap_holds_and_the_folder_goes() -> None:
    with connect("64MB") as (connection, folder):
        limit = str(single(connection, "SELECT current_setting('memory_limit')")[0])
        assert limit == "61.0 MiB"
        assert single(connection, "SELECT current_setting('threads')")[0] == 1
        assert folder.is_dir()
    assert not folder.exists()


def test_on_sagemaker_the_folder_is_on_the_jobs_own_disk(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("SAGEMAKER_BASE_DIR", str(tmp_path))
    with connect() as (_, folder):
        assert not folder.is_relative_to(tmp_path), "there is no processing job's layout"
    (tmp_path / "processing").mkdir()
    with connect() as (connection, folder):
        assert folder.parent == tmp_path / "processing" / "tmp"
        spill = str(single(connection, "SELECT current_setting('temp_directory')")[0])
        assert Path(spill).is_relative_to(folder)
    assert not folder.exists()


def test_times_are_utc_whatever_the_machine_says(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "America/New_York")
    with connect() as (connection, _):
        assert single(connection, "SELECT epoch(CAST('1970-01-01 10:00:00' AS TIMESTAMPTZ))") == (36_000.0,)


def test_where_other_work_is_done_beside_them_queries_hold_less() -> None:
    def limit(**options: Any) -> int:
        with connect(**options) as (connection, _):
            return memory_bytes(str(single(connection, "SELECT current_setting('memory_limit')")[0]))

    assert limit(share=0.5) == pytest.approx(limit() / 2, rel=0.02)
    assert limit(memory="256MB", share=0.5) == pytest.approx(256e6, rel=0.02)
