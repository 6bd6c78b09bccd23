import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import pytest

from jobs.database import SqlConnection, literal, parquet
from jobs.errors import JobError
from jobs.spark.connection import SparkConnection, translate
from jobs.statistics import aggregates, baseline
from jobs.statistics.baseline import LEVELS, constraints, statistics
from jobs.statistics.drift import drift
from tests.jobs.spark.sessions import RemoteSession, spark_session

ROWS = 2_000
KINDS = {
    "Delay": "number",
    "centred": "number",
    "odd ones": "number",
    'quoted "x"': "number",
    "whole": "integer",
    "empty": "number",
    "carrier": "category",
    "rare": "category",
    "seen`": "boolean",
    "remark": "text",
    # Called as names of our own SQL.
    "N": "number",
    "value0": "number",
    "v": "category",
}
TEXTS = [
    "AA",
    "aa",
    "AA ",
    "",
    "it's",
    'say "so"',
    "back\\slash",
    "\\n",
    "line\nbreak",
    "Ünïcode",
    "日本",
    "NULL",
]
ODD = [math.nan, math.inf, -math.inf, -0.0, 0.0, 1e150, -1e308, 1e-300, 5e-324, None]


@dataclass(frozen=True)
class Engines:
    """The same Parquet files, as views of both."""

    duck: duckdb.DuckDBPyConnection
    spark: SparkConnection
    remote: RemoteSession

    def view(self, name: str, path: Path) -> None:
        self.duck.execute(f"CREATE OR REPLACE VIEW {name} AS FROM {parquet(path)}")
        self.remote.view(name, path)

    def both(self, query: str) -> list[list[tuple[Any, ...]]]:
        return [self.duck.execute(query).fetchall(), self.spark.execute(query).fetchall()]


@pytest.fixture(scope="module")
def engines(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engines]:
    folder = tmp_path_factory.mktemp("spark")
    with spark_session(folder / "spark.log") as remote, duckdb.connect() as duck:
        made = Engines(duck, SparkConnection(remote), remote)
        for name, seed, moved in (("before", 1, 0.0), ("after", 2, 0.7)):
            path = folder / f"{name}.parquet"
            write(duck, table(seed, moved), path)
            made.view(name, path)
        yield made


def table(seed: int, moved: float) -> dict[str, Any]:
    random = np.random.default_rng(seed)
    odd = random.normal(0, 1, ROWS).tolist()
    for place, value in enumerate(ODD * 20):
        odd[place * 7] = value
    return {
        "Delay": np.where(random.random(ROWS) < 0.5, 0, random.exponential(20, ROWS)) + moved * 10,
        "centred": random.normal(moved, 1, ROWS),
        "odd ones": odd,
        'quoted "x"': np.round(random.normal(moved, 1, ROWS), 1),
        "whole": random.integers(-(2**40), 2**40, ROWS),
        "empty": pd.array([None] * ROWS, dtype="Float64"),
        "carrier": random.choice(np.array([*TEXTS, None], dtype=object), ROWS),
        "rare": np.char.add("k", np.minimum(random.zipf(1.4, ROWS), 10**6).astype(str)),
        "seen`": random.random(ROWS) < 0.3 + moved / 2,
        "remark": random.choice(np.array(["x", None], dtype=object), ROWS),
        "N": random.normal(0, 1, ROWS),
        "value0": random.normal(3, 1, ROWS),
        "v": random.choice(np.array(["p", "q"], dtype=object), ROWS),
    }


def write(duck: duckdb.DuckDBPyConnection, columns: Mapping[str, Any], path: Path) -> None:
    duck.register("given", pd.DataFrame(dict(columns)))
    duck.execute(f"COPY (FROM given) TO {literal(str(path))} (FORMAT parquet)")
    duck.unregister("given")


def scale(one: Mapping[str, Any]) -> dict[str, float]:
    """What a rounded sum or mean may be off by: it is of as many rows, each as large as these."""
    typical = abs(one.get("mean") or 0.0) + (one.get("std_dev") or 0.0)
    return {"mean": typical, "std_dev": typical, "sum": typical * ROWS}


def assert_equal(one: Any, other: Any, path: str = "") -> None:
    """Both documents are equal: floats that are sums to 1e-12 of their scale, all else exactly."""
    if isinstance(one, Mapping):
        assert list(one) == list(other), path
        scales = scale(one)
        for name, value in one.items():
            if name in scales and value is not None:
                assert abs(value - other[name]) <= 1e-12 * scales[name], f"{path}/{name}"
            else:
                assert_equal(value, other[name], f"{path}/{name}")
    elif isinstance(one, str) or not isinstance(one, Sequence):
        assert one == other and type(one) is type(other), path
    else:
        assert len(one) == len(other), path
        for place, (left, right) in enumerate(zip(one, other, strict=True)):
            assert_equal(left, right, f"{path}/{place}")


