import gzip
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest

from jobs.database import connected
from jobs.names import FILE
from jobs.reading import examine, row_count, rows_by_file, stage, wrong_values
from tests.jobs.batches import Batch

COLUMNS = {"id": "text", "n": "number", "i": "integer", "b": "boolean", "t": "timestamp", "c": "category"}
HEADER = "id,n,i,b,t,c"


@pytest.fixture
def database() -> Iterator[tuple[duckdb.DuckDBPyConnection, Path]]:
    with connected() as made:
        yield made


def staged(
    batch: Batch, database: tuple[duckdb.DuckDBPyConnection, Path], data_format: str = "csv"
) -> tuple[list[str], list[tuple[Any, ...]]]:
    """What is wrong with the files, and their rows."""
    connection, folder = database
    sources = examine(connection, batch.plan().files, batch.data, data_format, COLUMNS)
    problems = [*sources.problems, *stage(connection, sources, COLUMNS, folder / "staged.parquet")]
    rows = connection.execute("SELECT id, n, i, b, t, c FROM staged ORDER BY id").fetchall()
    return [f"{problem.rule}: {problem.message}" for problem in problems], rows


def test_values_get_their_declared_types(batch: Batch, database: Any) -> None:
    batch.write("a.csv", f'{HEADER}\n1,1.5,2,true,2024-01-01T05:00:00Z,"x, ""y"""\n2,,,,,\n')
    assert staged(batch, database) == (
        [],
        [
            ("1", 1.5, 2, True, datetime(2024, 1, 1, 5), 'x, "y"'),
            ("2", None, None, None, None, None),
        ],
    )


def test_an_offset_is_taken_into_account_and_no_zone_means_utc(batch: Batch, database: Any) -> None:
    batch.write(
        "a.csv", f"{HEADER}\n1,,,,2024-01-01 10:00:00+02:00,\n2,,,,2024-01-01 10:00:00,\n3,,,,2024-01-01,\n"
    )
    times = [row[4] for row in staged(batch, database)[1]]
    assert times == [datetime(2024, 1, 1, 8), datetime(2024, 1, 1, 10), datetime(2024, 1, 1)]


def test_what_does_not_fit_is_missing_and_noted(batch: Batch, database: Any) -> None:
    batch.write(
        "a.csv", f"{HEADER}\n1,abc,1.5,maybe,yesterday,x\n2,inf,2.0,1,,\n3,nan,nan,,,\n4,1e400,x1,,,\n"
    )
    problems, rows = staged(batch, database)
    assert problems == []
    assert rows[0] == ("1", None, None, None, None, "x")
    assert rows[1][1:4] == (None, 2, True)
    found = {name: count for name, count, _ in wrong_values(database[0], COLUMNS)}
    assert found == {"n": 3, "i": 2, "b": 1, "t": 1}


def test_files_may_order_their_columns_differently_and_hold_more(batch: Batch, database: Any) -> None:
    batch.write("a.csv", f"{HEADER}\n1,1,1,true,2024-01-01,x\n")
    batch.write("b.csv", "extra,c,t,b,i,n,id\nzzz,y,2024-01-02,false,2,2,2\n")
    assert [row[1:4] for row in staged(batch, database)[1]] == [(1.0, 1, True), (2.0, 2, False)]
    assert rows_by_file(database[0]) == {"a.csv": 1, "b.csv": 1}


def test_names_that_differ_by_case_are_different_columns(batch: Batch, database: Any) -> None:
    batch.write("a.csv", "ID,N,id,n,i,b,t,c\nwrong,9,1,1,1,true,2024-01-01,x\n")
    assert staged(batch, database)[1][0][:2] == ("1", 1.0)


def test_gzip_byte_order_mark_and_windows_lines_are_read(batch: Batch, database: Any) -> None:
    batch.write("a.csv.gz", gzip.compress(f"{HEADER}\n1,1,1,true,2024-01-01,x\n".encode()))
    batch.write("b.csv", b"\xef\xbb\xbf" + f"{HEADER}\r\n2,2,2,false,2024-01-01,y\r\n".encode())
    problems, rows = staged(batch, database)
    assert problems == []
    assert [row[0] for row in rows] == ["1", "2"]


def test_parquet_keeps_its_types(batch: Batch, database: Any) -> None:
    path = batch.data / "a.parquet"
    database[0].execute(
        "COPY (SELECT 1 AS id, 0.1::DECIMAL(4,2) AS n, 5::TINYINT AS i, true AS b, "
        f"TIMESTAMPTZ '2024-01-01 10:00:00+02' AS t, 7.5 AS c) TO '{path}' (FORMAT parquet)"
    )
    assert staged(batch, database, "parquet") == ([], [("1", 0.1, 5, True, datetime(2024, 1, 1, 8), "7.5")])


