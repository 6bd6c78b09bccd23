from collections.abc import Iterator
from datetime import datetime
from typing import Any

import duckdb
import pytest

from jobs.database import connect, single
from jobs.values import SQL_TYPES, checked_value, mean_of, parsed_value


@pytest.fixture(scope="module")
def database() -> Iterator[duckdb.DuckDBPyConnection]:
    with connect() as (connection, _):
        yield connection


def read(connection: duckdb.DuckDBPyConnection, value: str, kind: str) -> tuple[object, ...]:
    """The value as the kind, and whether it did not fit."""
    stored = str(single(connection, f"SELECT typeof({value})")[0])
    typed, wrong = checked_value("p", kind, "r", stored)
    return single(
        connection,
        f"SELECT {typed}, {wrong or 'false'} "
        f"FROM (SELECT r, {parsed_value('r', kind, stored)} AS p FROM (SELECT {value} AS r))",
    )


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("1::BIGINT", "1"),
        ("1::DOUBLE", "1"),
        ("'-0.0'::DOUBLE", "0"),
        ("7.5::DOUBLE", "7.5"),
        ("0.1::FLOAT", "0.1"),
        ("'nan'::DOUBLE", None),
        ("'inf'::DOUBLE", "inf"),
        ("1e300::DOUBLE", "1e+300"),
        ("7.50::DECIMAL(9,2)", "7.5"),
        ("70::DECIMAL(9,2)", "70"),
        ("70::DECIMAL(9,0)", "70"),
        ("true", "true"),
        ("'1.0'", "1"),
        ("'-0.0'", "0"),
        ("'1.10'", "1.10"),
        ("'1.00'", "1.00"),
        ("'1e3'", "1e3"),
        ("'01.0'", "01.0"),
        ("'9007199254740991.0'", "9007199254740991"),
        ("'9007199254740992.0'", "9007199254740992.0"),
        ("9007199254740992::DOUBLE", "9007199254740992.0"),
        ("9007199254740993::BIGINT", "9007199254740993"),
        ("'True'", "true"),
        ("'FALSE'", "false"),
        ("'tRue'", "tRue"),
        ("0.5::DECIMAL(2,2)", "0.5"),
        ("0::DECIMAL(2,2)", "0"),
        ("'fr\\xC3\\xA9'::BLOB", "fré"),
        ("'2.0'::BLOB", "2"),
        ("'01'", "01"),
        ("NULL::DOUBLE", None),
        ("[1.0::DOUBLE]", "[1.0]"),
    ],
)
def test_categories_and_texts(database: Any, value: str, text: str | None) -> None:
    assert read(database, value, "category") == read(database, value, "text") == (text, False)


@pytest.mark.parametrize(
    ("value", "kind", "expected"),
    [
        ("'1.5'", "number", (1.5, False)),
        ("'inf'", "number", (None, True)),
        ("'nan'", "number", (None, False)),
        ("3::DECIMAL(4,2)", "integer", (3, False)),
        ("'3.5'", "integer", (None, True)),
        ("9007199254740993::BIGINT", "integer", (2**53 + 1, False)),
        ("'9007199254740993'", "integer", (2**53 + 1, False)),
        ("9007199254740993::HUGEINT", "integer", (2**53 + 1, False)),
        ("9007199254740993::UBIGINT", "integer", (2**53 + 1, False)),
        ("9007199254740993::DECIMAL(38,4)", "integer", (2**53 + 1, False)),
        ("9007199254740993::DECIMAL(20,0)", "integer", (2**53 + 1, False)),
        ("9007199254740992::DOUBLE", "integer", (None, True)),
        ("9007199254740991::DOUBLE", "integer", (2**53 - 1, False)),
        ("'9007199254740993.0'", "integer", (None, True)),
        ("'9007199254740991.2'", "integer", (None, True)),
        ("'1e16'", "integer", (None, True)),
        ("'9223372036854775807'", "integer", (2**63 - 1, False)),
        ("'9223372036854775808'", "integer", (None, True)),
        ("9223372036854775808::UBIGINT", "integer", (None, True)),
        ("3.5::DECIMAL(4,2)", "integer", (None, True)),
        ("'nan'", "integer", (None, False)),
        ("true", "integer", (1, False)),
        ("'12'::BLOB", "integer", (12, False)),
        ("'1.5'::BLOB", "number", (1.5, False)),
        ("'fr\\xC3'::BLOB", "text", (None, True)),
        ("'fr\\xC3'::BLOB", "number", (None, True)),
        ("'yes?'", "boolean", (None, True)),
        ("1::INTEGER", "boolean", (True, False)),
        ("'2024-01-01 10:00:00+02:00'", "timestamp", (datetime(2024, 1, 1, 8), False)),
        ("DATE '2024-01-01'", "timestamp", (datetime(2024, 1, 1), False)),
        ("'soon'", "timestamp", (None, True)),
    ],
)
def test_what_fits_and_what_does_not(
    database: Any, value: str, kind: str, expected: tuple[object, bool]
) -> None:
    assert read(database, value, kind) == expected


def test_each_kind_has_a_type(database: Any) -> None:
    for kind, sql in SQL_TYPES.items():
        typed, _ = checked_value("p", kind, "r", "VARCHAR")
        value = parsed_value("r", kind, "VARCHAR")
        query = f"SELECT typeof({typed}) FROM (SELECT r, {value} AS p FROM (SELECT '1' AS r))"
        assert single(database, query) == (sql,)


@pytest.mark.parametrize(
    ("values", "mean"),
    [([], None), ([1.0, None, 2.0], 1.5), ([1e308] * 9, 1e308), ([1.7e308, 1.7e308, -1.7e308], 1.7e308 / 3)],
)
def test_a_mean_does_not_overflow(database: Any, values: list[float | None], mean: float | None) -> None:
    query = f"SELECT {mean_of('v')} FROM (SELECT CAST(unnest($1) AS DOUBLE) AS v)"
    (found,) = database.execute(query, [values]).fetchone()
    assert found == (mean if mean is None else pytest.approx(mean))
