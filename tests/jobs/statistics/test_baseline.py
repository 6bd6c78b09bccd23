import json
import math

import duckdb
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jobs.errors import InputError
from jobs.statistics import aggregates
from jobs.statistics.baseline import BUCKETS, constraints, statistics
from tests.jobs.columns import relation

pytestmark = pytest.mark.slow


def test_numbers_have_model_monitors_shape_and_numpys_values() -> None:
    values = np.random.default_rng(2).normal(5, 2, 1000)
    connection = duckdb.connect()
    document = statistics(connection, relation(connection, "t", {"x": [*values, None]}), {"x": "number"})
    assert (document["version"], document["dataset"]) == (0.0, {"item_count": 1001})
    (feature,) = document["features"]
    assert (feature["name"], feature["inferred_type"]) == ("x", "Fractional")
    numbers = feature["numerical_statistics"]
    assert numbers["common"] == {"num_present": 1000, "num_missing": 1}
    for name, expected in {"mean": values.mean(), "sum": values.sum(), "std_dev": values.std()}.items():
        assert numbers[name] == pytest.approx(float(expected), rel=1e-9)
    assert (numbers["min"], numbers["max"]) == (values.min(), values.max())
    buckets = numbers["distribution"]["kll"]["buckets"]
    assert [bucket["count"] for bucket in buckets] == [1000 / BUCKETS] * BUCKETS
    levels, quantiles = numbers["quantiles"]["levels"], numbers["quantiles"]["values"]
    assert quantiles == np.quantile(values, levels, method="inverted_cdf").tolist()
    assert buckets[0]["lower_bound"] == values.min() and buckets[-1]["upper_bound"] == values.max()
    assert json.loads(json.dumps(document)) == document


@settings(deadline=None)
@given(st.lists(st.one_of(st.none(), st.floats(width=64), st.integers(-3, 3)), min_size=1, max_size=40))
def test_buckets_hold_every_finite_number_once(values: list[float | None]) -> None:
    connection = duckdb.connect()
    connection.execute("CREATE TABLE t (x DOUBLE)")
    connection.executemany("INSERT INTO t VALUES (?)", [[value] for value in values])
    finite = [value for value in values if value is not None and math.isfinite(value)]
    rows = len(values)
    numbers = statistics(connection, "t", {"x": "number"})["features"][0]["numerical_statistics"]
    assert numbers["common"] == {"num_present": len(finite), "num_missing": rows - len(finite)}
    if finite:
        buckets = numbers["distribution"]["kll"]["buckets"]
        held = [
            sum(
                bucket["lower_bound"] < value <= bucket["upper_bound"]
                or (place == 0 and value == bucket["lower_bound"])
                for value in finite
            )
            for place, bucket in enumerate(buckets)
        ]
        assert [bucket["count"] for bucket in buckets] == held
        assert sum(held) == len(finite)


def test_categories_booleans_texts_and_times() -> None:
    connection = duckdb.connect()
    table = relation(
        connection, "t", {"c": ["a", "b", "a", None], "b": [True, False, True, True], "t": list("wxyz")}
    )
    kinds = {"c": "category", "b": "boolean", "t": "text", "at": "timestamp"}
    category, boolean, text = statistics(connection, table, kinds)["features"]
    assert category["string_statistics"] == {
        "common": {"num_present": 3, "num_missing": 1},
        "distinct_count": 2,
        "distribution": {
            "categorical": {"buckets": [{"value": "a", "count": 2}, {"value": "b", "count": 1}]}
        },
    }
    assert boolean["string_statistics"]["distinct_count"] == 2
    assert text == {
        "name": "t",
        "inferred_type": "Unknown",
        "string_statistics": {"common": {"num_present": 4, "num_missing": 0}},
    }


def test_constraints_suggest_themselves() -> None:
    connection = duckdb.connect()
    table = relation(
        connection, "t", {"x": [1, 2, None, 0], "y": [-1, 2, 3, 4], "c": list("baab"), "n": [None] * 4}
    )
    kinds = {"x": "number", "y": "integer", "c": "category", "n": "number"}
    document = constraints(statistics(connection, table, kinds))
    assert document["features"] == [
        {
            "name": "x",
            "inferred_type": "Fractional",
            "completeness": 0.75,
            "num_constraints": {"is_non_negative": True},
        },
        {
            "name": "y",
            "inferred_type": "Integral",
            "completeness": 1.0,
            "num_constraints": {"is_non_negative": False},
        },
        {
            "name": "c",
            "inferred_type": "String",
            "completeness": 1.0,
            "string_constraints": {"domains": ["a", "b"]},
        },
        {"name": "n", "inferred_type": "Fractional", "completeness": 0.0},
    ]
    assert document["monitoring_config"]["evaluate_constraints"] == "Enabled"


def test_sketched_quantiles_are_nearly_as_even(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(aggregates, "EXACT_ROWS", 0)
    values = np.random.default_rng(3).exponential(1, 20_000)
    connection = duckdb.connect()
    document = statistics(connection, relation(connection, "t", {'a "b"': values}), {'a "b"': "number"})
    buckets = document["features"][0]["numerical_statistics"]["distribution"]["kll"]["buckets"]
    assert [bucket["count"] for bucket in buckets] == pytest.approx([2_000] * BUCKETS, rel=0.05)
    assert sum(bucket["count"] for bucket in buckets) == len(values)


def test_many_columns_are_asked_in_several_queries_and_answered_alike(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    random = np.random.default_rng(4)
    columns = {f"c{place}": random.normal(place, 1, 50) for place in range(7)}
    connection = duckdb.connect()
    table = relation(connection, "t", columns)
    together = statistics(connection, table, dict.fromkeys(columns, "number"))
    monkeypatch.setattr(aggregates, "COLUMNS_PER_QUERY", 3)
    assert statistics(connection, table, dict.fromkeys(columns, "number")) == together
    assert [feature["name"] for feature in together["features"]] == list(columns)


def test_exact_quantiles_hold_no_more_rows_at_once_than_they_may(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(aggregates, "EXACT_ROWS", 1_000)
    assert [aggregates.columns_at_once(rows) for rows in (0, 10, 100, 400, 1_000, 5_000)] == [
        20,
        20,
        10,
        2,
        1,
        1,
    ]


def test_no_rows_are_no_baseline() -> None:
    connection = duckdb.connect()
    connection.execute("CREATE TABLE t (x DOUBLE)")
    with pytest.raises(InputError, match="no rows"):
        statistics(connection, "t", {"x": "number"})