@pytest.mark.parametrize("declared", ["category", "text"])
@pytest.mark.parametrize("name", ["month=01/x", "id=7/month=01/x"])
@pytest.mark.parametrize("data_format", ["parquet", "csv"])
def test_a_folder_is_never_a_column(
    batch: Batch, database: Any, data_format: str, name: str, declared: str
) -> None:
    connection, folder = database
    path = batch.data / f"{name}.{data_format}"
    path.parent.mkdir(parents=True)
    options = "HEADER true" if data_format == "csv" else "FORMAT parquet"
    connection.execute(f"COPY (SELECT 'k' AS id, 3 AS n) TO '{path}' ({options})")
    files = batch.plan().files
    sources = examine(connection, files, batch.data, data_format, {"id": "text"})
    assert sources.readable[0].header == ("id", "n")
    assert stage(connection, sources, {"id": declared, "n": "number"}, folder / "s.parquet") == []
    assert connection.execute("SELECT id, n FROM staged").fetchall() == [("k", 3.0)]
    assert rows_by_file(connection) == {f"{name}.{data_format}": 1}
    missing = examine(connection, files, batch.data, data_format, {"id": "text", "month": "category"})
    assert [problem.rule for problem in missing.problems] == ["missing_column"]


def test_whole_categories_are_the_same_however_a_file_stores_them(batch: Batch, database: Any) -> None:
    connection, folder = database
    stored = ("BIGINT", "DOUBLE", "FLOAT", "DECIMAL(9,2)", "DECIMAL(9,0)", "UTINYINT", "VARCHAR")
    for number, kind in enumerate(stored):
        path = batch.data / f"{number}.parquet"
        connection.execute(f"COPY (SELECT unnest([1, 70, 0])::{kind} AS c) TO '{path}' (FORMAT parquet)")
    sources = examine(connection, batch.plan().files, batch.data, "parquet", {"c": "category"})
    assert stage(connection, sources, {"c": "category"}, folder / "s.parquet") == []
    found = connection.execute(f"SELECT {FILE}, list(c ORDER BY c) FROM staged GROUP BY 1").fetchall()
    assert dict(found) == {f"{number}.parquet": ["0", "1", "70"] for number in range(len(stored))}


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "empty_file: a.csv is empty."),
        (b"PAR1....PAR1", "not_csv: a.csv is not a CSV file: it is a Parquet file."),
        (b"\x89PNG\r\n", "it is a PNG picture"),
        (b"PK\x03\x04", "it is a zip archive"),
        (b"id,n\x00\x01", "it holds binary data"),
        (gzip.compress(b"id,n", mtime=0), "its name must end in .gz"),
        (b"\xff\xfe\xfa\n", "its first line cannot be read"),
        (b'{"a": 1}\n', "its first line names none of the columns"),
        (b"Dear all,\nplease find attached\n", "its first line names none of the columns"),
        (b"id,n,n,i,b,t,c\n", "names the column 'n' twice"),
        (
            b"id,n,i,b,t\n1,1,1,true,2024-01-01\n",
            "missing_column: a.csv has no column 'c'; it has id, n, i, b, t.",
        ),
        (f"{HEADER}\n1,2\n".encode(), "not_csv: a.csv is not a CSV file"),
        (f"{HEADER}\n1,2,3,true,2024-01-01,x,too,many\n".encode(), "not_csv: a.csv is not a CSV file"),
        (f'{HEADER}\n1,"2,3,true\n'.encode(), "not_csv: a.csv is not a CSV file"),
        (f"{HEADER}\n1,1,1,true,2024-01-01,\xff\n".encode("latin-1"), "not_csv: a.csv is not a CSV file"),
    ],
)
def test_what_cannot_be_read_is_said_in_a_sentence(
    batch: Batch, database: Any, content: bytes, said: str
) -> None:
    batch.write("a.csv", content)
    problems, rows = staged(batch, database)
    assert rows == []
    assert said in " ".join(problems)
    assert str(batch.data) not in " ".join(problems)


def test_a_broken_parquet_file_is_said_in_a_sentence(batch: Batch, database: Any) -> None:
    batch.write("a.parquet", b"PAR1 and nothing else")
    problems, _ = staged(batch, database, "parquet")
    assert problems == ["not_parquet: a.parquet is not a Parquet file: its footer cannot be read."]


def test_a_file_larger_than_the_memory_cap_is_staged(batch: Batch) -> None:
    with connected() as (connection, _):
        connection.execute(
            "COPY (SELECT i AS id, random() AS n, i AS i, true AS b, TIMESTAMP '2024-01-01' AS t, "
            "repeat(md5(i::VARCHAR), 4) AS c FROM range(420_000) r(i)) "
            f"TO '{batch.data / 'a.csv'}' (HEADER true)"
        )
    assert (batch.data / "a.csv").stat().st_size > 64_000_000
    with connected("64MB") as (connection, folder):
        plan = batch.plan()
        sources = examine(connection, plan.files, batch.data, "csv", COLUMNS)
        assert stage(connection, sources, COLUMNS, folder / "staged.parquet") == []
        assert row_count(connection, "staged") == 420_000
        ordered = f"COPY (SELECT * FROM staged ORDER BY c) TO '{folder / 'sorted.csv'}' (FORMAT csv)"
        connection.execute(ordered)
        assert (folder / "sorted.csv").stat().st_size > 64_000_000
