from collections.abc import Iterator
from statistics import NormalDist
from typing import Any

import duckdb
import numpy as np
import pytest

from jobs.database import connect
from jobs.findings import Finding
from jobs.outliers import baseline_bounds, outlier_rules, own_bounds
from jobs.statistics.baseline import LEVELS, statistics
from mdlc_constructs.settings.payloads.quality import OutlierRule

ROBUST = OutlierRule(robust_z=8.0, quantile=None, share=0.01)
BEYOND = OutlierRule(robust_z=None, quantile=0.001, share=0.01)


@pytest.fixture
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with connect() as (opened, _):
        yield opened


def staged(connection: duckdb.DuckDBPyConnection, values: Any, name: str = "staged") -> None:
    """Create a table of a column x and a column constant."""
    table = {"x": np.asarray(values, dtype=np.float64), "constant": np.zeros(len(values))}
    connection.register("arrays", table)
    connection.execute(f"CREATE OR REPLACE TABLE {name} AS SELECT x, constant FROM arrays")


def normal(rows: int = 4000, seed: int = 1) -> Any:
    return np.random.default_rng(seed).normal(50, 10, rows)


def test_robust_bounds_of_a_normal_distribution_are_its_deviations(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    staged(connection, normal(100_000))
    assert list(own_bounds(connection, {"x": ROBUST})["x"]) == pytest.approx([50 - 80, 50 + 80], abs=2)


def test_outliers_do_not_move_their_own_bounds(connection: duckdb.DuckDBPyConnection) -> None:
    staged(connection, np.r_[normal(), np.full(1000, 1e9)])
    (low, high) = own_bounds(connection, {"x": ROBUST})["x"]
    assert -100 < low < high < 300
    (finding,) = outlier_rules(connection, {"x": ROBUST}, {"x": (low, high)})
    assert (finding.rule, finding.column, finding.rows) == ("outliers", "x", 1000)
    assert finding.message.startswith("Column 'x' has 1,000 outliers, 20.0% of its values; 1.0% may be: ")


def test_bounds_come_from_the_baseline(connection: duckdb.DuckDBPyConnection) -> None:
    staged(connection, normal(20_000), "training")
    document = statistics(connection, "training", {"x": "number"})
    bounds, notes = baseline_bounds({"x": BEYOND}, document)
    reach = NormalDist(50, 10).inv_cdf(0.999) - 50
    assert list(bounds["x"]) == pytest.approx([50 - reach, 50 + reach], abs=4)
    assert notes == []
    assert baseline_bounds({"x": ROBUST}, document)[0]["x"][1] == pytest.approx(130, abs=3)


@pytest.mark.parametrize(
    ("values", "rule", "expected"),
    [
        (normal(seed=2), ROBUST, []),
        (normal(seed=2), BEYOND, []),
        (np.r_[normal(seed=2), [1000.0] * 40], ROBUST, []),  # just below 1 %
        (np.r_[normal(seed=2), [1000.0] * 50], ROBUST, ["x"]),
        (np.r_[normal(seed=2), [-1000.0] * 50], BEYOND, ["x"]),
        (np.full(10, np.nan), ROBUST, []),
    ],
)
def test_a_batch_is_compared_with_the_baseline(
    connection: duckdb.DuckDBPyConnection, values: Any, rule: OutlierRule, expected: list[str]
) -> None:
    staged(connection, normal(20_000), "training")
    bounds, _ = baseline_bounds({"x": rule}, statistics(connection, "training", {"x": "number"}))
    staged(connection, values)
    findings: list[Finding] = list(outlier_rules(connection, {"x": rule}, bounds))
    assert [finding.column for finding in findings] == expected


def test_a_column_of_mostly_one_value_takes_its_spread_from_farther_out(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    # 80 % zeros: the quartiles are equal, the outer sixteenths are not.
    staged(connection, np.r_[np.zeros(8000), np.random.default_rng(1).exponential(10, 2000)])
    (low, high) = own_bounds(connection, {"x": ROBUST})["x"]
    assert low < 0 < high < 1000


def test_equal_values_have_no_outliers_and_that_is_said(connection: duckdb.DuckDBPyConnection) -> None:
    staged(connection, normal())
    assert own_bounds(connection, {"constant": ROBUST}) == {}
    document = statistics(connection, "staged", {"constant": "number"})
    bounds, notes = baseline_bounds({"constant": ROBUST, "y": ROBUST}, document)
    assert (bounds, notes) == (
        {},
        [
            "Outliers of 'constant': almost all values of the baseline are equal.",
            "Outliers of 'y': the baseline has no quantiles of the column.",
        ],
    )


def test_training_has_no_baseline_for_quantiles(connection: duckdb.DuckDBPyConnection) -> None:
    staged(connection, normal())
    assert own_bounds(connection, {"x": BEYOND}) == {}


def test_the_finest_quantile_that_settings_accept_is_stored() -> None:
    assert min(LEVELS) == 2**-12
