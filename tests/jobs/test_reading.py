import gzip
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jobs.database import connect, literal
from jobs.errors import HostError
from jobs.names import FILE
from jobs.reading import row_count, rows_by_file, stage, wrong_values
from jobs.sources import examine
from mdlc_constructs.settings.payloads.dataset import CsvFormat
from mdlc_constructs.settings.payloads.job_plan import Checksum, DataFile
from tests.examples_tried import examples
from tests.jobs.batches import Batch

pytestmark = pytest.mark.slow

COLUMNS = {"id": "text", "n": "number", "i": "integer", "b": "boolean", "t": "timestamp", "c": "category"}
HEADER = "id,n,i,b,t,c"
ROW = "1,1,1,true,2024-01-01,x"


@pytest.fixture
def database() -> Iterator[tuple[duckdb.DuckDBPyConnection, Path]]:
    with connect() as made:
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
        (b"PAR1....PAR1", "not_csv: a.csv is not a CSV file: it is a Parquet file."),
        (b"\x89PNG\r\n", "it is a PNG picture"),
        (b"PK\x03\x04", "it is a zip archive"),
        (b"id,n\x00\x01", "it holds binary data"),
        (gzip.compress(b"id,n", mtime=0), "its name must end in .gz"),
        (b"\xfa\xfb\n", "its first line cannot be read"),
        ("id,n\n".encode("utf-16"), "it is UTF-16 text, and UTF-8 is read"),
        (f"\n{HEADER}\n1,1,1,true,2024-01-01,x\n".encode(), "its first line is blank"),
        (b'{"a": 1}\n', "its first line names none of the columns"),
        (b"Dear all,\nplease find attached\n", "its first line names none of the columns"),
        (b"id,n,n,i,b,t,c\n", "it has the column 'n' more than once"),
        (
            b"id,n,i,b,t\n1,1,1,true,2024-01-01\n",
            "missing_column: a.csv has no column 'c'; it has id, n, i, b, t.",
        ),
        (
            f"{HEADER}\n1,2\n".encode(),
            "a.csv is not a CSV file: line 2 has 2 columns and the header 6: complete",
        ),
        (
            f"{HEADER}\n{ROW}\n1,2,3,true,2024-01-01,x,too,many\n".encode(),
            "line 3 has 7 columns or more and the header 6: put values that hold ',' in double quotes",
        ),
        (f'{HEADER}\n1,"2,3,true\n'.encode(), "line 2 has a value whose quotes do not end where it ends"),
        (f'{HEADER}\n1,"2"3,3,true,,\n'.encode(), "line 2 has a value whose quotes do not end where it"),
        (f"{HEADER}\n1,1,1,true,2024-01-01,\xff\n".encode("latin-1"), "line 2 is not UTF-8 text: save the"),
        (f"{HEADER}\n{ROW}{'x' * 2_000_000}\n".encode(), "line 2 is longer than 1,000,000 bytes"),
        (
            f'{HEADER}\r\n{ROW}\n1,"2"3,3,true,,\n'.encode(),
            "lines end in CRLF first in line 1, LF first in line 2",
        ),
        (b"id;n;i;b;t;c\n1;1;1;true;2024-01-01;x\n", "Dataset.csv(..., delimiter=';')"),
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
    assert not any(
        internal in " ".join(problems) for internal in ("strict_mode", "Invalid Input", "Possible")
    )


@pytest.mark.parametrize("name", ["a.csv", "x_$folder$", "day=1_$folder$", "a.csv.gz"])
@pytest.mark.parametrize("content", [b"", b"\n", b"\r\n\r\n", b"\xef\xbb\xbf", f"{HEADER}\r\n".encode()])
def test_a_part_without_rows_counts_as_no_rows(
    batch: Batch, database: Any, name: str, content: bytes
) -> None:
    batch.write(name, gzip.compress(content) if content and name.endswith(".gz") else content)
    batch.write("full.csv", f"{HEADER}\n{ROW}\n")
    problems, rows = staged(batch, database)
    assert (problems, len(rows)) == ([], 1)
    assert rows_by_file(database[0]) == {"full.csv": 1}


def test_a_parquet_part_without_rows_counts_as_no_rows(batch: Batch, database: Any) -> None:
    values = "1 AS id, 0.5 AS n, 5 AS i, true AS b, TIMESTAMP '2024-01-01' AS t, 'x' AS c"
    for name, condition in (("full", "true"), ("none", "false")):
        path = batch.data / f"{name}.parquet"
        database[0].execute(f"COPY (SELECT {values} WHERE {condition}) TO '{path}' (FORMAT parquet)")
    batch.write("part-1.parquet", b"")
    problems, rows = staged(batch, database, "parquet")
    assert (problems, len(rows)) == ([], 1)


def test_a_header_alone_is_held_to_the_columns_too(batch: Batch, database: Any) -> None:
    batch.write("a.csv", f"{HEADER}\n{ROW}\n")
    batch.write("b.csv", "id,n,i,b,t\n")
    assert staged(batch, database)[0] == ["missing_column: b.csv has no column 'c'; it has id, n, i, b, t."]


