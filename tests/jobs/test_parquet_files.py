from pathlib import Path

import duckdb
import pytest

from jobs.errors import UnreadableError
from jobs.parquet_files import footer, of_content


def test_names_are_the_files_own_and_types_go_with_them(tmp_path: Path) -> None:
    connection, path = duckdb.connect(), tmp_path / "a.parquet"
    values = "1 AS qq, [{'x': 1, 'y': [2]}] AS deep, MAP {'k': 1} AS m, '8' AS x1, 7.5::DOUBLE AS x2"
    connection.execute(f"COPY (SELECT {values}) TO '{path}' (FORMAT parquet)")
    # DuckDB itself writes no file with two columns of one name.
    path.write_bytes(path.read_bytes().replace(b"qq", b"X1").replace(b"x2", b"x1"))
    names, types = footer(connection, path)
    assert names == ("X1", "deep", "m", "x1", "x1")
    assert [types[0], *types[3:]] == ["INTEGER", "VARCHAR", "DOUBLE"]


def test_nothing_has_no_columns_and_anything_else_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    path.write_bytes(b"")
    assert footer(duckdb.connect(), path) == ((), ())
    path.write_bytes(b"PAR1 and more PAR1")
    with pytest.raises(UnreadableError, match="footer"):
        footer(duckdb.connect(), path)
    path.unlink()
    path.symlink_to(tmp_path / "nowhere")
    with pytest.raises(FileNotFoundError):
        footer(duckdb.connect(), path)


@pytest.mark.parametrize(
    ("error", "blamed"),
    [
        (duckdb.Error("TProtocolException: Invalid data"), True),
        (duckdb.InvalidInputException("No magic bytes found"), True),
        (duckdb.IOException("Could not read enough bytes from file"), True),
        (duckdb.IOException("Could not read from file: Input/output error"), False),
        (duckdb.OutOfMemoryException("failed to allocate"), False),
        (duckdb.BinderException("a fault of ours"), False),
    ],
)
def test_a_file_is_blamed_for_its_content_only(error: duckdb.Error, blamed: bool) -> None:
    assert of_content(error) is blamed
