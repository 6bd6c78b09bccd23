import json
from collections.abc import Mapping

import duckdb
import numpy as np
import pytest
from scipy import stats

from jobs.baseline import statistics
from jobs.drift import ColumnDrift, DriftReport, drift
from jobs.thresholds import Thresholds
from tests.jobs.columns import KINDS, Values, quiet, quiet_kinds, relation

RANDOM = np.random.default_rng(7)


def report(
    before: Mapping[str, Values], after: Mapping[str, Values], kinds: Mapping[str, str]
) -> DriftReport:
    connection = duckdb.connect()
    connection.execute("SET threads = 1")
    document = statistics(connection, relation(connection, "b", before), kinds)
    return drift(connection, relation(connection, "w", after), json.loads(json.dumps(document)))


def one(before: Values, after: Values, kind: str = "number") -> ColumnDrift:
    (column,) = report({"x": before}, {"x": after}, {"x": kind}).columns
    return column


def alarms(column: ColumnDrift) -> set[str]:
    level = Thresholds().alpha
    return {f.test for f in column.findings if f.effect >= f.threshold and f.chance < level}


def test_resampled_windows_of_one_table_alarm_seldom() -> None:
    random = np.random.default_rng(11)
    table = quiet(random, 4_000, KINDS)
    connection = duckdb.connect()
    connection.execute("SET threads = 1")
    document = statistics(connection, relation(connection, "b", table), quiet_kinds(KINDS))
    false = 0
    for _ in range(40):
        taken = random.integers(0, 4_000, 400)
        window = relation(connection, "w", {name: values[taken] for name, values in table.items()})
        false += bool(drift(connection, window, document).drifted)
    assert false <= 2


@pytest.mark.parametrize(
    ("window", "change", "missed"), [(300, 0.6, 0.05), (1_000, 0.5, 0.05), (5_000, 0.5, 0.0), (50, 1.5, 0.05)]
)
def test_known_shifts_among_quiet_columns_are_found(window: int, change: float, missed: float) -> None:
    random = np.random.default_rng([window, 5])
    columns, shifted = 200, range(0, 200, KINDS)  # the normal ones, by so many deviations
    after = quiet(random, window, columns)
    for place in shifted:
        after[f"c{place}"] = after[f"c{place}"] + change
    made = report(quiet(random, 5_000, columns), after, quiet_kinds(columns))
    found = {column.name for column in made.drifted}
    expected = {f"c{place}" for place in shifted}
    print(f"\n{len(found & expected)} of {len(expected)} shifts by {change} found in {window} rows")
    assert found <= expected
    assert len(expected - found) <= missed * len(expected)


def test_a_large_window_does_not_alarm_for_a_trifle() -> None:
    column = one(RANDOM.normal(0, 1, 50_000), RANDOM.normal(0.05, 1, 50_000))
    (shape,) = [finding for finding in column.findings if finding.test == "distribution"]
    assert shape.chance < 1e-6 and column.verdict == "quiet"


def test_measures_are_near_those_of_the_rows_themselves() -> None:
    before, after = RANDOM.normal(0, 1, 4_000), RANDOM.normal(0.5, 1, 3_000)
    measures = one(before, after).measures
    exact = float(stats.ks_2samp(before, after).statistic)
    found = measures["kolmogorov_smirnov"]
    assert found is not None and exact - 0.05 <= found <= exact + 1e-12
    assert measures["wasserstein"] == pytest.approx(
        float(stats.wasserstein_distance(before, after)), abs=0.01
    )
    assert measures["mean"] == pytest.approx(float(after.mean()))


def test_a_few_rows_far_away_do_not_blur_the_distance_of_all_others() -> None:
    before, after = RANDOM.lognormal(0, 2, 4_000), RANDOM.lognormal(0.2, 2, 3_000)
    exact = float(stats.wasserstein_distance(before, after))
    found = one(before, after).measures["wasserstein"]
    assert found == pytest.approx(exact, abs=0.03 * float(before.std()))