CELLS = st.sampled_from(["1", "", " y", "a\nb", "a\r\nb", "a\rb", 'q"q', "a,b", "é", '5" pipe'])


@settings(max_examples=examples(25))
@given(
    st.lists(st.tuples(CELLS, CELLS, st.booleans(), st.sampled_from(["\n", "\r\n", "\r"])), max_size=5),
    st.sampled_from(["\n", "\r\n", "\r"]),
    st.sampled_from(["z", "z\nz", "z\r\nz", "\rz", "z,", 'z"']),
)
def test_lines_are_the_same_however_each_of_them_ends(
    lines: list[tuple[str, str, bool, str]], first_end: str, unused: str
) -> None:
    """A lone CR, LF and CRLF end a line outside of quotes; within them, in a header too, they are text."""

    def cell(text: str, always: bool = False) -> str:
        plain = not always and not any(sign in text for sign in ',\r\n"')
        return text if plain or text == '5" pipe' else '"' + text.replace('"', '""') + '"'

    written = f"id,{cell(unused, True)},n,c" + first_end
    for number, (one, two, quote, end) in enumerate(lines):
        written += f"{number},{cell(one, quote)},,{cell(two, quote)}{end}"
    columns = {"id": "text", "n": "number", "c": "text"}
    with TemporaryDirectory() as folder, connect() as (connection, scratch):
        Path(folder, "a.csv").write_text(written, newline="")
        file = DataFile(name="a.csv", size=0, checksum=Checksum(algorithm="", value=""))
        sources = examine(connection, [file], Path(folder), "csv", columns)
        problems = [*sources.problems, *stage(connection, sources, columns, scratch / "staged.parquet")]
        rows = connection.execute("SELECT id, c FROM staged ORDER BY id").fetchall()
        assert [path.name for path in scratch.glob("staged*")] == ["staged.parquet"]
    assert problems == []
    assert rows == [(str(number), two or None) for number, (_, two, _, _) in enumerate(lines)]


def test_columns_of_one_name_matter_only_where_they_are_read(batch: Batch, database: Any) -> None:
    batch.write("a.csv", f"x,{HEADER},x,,\n9,{ROW},9,,\n")
    assert [row[:2] for row in staged(batch, database)[1]] == [("1", 1.0)]
    batch.write("b.csv", f"{HEADER},id\n{ROW},2\n")
    assert staged(batch, database)[0] == [
        "not_csv: b.csv is not a CSV file: it has the column 'id' more than once."
    ]


def test_parquet_columns_keep_their_own_names(batch: Batch, database: Any) -> None:
    """DuckDB calls a second column of one name, or of one that differs by case, by another name."""
    connection, folder = database
    path = batch.data / "a.parquet"
    values = "'9' AS qq, '1' AS id, {'x': 1, 'y': [2]} AS nested, '8' AS x1, '7' AS x2"
    connection.execute(f"COPY (SELECT {values}) TO '{path}' (FORMAT parquet)")
    path.write_bytes(path.read_bytes().replace(b"qq", b"ID").replace(b"x2", b"x1"))
    files = batch.plan().files
    sources = examine(connection, files, batch.data, "parquet", {"id": "text"})
    assert sources.readable[0].header == ("ID", "id", "nested", "x1", "x1")
    assert stage(connection, sources, {"id": "text"}, folder / "s.parquet") == []
    assert connection.execute("SELECT id FROM staged").fetchall() == [("1",)]
    (problem,) = examine(connection, files, batch.data, "parquet", {"x1": "text"}).problems
    assert problem.message.endswith("it has the column 'x1' more than once.")


def test_a_dataset_says_how_its_csv_files_are_written(batch: Batch, database: Any) -> None:
    connection, folder = database
    batch.write("a.csv", '"id";t;n\n"1;2";31.12.2024 23:30;1.5\n2;1.2.2024 00:00;\n3;2024-12-31;\n')
    csv = CsvFormat(delimiter=";", timestamp_format="%d.%m.%Y %H:%M")
    columns = {"id": "text", "t": "timestamp", "n": "number"}
    sources = examine(connection, batch.plan().files, batch.data, "csv", columns, csv=csv)
    assert stage(connection, sources, columns, folder / "s.parquet") == []
    assert connection.execute("SELECT id, t, n FROM staged ORDER BY id").fetchall() == [
        ("1;2", datetime(2024, 12, 31, 23, 30), 1.5),
        ("2", datetime(2024, 2, 1), None),
        ("3", None, None),
    ]
    assert wrong_values(connection, columns) == [("t", 1, "2024-12-31")]


