import json
import math
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from typing import Any

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jobs.database import connect, quote
from jobs.errors import InputError
from jobs.program import MAX_CATEGORIES, fit, to_sql
from jobs.serving.program import OTHER, Program
from jobs.serving.values import canonical
from mdlc_constructs.settings.payloads.dataset import DatasetSection
from tests.examples_tried import examples

pytestmark = pytest.mark.slow

COLUMNS = {
    "n": "number",
    "i": "integer",
    "c": "category",
    "b": "boolean",
    "t": "timestamp",
}
SQL = {"n": "DOUBLE", "i": "BIGINT", "c": "VARCHAR", "b": "BOOLEAN", "t": "TIMESTAMP"}
DATASET = DatasetSection(
    format="csv",
    timestamp="t",
    row_key=("i",),
    columns=COLUMNS,
    features=("n", "i", "c", "b"),
    positive="1",
    task="binary",
    calendar=("hour", "dayofweek", "day", "dayofyear", "week", "month", "quarter", "year"),
)
# Text as CSV and Parquet can hold it: without NUL and lone surrogates; canonical, as reading makes it.
WORDS = st.sampled_from(["a", "b", "", "it's", 'say "x"', "ü", "日本", " a", "A"]) | st.text(
    st.characters(codec="utf-8", exclude_characters="\x00"), max_size=5
).map(canonical)
ROWS = st.lists(
    st.fixed_dictionaries(
        {
            "n": st.none() | st.floats(allow_nan=True, allow_infinity=True),
            "i": st.none() | st.integers(-(2**53), 2**53),
            "c": st.none() | WORDS,
            "b": st.none() | st.booleans(),
            "t": st.none() | st.datetimes(datetime(1970, 1, 1), datetime(2100, 1, 1)),
        }
    ),
    max_size=12,
)


def test_a_missing_number_is_never_filled_with_an_infinite_one(
    database: duckdb.DuckDBPyConnection,
) -> None:
    rows = [{"n": value, "i": 1, "c": "a", "b": True, "t": None} for value in (math.inf, math.nan, None, 3.0)]
    load(database, "training", rows)
    number = fit(database, "training", DATASET, {}).steps[0]
    assert (number.feature, number.fill) == ("n", 3.0)


@pytest.fixture(scope="module")
def database() -> Iterator[duckdb.DuckDBPyConnection]:
    with connect() as (connection, _):
        yield connection


def load(connection: duckdb.DuckDBPyConnection, table: str, rows: list[dict[str, Any]]) -> None:
    declared = ", ".join(f"{quote(name)} {kind}" for name, kind in SQL.items())
    connection.execute(f"CREATE OR REPLACE TEMP TABLE {table} (row BIGINT, {declared})")
    if rows:
        places = ", ".join(["(?, ?, ?, ?, ?, ?)"] * len(rows))
        values = [value for number, row in enumerate(rows) for value in (number, *(row[n] for n in SQL))]
        connection.execute(f"INSERT INTO {table} VALUES {places}", values)


@settings(max_examples=examples(60))
@given(training=ROWS, scored=ROWS)
def test_sql_and_python_compute_the_same_to_the_bit(
    database: duckdb.DuckDBPyConnection, training: list[dict[str, Any]], scored: list[dict[str, Any]]
) -> None:
    load(database, "training", training)
    load(database, "scored", scored)
    fitted = fit(database, "training", DATASET, {})
    program = Program.from_document(json.loads(fitted.to_json()))
    assert program == fitted
    found = database.execute(to_sql(program, "scored", order="raw.row")).fetchall()
    assert [list(row) for row in found] == [program.prepare(row) for row in scored]
    assert all(math.isfinite(value) for row in found for value in row)


@settings(max_examples=examples(40))
@given(training=ROWS, scored=ROWS)
def test_standardized_features_are_the_same_in_sql_and_in_python(
    database: duckdb.DuckDBPyConnection, training: list[dict[str, Any]], scored: list[dict[str, Any]]
) -> None:
    training = [row for row in training if row["n"] is None or not abs(row["n"]) > 1e100]
    load(database, "training", training)
    load(database, "scored", scored)
    fitted = fit(database, "training", replace(DATASET, standardize=True), {})
    program = Program.from_document(json.loads(fitted.to_json()))
    assert program == fitted
    found = database.execute(to_sql(program, "scored", order="raw.row")).fetchall()
    assert [list(row) for row in found] == [program.prepare(row) for row in scored]


