"""Statistics that are the same to the bit, whatever the order of rows and the number of threads."""

import json
import math
import sys
from fractions import Fraction
from typing import Any

import duckdb
import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from jobs.statistics import aggregates
from jobs.statistics.exact import exact_statistics
from tests.examples_tried import examples
from tests.jobs.columns import relation

pytestmark = pytest.mark.slow

KINDS = {"x": "number", "n": "integer", "c": "category", "nothing": "number", "same": "number"}
TINY = 1e-280  # numbers below it count as nothing


def table(rows: int, seed: int = 3) -> dict[str, Any]:
    random = np.random.default_rng(seed)
    values = random.normal(1e6, 1e-3, rows) * random.choice([1, 1e-9, -1e7], rows)
    values[random.random(rows) < 0.1] = np.nan
    return {
        "x": values,
        "n": random.integers(-5, 50, rows),
        "c": random.choice(list("abc"), rows),
        "nothing": np.full(rows, np.nan),
        "same": np.full(rows, 0.1),
    }


def statistics(columns: dict[str, Any], *, every: int = 4, threads: int = 1) -> dict[str, Any]:
    connection = duckdb.connect()
    connection.execute(f"SET threads = {threads}")
    name = relation(connection, "t", columns)
    return exact_statistics(connection, name, KINDS, some=f"(FROM {name} WHERE hash(x, n) % {every} = 0)")


@pytest.mark.parametrize("exact_rows", [aggregates.EXACT_ROWS, 1000])
def test_the_order_of_rows_and_threads_change_no_digit(
    monkeypatch: pytest.MonkeyPatch, exact_rows: int
) -> None:
    monkeypatch.setattr(aggregates, "EXACT_ROWS", exact_rows)
    columns = table(150_000)
    turned = {name: values[::-1] for name, values in columns.items()}
    one, other = statistics(columns, every=200), statistics(turned, every=200, threads=2)
    assert json.dumps(one) == json.dumps(other)


def test_the_moments_are_those_of_exact_sums() -> None:
    columns = table(5_000)
    features = {feature["name"]: feature for feature in statistics(columns)["features"]}
    for name in ("x", "n", "same"):
        values = columns[name][~np.isnan(columns[name])]
        found = features[name]["numerical_statistics"]
        assert found["sum"] == pytest.approx(math.fsum(values), rel=1e-15)
        assert found["mean"] == pytest.approx(math.fsum(values) / len(values), rel=1e-15)
        assert found["std_dev"] == pytest.approx(values.std(), rel=1e-9)
    assert features["same"]["numerical_statistics"]["std_dev"] == 0
    assert features["nothing"]["numerical_statistics"] == {"common": {"num_present": 0, "num_missing": 5_000}}


def test_edges_of_a_part_hold_every_row_once(monkeypatch: pytest.MonkeyPatch) -> None:
    columns = table(5_000)
    exact = statistics(columns)
    monkeypatch.setattr(aggregates, "EXACT_ROWS", 2_000)
    features = {feature["name"]: feature for feature in statistics(columns)["features"]}
    assert list(features) == list(KINDS)
    for before in exact["features"]:
        after = features[before["name"]]
        if "string_statistics" in before:
            assert after == before
            continue
        was, now = before["numerical_statistics"], after["numerical_statistics"]
        assert list(was) == list(now)
        named = [key for key in was if key not in ("distribution", "quantiles")]
        assert {key: was[key] for key in named} == {key: now[key] for key in named}
        if was["common"]["num_present"]:
            buckets = now["distribution"]["kll"]["buckets"]
            assert sum(bucket["count"] for bucket in buckets) == now["common"]["num_present"]
            assert (buckets[0]["lower_bound"], buckets[-1]["upper_bound"]) == (now["min"], now["max"])
            told = now["quantiles"]["values"]  # of the part: near those of all rows
            assert now["min"] <= told[0] and told == sorted(told) and told[-1] <= now["max"]
            assert was["quantiles"]["levels"] == now["quantiles"]["levels"]
    edges = features["x"]["numerical_statistics"]["distribution"]["kll"]["buckets"]
    values = columns["x"][~np.isnan(columns["x"])]
    for place, bucket in enumerate(edges):
        low, high = bucket["lower_bound"], bucket["upper_bound"]
        held = (values > low if place else values >= low) & (values <= high)
        assert bucket["count"] == int(held.sum())


def test_a_part_without_a_value_of_a_column_leaves_one_bucket(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(aggregates, "EXACT_ROWS", 10)
    connection = duckdb.connect()
    connection.execute("CREATE TABLE t AS SELECT i, CASE WHEN i < 3 THEN i END AS x FROM range(100) r(i)")
    made = exact_statistics(connection, "t", {"x": "number"}, some="(FROM t WHERE i >= 50)")
    found = made["features"][0]["numerical_statistics"]
    assert found["distribution"]["kll"]["buckets"] == [{"lower_bound": 0, "upper_bound": 2, "count": 3}]
    assert (found["mean"], found["sum"]) == (1.0, 3.0)


@settings(max_examples=examples(50))
@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1, max_size=30))
@example([0.0, 2.0123185280201806e-167])
def test_sums_of_any_numbers_are_right(values: list[float]) -> None:
    connection = duckdb.connect()
    connection.execute("CREATE TABLE t (x DOUBLE)")
    connection.executemany("INSERT INTO t VALUES (?)", [[value] for value in values])
    found = exact_statistics(connection, "t", {"x": "number"}, some="t")["features"][0][
        "numerical_statistics"
    ]
    largest = max(map(abs, values))
    total = sum(map(Fraction, values), Fraction(0))
    if abs(total) > Fraction(sys.float_info.max) + 2**969:  # what is nearer is rounded to it
        assert found["sum"] is None
    else:
        assert found["sum"] == pytest.approx(float(total), rel=1e-12, abs=largest * 1e-15 + TINY)
    # Squares of very large numbers overflow in numpy, and those of very small ones underflow.
    power = math.frexp(largest)[1]
    deviation = math.ldexp(float(np.std([math.ldexp(value, -power) for value in values])), power)
    assert found["std_dev"] == pytest.approx(deviation, rel=1e-9, abs=largest * 1e-9 + TINY)
    assert found["mean"] == pytest.approx(float(total / len(values)), rel=1e-12, abs=largest * 1e-15 + TINY)