@pytest.mark.parametrize("name", ["a[1].csv", "a*.csv", "a?.csv", "a\nb*.csv", "50%2A[.csv", "ä*'.csv.gz"])
@pytest.mark.parametrize("data_format", ["csv", "parquet"])
def test_a_file_is_read_under_its_very_name(batch: Batch, database: Any, name: str, data_format: str) -> None:
    connection, folder = database
    for number, one in enumerate((name, "a1.csv", "ab.csv", "a.csv")):
        path = batch.data / one
        text = f"id,n\n{number},{number}\n".encode()
        if data_format == "csv":
            path.write_bytes(gzip.compress(text) if one.endswith(".gz") else text)
        else:
            target = literal(str(path))
            connection.execute(f"COPY (SELECT '{number}' AS id, {number} AS n) TO {target} (FORMAT parquet)")
    columns = {"id": "text", "n": "number"}
    sources = examine(connection, batch.plan().files, batch.data, data_format, columns)
    problems = [*sources.problems, *stage(connection, sources, columns, folder / "staged.parquet")]
    assert problems == []
    found = connection.execute(f"SELECT id, {FILE} FROM staged ORDER BY id").fetchall()
    assert found == [(str(n), one) for n, one in enumerate((name, "a1.csv", "ab.csv", "a.csv"))]


@pytest.mark.parametrize("data_format", ["csv", "parquet"])
def test_what_the_machine_lacks_is_no_problem_of_a_file(batch: Batch, data_format: str) -> None:
    values = "SELECT '1' AS id, 1 AS n, 1 AS i, true AS b, TIMESTAMP '2024-01-01' AS t, 'x' AS c"
    options = "HEADER true" if data_format == "csv" else "FORMAT parquet"
    duckdb.execute(f"COPY ({values} FROM range(100)) TO '{batch.data / 'a.csv'}' ({options})")
    files = batch.plan().files

    def stage_to(target: str, *, gone: bool) -> None:
        with connect() as (connection, folder):
            sources = examine(connection, files, batch.data, data_format, COLUMNS)
            (folder / "full.parquet").symlink_to("/dev/full")
            if gone:
                (batch.data / "a.csv").unlink()
            stage(connection, sources, COLUMNS, folder / target)

    with pytest.raises(HostError, match="larger volume"):
        stage_to("full.parquet", gone=False)
    with pytest.raises(HostError, match="is gone"):
        stage_to("staged.parquet", gone=True)


@pytest.mark.parametrize("content", ["cut", "flipped", "plain"])
def test_a_broken_gzip_file_is_said_in_a_sentence(batch: Batch, database: Any, content: str) -> None:
    whole = gzip.compress("".join([f"{HEADER}\n", *(f"{n},,,,,{n * n}\n" for n in range(5000))]).encode())
    broken = {
        "cut": whole[: len(whole) // 2],
        "flipped": whole[:9000] + bytes(50) + whole[9050:],
        "plain": f"{HEADER}\n{ROW}\n".encode(),
    }
    batch.write("a.csv.gz", broken[content])
    assert "it is compressed by gzip, and broken" in " ".join(staged(batch, database)[0])


def test_a_parquet_file_with_broken_pages_is_the_one_that_is_named(batch: Batch, database: Any) -> None:
    for name in ("a", "b", "c"):
        target = batch.data / f"{name}.parquet"
        values = "i AS id, i AS n, i AS i, true AS b, TIMESTAMP '2024-01-01' AS t, md5(i::VARCHAR) AS c"
        database[0].execute(
            f"COPY (SELECT {values} FROM range(5000) r(i)) TO '{target}' (FORMAT parquet, COMPRESSION gzip)"
        )
    content = bytearray((batch.data / "b.parquet").read_bytes())
    content[100:900] = bytes(800)
    batch.write("b.parquet", bytes(content))
    problems, rows = staged(batch, database, "parquet")
    assert problems == [
        "not_parquet: b.parquet is not a Parquet file: its pages cannot be read: write the file anew."
    ]
    assert rows == []


def test_a_broken_parquet_file_is_said_in_a_sentence(batch: Batch, database: Any) -> None:
    batch.write("a.parquet", b"PAR1 and nothing else")
    problems, _ = staged(batch, database, "parquet")
    assert problems == ["not_parquet: a.parquet is not a Parquet file: its footer cannot be read."]


@pytest.mark.slow
def test_a_file_larger_than_the_memory_cap_is_staged(batch: Batch) -> None:
    with connect() as (connection, _):
        connection.execute(
            "COPY (SELECT i AS id, random() AS n, i AS i, true AS b, TIMESTAMP '2024-01-01' AS t, "
            "repeat(md5(i::VARCHAR), 4) AS c FROM range(420_000) r(i)) "
            f"TO '{batch.data / 'a.csv'}' (HEADER true)"
        )
    assert (batch.data / "a.csv").stat().st_size > 64_000_000
    with connect("64MB") as (connection, folder):
        plan = batch.plan()
        sources = examine(connection, plan.files, batch.data, "csv", COLUMNS)
        assert stage(connection, sources, COLUMNS, folder / "staged.parquet") == []
        assert row_count(connection, "staged") == 420_000
        ordered = f"COPY (SELECT * FROM staged ORDER BY c) TO '{folder / 'sorted.csv'}' (FORMAT csv)"
        connection.execute(ordered)
        assert (folder / "sorted.csv").stat().st_size > 64_000_000