def test_standardized_features_have_mean_0_and_deviation_1_in_training() -> None:
    program = fitted("(1.0), (2.0), (6.0), (NULL)", standardize=True)
    # The missing value is the median, 2, and counts like the others.
    assert program.steps[0].mean == 2.75
    assert program.steps[0].scale == pytest.approx(1.9202, abs=1e-4)
    prepared = [program.prepare({"x": value})[0] for value in (1.0, 2.0, 6.0, None)]
    assert sum(prepared) == pytest.approx(0) and sum(value**2 for value in prepared) == pytest.approx(4)


def test_a_constant_feature_becomes_nought() -> None:
    program = fitted("(5.0), (5.0)", standardize=True)
    assert program.prepare({"x": 5.0}) == [0.0] and program.prepare({"x": 7.0}) == [2.0]


def test_a_deviation_beyond_all_numbers_is_one_sentence() -> None:
    with pytest.raises(InputError, match="too large for a number: divide the column"):
        fitted("(1e308::DOUBLE), (-1e308::DOUBLE)", standardize=True)


def test_programs_without_new_settings_have_the_bytes_of_before() -> None:
    text = fitted("(1.0), (2.0)").to_json()
    assert not any(f'"{name}"' in text for name in ("mean", "scale", "task", "records"))


@pytest.mark.parametrize(
    ("task", "told"), [("cluster", "cluster"), ("embedding", "embedding"), ("anomaly", "")]
)
def test_a_program_says_its_task_where_the_answer_is_no_number(task: str, told: str) -> None:
    program = fitted("(1.0), (2.0)", task=task)
    assert program.task == told
    assert Program.from_document(json.loads(program.to_json())) == program


def fitted(values: str, kind: str = "number", **changed: Any) -> Program:
    dataset = DatasetSection(
        format="csv",
        timestamp="t",
        row_key=("x",),
        columns={"x": kind},
        features=("x",),
        positive="1",
        **{"task": "binary", **changed},
    )
    with connect() as (connection, _):
        connection.execute(f"CREATE TABLE training AS SELECT * FROM (VALUES {values}) AS v(x)")
        return fit(connection, "training", dataset, {"model": "m"})


def test_a_missing_number_becomes_the_median_of_training() -> None:
    program = fitted("(1.0), (5.0), (100.0), (NULL)")
    assert program.prepare({"x": None}) == program.prepare({}) == program.prepare({"x": math.nan}) == [5.0]
    assert program.prepare({"x": 7}) == [7.0]


def test_a_column_without_any_value_is_nought() -> None:
    assert fitted("(NULL::DOUBLE)").prepare({"x": None}) == [0.0]


def test_categories_are_ranked_by_frequency_and_ties_by_value() -> None:
    program = fitted("('b'), ('a'), ('c'), ('c'), (NULL)", "category")
    assert program.steps[0].values == {"c": 1.0, "a": 2.0, "b": 3.0}
    assert program.prepare({"x": None}) == [4.0]
    assert program.prepare({"x": "never seen"}) == [OTHER]


def test_a_missing_category_that_training_never_saw_is_other() -> None:
    assert fitted("('a')", "category").prepare({"x": None}) == [OTHER]


def test_rare_categories_beyond_the_limit_are_other() -> None:
    dataset = DatasetSection(
        format="csv",
        timestamp="t",
        row_key=("x",),
        columns={"x": "category"},
        features=("x",),
        positive="1",
        task="binary",
    )
    with connect() as (connection, _):
        connection.execute(
            f"CREATE TABLE training AS SELECT 'v' || i AS x FROM range({MAX_CATEGORIES + 5}) r(i)"
        )
        program = fit(connection, "training", dataset, {})
    assert len(program.steps[0].values) == MAX_CATEGORIES


def test_a_boolean_becomes_one_and_nought() -> None:
    program = fitted("(true), (true), (false), (NULL)", "boolean")
    assert [program.prepare({"x": value}) for value in (True, False, None)] == [[1.0], [0.0], [1.0]]
