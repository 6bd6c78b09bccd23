"""Reading in Python is held against reading in SQL, which is what training and batch scoring do."""

import math
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import duckdb
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from jobs.database import connect, literal, single
from jobs.serving.values import read
from jobs.values import SQL_TYPES, checked_value, parsed_value
from tests.examples_tried import examples

pytestmark = pytest.mark.slow

REFUSED = "refused"
KINDS = st.sampled_from(sorted(SQL_TYPES))


@pytest.fixture(scope="module")
def database() -> Iterator[duckdb.DuckDBPyConnection]:
    with connect() as (connection, _):
        yield connection


def staged(connection: duckdb.DuckDBPyConnection, sql: str, kind: str) -> Any:
    """What the jobs make of a stored value, or that they note it as wrong."""
    stored = str(single(connection, f"SELECT typeof({sql})")[0])
    typed, wrong = checked_value("p", kind, "r", stored)
    value, bad = single(
        connection,
        f"SELECT {typed}, {wrong or 'false'} FROM "
        f"(SELECT r, {parsed_value('r', kind, stored)} AS p FROM (SELECT {sql} AS r))",
    )
    return REFUSED if bad else value


def given_as_json(value: Any, kind: str) -> Any:
    try:
        return read(value, kind, empty_is_missing=False)
    except ValueError:
        return REFUSED


def number_texts() -> st.SearchStrategy[str]:
    return st.from_regex(r"\A[ ]?[+-]{0,2}[0-9_]{0,4}[.]?[0-9_]{0,3}([eE][+-]?[0-9]{1,3})?[ \n]?\Z")


def moment_texts() -> st.SearchStrategy[str]:
    clock = st.datetimes(datetime(1, 1, 2), datetime(9999, 12, 30)).flatmap(
        lambda moment: st.sampled_from(
            [
                moment.isoformat(),
                f"{moment:%Y-%m-%d}".rjust(10, "0"),
                moment.isoformat(" ", "minutes"),
                moment.isoformat(timespec="milliseconds"),
                moment.isoformat(timespec="microseconds") + "789",
            ]
        )
    )
    zones = st.sampled_from(["", "Z", "z", " Z", "+02", "+0200", "-05:30", "+02:60", "+2", "+15:59", "x"])
    return st.builds(str.__add__, clock, zones)


TEXTS = st.one_of(
    number_texts(),
    moment_texts(),
    st.sampled_from(
        ["true", "T", "yes", "nO", "0", "on", "", " ", "nan", "-NaN", "inf", "epoch", "2024", "1d"]
    ),
    st.text(st.characters(codec="ascii", exclude_characters="\x00'"), max_size=6),
)


@settings(max_examples=examples(400))
@given(value=TEXTS, kind=KINDS)
@example(value="2024-02-30", kind="timestamp")
@example(value="2024-05-17T24:00", kind="timestamp")
@example(value="1e999", kind="number")
@example(value="9007199254740993", kind="integer")
def test_a_text_is_read_as_the_jobs_read_it_or_refused(
    database: duckdb.DuckDBPyConnection, value: str, kind: str
) -> None:
    found, expected = given_as_json(value, kind), staged(database, literal(value), kind)
    # Some notations of SQL are no JSON row's: they are refused, and never read as something else.
    assert found in (expected, REFUSED)


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        *((text, "number") for text in ("1.5", " -1.5e3\n", ".5", "5.", "+0", "1_000", "nan")),
        *((text, "integer") for text in ("12", "12.0", "1e3", "-0")),
        *((text, "boolean") for text in ("true", "False", "t", "no", "Y", "1")),
        ("2024-05-17", "timestamp"),
        ("2024-05-17 08:30", "timestamp"),
        ("2024-05-17T08:30:59.1234567+05:30", "timestamp"),
        ("2024-05-17T08:30Z", "timestamp"),
    ],
)
def test_a_usual_text_is_read(database: duckdb.DuckDBPyConnection, value: str, kind: str) -> None:
    found = given_as_json(value, kind)
    assert found != REFUSED
    assert found == staged(database, literal(value), kind)


NUMBERS = st.one_of(
    st.booleans(),
    st.integers(-(2**63), 2**63 - 1),
    st.integers(-(2**53) - 2, -(2**53) + 2),
    st.floats(),
    st.floats(-1e6, 1e6).map(round).map(float),
)


@settings(max_examples=examples(400))
@given(value=NUMBERS, kind=KINDS.filter(lambda kind: kind != "timestamp"))
@example(value=math.nan, kind="boolean")
@example(value=-0.0, kind="category")
@example(value=2**53 + 1, kind="integer")
def test_a_json_number_is_read_as_parquets(
    database: duckdb.DuckDBPyConnection, value: bool | int | float, kind: str
) -> None:
    sql = {bool: "BOOLEAN", int: "BIGINT", float: "DOUBLE"}[type(value)]
    found = given_as_json(value, kind)
    expected = staged(database, f"CAST({literal(str(value))} AS {sql})", kind)
    assert (type(found), found) == (type(expected), expected)


@pytest.mark.parametrize("kind", sorted(SQL_TYPES))
@pytest.mark.parametrize("value", [[], {}, ["a"], [1]])
def test_what_is_no_single_value_is_refused(value: Any, kind: str) -> None:
    assert given_as_json(value, kind) == REFUSED


@pytest.mark.parametrize("value", [20240517, 1.5, True, "yesterday"])
def test_a_number_is_no_time(value: Any) -> None:
    with pytest.raises(ValueError, match='give a text such as "2024-05-17T08:30:00Z", or null'):
        read(value, "timestamp", empty_is_missing=True)


def test_a_number_too_large_for_a_double_is_refused() -> None:
    assert given_as_json(10**400, "number") == REFUSED


@pytest.mark.parametrize("kind", sorted(SQL_TYPES))
def test_an_empty_text_is_missing_where_files_are_csv(kind: str) -> None:
    assert read("", kind, empty_is_missing=True) is None
    assert read(None, kind, empty_is_missing=False) is None
    assert given_as_json("", kind) == ("" if kind in ("category", "text") else REFUSED)