@pytest.mark.slow
def test_baseline_and_drift_are_equal_on_both_engines(
    engines: Engines, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(baseline, "CATEGORIES", 20)  # so that "rare" has more values than are listed
    by_duck, by_spark = (statistics(one, "before", KINDS) for one in (engines.duck, engines.spark))
    assert_equal(by_duck, by_spark)
    assert constraints(by_duck) == constraints(by_spark)
    windows: list[Any] = [drift(one, "after", by_duck).to_json() for one in (engines.duck, engines.spark)]
    assert_equal(*windows)
    assert {"Delay", "centred", "seen`"} <= set(windows[0]["drifted"])
    (rare,) = [column for column in windows[0]["columns"] if column["name"] == "rare"]
    assert rare["measures"]["new_share"] > 0


@pytest.mark.slow
@pytest.mark.parametrize("engine", ["duck", "spark"])
def test_sketched_quantiles_are_within_their_bounds(
    engines: Engines, engine: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In shares of rows: a hundredth by DuckDB's t-digest, a ten-thousandth (here, a row) by Spark."""
    monkeypatch.setattr(aggregates, "EXACT_ROWS", 0)
    connection: SqlConnection = getattr(engines, engine)
    document = statistics(connection, "before", {"centred": "number"})
    numbers = document["features"][0]["numerical_statistics"]
    held = np.sort(table(1, 0.0)["centred"])
    ranks = np.searchsorted(held, numbers["quantiles"]["values"], side="right") / ROWS
    off = np.abs(ranks - np.array(LEVELS))
    assert off.max() <= (0.01 if engine == "duck" else 1e-4 + 1 / ROWS)


@pytest.mark.slow
def test_a_quantile_is_the_same_row_whatever_the_number_of_rows(engines: Engines, tmp_path: Path) -> None:
    most = 130
    path = tmp_path / "counted.parquet"
    write(
        engines.duck,
        {
            "n": [n for n in range(1, most) for _ in range(n)],
            "v": [float(row) for n in range(1, most) for row in range(n)],
        },
        path,
    )
    engines.view("counted", path)
    levels = [step / 100 for step in range(1, 100)]
    query = f"SELECT n, quantile_disc(v, {levels}) FROM counted GROUP BY n ORDER BY n"
    by_duck, by_spark = engines.both(query)
    assert by_duck == by_spark and len(by_duck) == most - 1
    assert by_duck[99][1] == [float(row) for row in range(99)]


SAME = {
    "1 / 2": 0.5,
    "7 // 2": 3,
    "-7 % 3": -1,
    "CAST('nan' AS DOUBLE) > CAST('inf' AS DOUBLE)": True,
    "abs(CAST('nan' AS DOUBLE)) <= CAST('1e140' AS DOUBLE)": False,
    "TRY_CAST('1e400' AS DOUBLE)": math.inf,
    "TRY_CAST(' 1 ' AS DOUBLE)": 1.0,
    "TRY_CAST('none' AS DOUBLE)": None,
    "TRY_CAST(true AS DOUBLE)": 1.0,
    "'a' = 'A'": False,
    "'a ' = 'a'": False,
    "'Z' < 'a'": True,
    "CAST(true AS VARCHAR)": "true",
    "CAST(CAST('0.1' AS DOUBLE) AS VARCHAR)": "0.1",
    "CAST(TIMESTAMP '2013-01-01 05:00:00' AS VARCHAR)": "2013-01-01 05:00:00",
    "coalesce(count_if(NULL), 0)": 0,
    "stddev_pop(1.5)": 0.0,
}
"""What statistics rest on, and both engines mean alike once it is translated."""

DIFFERENT = {
    "TRY_CAST('1_000' AS DOUBLE)": (1000.0, None),
    "TRY_CAST('1f' AS DOUBLE)": (None, 1.0),
    "TRY_CAST('1d' AS DOUBLE)": (None, 1.0),
    "CAST(CAST('1e20' AS DOUBLE) AS VARCHAR)": ("1e+20", "1.0E20"),
    "CAST(CAST('nan' AS DOUBLE) AS VARCHAR)": ("nan", "NaN"),
    "CAST(CAST('3.5' AS DOUBLE) AS INTEGER)": (4, 3),
}
"""What they do not, as docs/engines.md lists it: DuckDB's answer and Spark's."""


@pytest.mark.slow
def test_what_the_engines_mean_alike_and_what_they_do_not(engines: Engines) -> None:
    asked = ", ".join(f"{expression} AS e{place}" for place, expression in enumerate([*SAME, *DIFFERENT]))
    by_duck, by_spark = (rows[0] for rows in engines.both(f"SELECT {asked}"))
    expected = [*((value, value) for value in SAME.values()), *DIFFERENT.values()]
    assert list(zip(by_duck, by_spark, strict=True)) == expected


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ('SELECT "a b" FROM t', "SELECT `a b` FROM t"),
        ('SELECT "a`b" FROM t', "SELECT `a``b` FROM t"),
        ("SELECT 'it''s \\n'", "SELECT 'it\\'s \\\\n'"),
        ("SELECT v FROM t ORDER BY v", "SELECT v FROM t ORDER BY v NULLS LAST"),
        ("SELECT approx_quantile(v, [0.5]) FROM t", "SELECT PERCENTILE_APPROX(v, ARRAY(0.5)) FROM t"),
        ("DESCRIBE SELECT * FROM t", "DESCRIBE SELECT * FROM t"),
    ],
)
def test_a_query_is_said_in_sparks_words(asked: str, said: str) -> None:
    assert translate(asked) == said


@pytest.mark.parametrize(
    "query",
    [
        "SELECT * FROM read_parquet('x', hive_partitioning = false)",
        "SELECT (",
        "SELECT quantile_disc(v, 0.5)",
    ],
)
def test_what_spark_cannot_be_asked_is_refused(query: str) -> None:
    with pytest.raises(JobError, match=r"Spark cannot be asked|as a list"):
        translate(query)
