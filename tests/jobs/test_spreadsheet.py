"""Cells of files that people open."""

import duckdb
import pytest

from jobs import spreadsheet


@pytest.mark.parametrize(
    ("text", "cell"),
    [
        ("=1+1", "'=1+1"),
        ("+49 30 1", "'+49 30 1"),
        ("-A1", "'-A1"),
        ("--1", "'--1"),
        ("@x", "'@x"),
        ("\t=1", "'\t=1"),
        ("\r=1", "'\r=1"),
        ("\n=1", "'\n=1"),
        ("-1\n=1", "'-1\n=1"),
        ("\uff1d1", "'\uff1d1"),
        ("-", "'-"),
        ("-1.5", "-1.5"),
        ("+1", "+1"),
        ("-1.", "-1."),
        ("-1e5", "-1e5"),
        ("a-b", "a-b"),
        ("", ""),
        (None, None),
    ],
)
def test_a_text_that_would_be_a_formula_has_an_apostrophe_in_front(
    text: str | None, cell: str | None
) -> None:
    with duckdb.connect() as connection:
        found = connection.execute(f"SELECT {spreadsheet.text_cell('$text')}", {"text": text}).fetchone()
    assert found == (cell,)


def test_columns_of_numbers_stay_numbers_and_headers_are_cells_too() -> None:
    with duckdb.connect() as connection:
        connection.execute('CREATE TABLE t ("=x" VARCHAR, n DOUBLE, "at" TIMESTAMP)')
        connection.execute("INSERT INTO t VALUES ('=1', -1.5, TIMESTAMP '2024-01-01')")
        kinds = {"=x": "text", "n": "number", "at": "timestamp"}
        found = connection.sql(f"SELECT {spreadsheet.cells(kinds, {name: name for name in kinds})} FROM t")
        assert found.columns == ["'=x", "n", "at"]
        assert [str(kind) for kind in found.types] == ["VARCHAR", "DOUBLE", "TIMESTAMP"]
        (row,) = found.fetchall()
    assert row[:2] == ("'=1", -1.5)