def test_a_baseline_without_quantiles_has_the_distance_of_its_buckets() -> None:
    connection = duckdb.connect()
    before = relation(connection, "b", {"x": RANDOM.normal(0, 1, 4_000)})
    after = relation(connection, "w", {"x": RANDOM.normal(0.5, 1, 3_000)})
    document = statistics(connection, before, {"x": "number"})
    finely = drift(connection, after, document).columns[0].measures["wasserstein"]
    del document["features"][0]["numerical_statistics"]["quantiles"]
    coarsely = drift(connection, after, document).columns[0].measures["wasserstein"]
    assert finely != coarsely
    assert coarsely == pytest.approx(finely, abs=0.15)


def test_an_empty_window_is_no_drift_but_unknown() -> None:
    made = report({"x": [1.0, 2.0], "c": ["a", "b"]}, {"x": [], "c": []}, {"x": "number", "c": "category"})
    assert [column.verdict for column in made.columns] == ["unknown", "unknown"]
    assert (made.rows, made.baseline_rows, made.drifted) == (0, 2, ())
    assert "no rows" in made.columns[0].reasons[0]


def test_a_single_value_stays_quiet_until_it_changes() -> None:
    assert one([3.0] * 500, [3.0] * 200).verdict == "quiet"
    assert alarms(one([3.0] * 500, [4.0] * 200)) == {"distribution", "range"}
    assert alarms(one([3.0] * 500, [3.0] * 150 + [2.0] * 50)) == {"distribution", "range"}
    assert alarms(one(["a"] * 500, ["b"] * 200, "category")) == {"distribution", "new", "vanished"}


def test_missing_values() -> None:
    assert one([None] * 500, [None] * 200).verdict == "quiet"
    assert alarms(one([1.0, 2.0] * 250, [None] * 200)) == {"missing"}
    assert alarms(one([None] * 500, [1.0] * 200)) == {"missing"}
    assert one([1.0] * 1_000, [None] + [1.0] * 9).verdict == "quiet"  # a tenth, but of ten rows
    assert alarms(one([1.0] * 500, [1.0, None] * 100)) == {"missing"}


def test_new_and_vanished_categories_are_named() -> None:
    column = one(["a"] * 500 + ["b"] * 450 + ["c"] * 50, ["a"] * 190 + ["b"] * 180 + ["d"] * 30, "category")
    assert (column.new, column.vanished) == (("d",), ("c",))
    assert {"new", "vanished"} <= alarms(column)
    assert column.measures["new_share"] == pytest.approx(0.075)


def test_a_rare_category_that_a_small_window_lacks_has_not_vanished() -> None:
    column = one(["a"] * 980 + ["b"] * 20, ["a"] * 40, "category")
    assert (column.verdict, column.vanished) == ("quiet", ())


def test_values_out_of_range_are_found_before_the_distribution_changes() -> None:
    after = [*RANDOM.uniform(0, 1, 985), *[50.0] * 15]
    assert alarms(one(RANDOM.uniform(0, 1, 2_000), after)) == {"range"}


def test_a_column_that_is_gone_alarms() -> None:
    made = report({"x": [1.0, 2.0], "y": [1, 2]}, {"y": [1]}, {"x": "number", "y": "integer"})
    assert made.drifted[0].reasons == ("Column 'x' is gone.",)


def test_the_report_is_plain_json() -> None:
    made = report({"x": [1.0, 2.0] * 50}, {"x": [8.0] * 60}, {"x": "number"})
    document = json.loads(json.dumps(made.to_json(), allow_nan=False))
    assert document["drifted"] == ["x"]
    assert document["rows"] == 60
    assert document["thresholds"]["psi"] == Thresholds().psi


@pytest.mark.parametrize("wrong", [{"psi": 0}, {"alpha": 1.0}, {"missing_share": float("nan")}])
def test_thresholds_that_mean_nothing_are_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ValueError, match=next(iter(wrong))):
        Thresholds(**wrong)
