import json
from collections.abc import Mapping

import duckdb
import numpy as np
import pytest
from scipy import stats

from jobs.statistics.baseline import statistics
from jobs.statistics.drift import ColumnDrift, DriftReport, drift
from mdlc_constructs.settings.payloads.job_plan import Thresholds
from tests.jobs.columns import KINDS, Values, quiet, quiet_kinds, relation

pytestmark = pytest.mark.slow

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
    return {f.test for f in column.findings if f.effect >= f.threshold and f.p_value < level}


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
    assert shape.p_value < 1e-6 and column.verdict == "quiet"


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


def test_a_rare_known_value_that_takes_over_a_window_alarms() -> None:
    """The window is small beside the baseline, so that chi-square has too few expected rows of the value."""
    rare = [1] * 99_900 + [2] * 100
    assert one(rare, [2] * 300, "integer").verdict == "drift"
    assert one([2] * 99_900 + [1] * 100, [1] * 300, "integer").verdict == "drift"
    assert one([1] * 49_950 + [0] * 50 + [2] * 50_000, [0] * 300, "integer").verdict == "drift"
    assert one([False] * 49_950 + [True] * 50, [True] * 196 + [False] * 4, "boolean").verdict == "drift"
    assert one(["a"] * 99_999 + ["b"], ["b"] * 20, "category").verdict == "drift"
    many = [f"r{place}" for place in range(100)]  # of one row each: together they take over
    assert one(["a"] * 99_900 + many, many, "category").verdict == "drift"
    assert one([1] * 99_900 + [2] * 100, [1] * 300, "integer").verdict == "quiet"
    assert one([1] * 99_900 + [2] * 100, [1] * 299 + [2], "integer").verdict == "quiet"


def test_a_rare_value_below_a_frequent_one_has_a_bucket_of_its_own() -> None:
    """Whatever the window's size: 0 and 1 would share the bucket that ends with 1."""
    column = one([1] * 9_990 + [0] * 10, [0] * 5_000, "integer")
    assert "distribution" in alarms(column)
    between = one([0] * 5_000 + [2] * 5_000, [1] * 400, "integer")
    assert "distribution" in alarms(between)


def test_the_reason_names_the_rare_value() -> None:
    (reason,) = one([False] * 49_950 + [True] * 50, [True] * 196 + [False] * 4, "boolean").reasons
    assert reason == "The distribution of 'x' changed. 'true' were 0.10% of the rows and are 98.0%."


def long_tail(random: np.random.Generator, rows: int) -> list[str]:
    """Categories of more than a thousand values, many of which a window is the first to have."""
    return [f"k{value}" for value in np.minimum(random.zipf(1.3, rows), 10**7)]


def test_new_values_of_a_column_with_more_values_than_the_baseline_lists() -> None:
    random = np.random.default_rng(21)
    connection = duckdb.connect()
    connection.execute("SET threads = 1")
    before = {"tail": long_tail(random, 20_000), "few": [f"v{n}" for n in random.integers(0, 3_000, 20_000)]}
    kinds = dict.fromkeys(before, "category")
    document = json.loads(json.dumps(statistics(connection, relation(connection, "b", before), kinds)))

    def drifted(tail: list[str], few: list[str]) -> dict[str, set[str]]:
        made = drift(connection, relation(connection, "w", {"tail": tail, "few": few}), document)
        return {column.name: alarms(column) for column in made.columns}

    for rows in (50, 500, 5_000, 50_000):
        few = [f"v{n}" for n in random.integers(0, 3_000, rows)]
        assert drifted(long_tail(random, rows), few) == {"tail": set(), "few": set()}, rows
    same = drifted(["never seen"] * 5_000, ["never seen"] * 5_000)
    assert all("new" in found for found in same.values())
    all_new = [f"n{place}" for place in range(50_000)]
    assert all("new" in found for found in drifted(all_new, all_new).values())
    tenth = [f"v{n}" for n in random.integers(0, 3_000, 4_500)] + all_new[:500]
    assert drifted(long_tail(random, 5_000), tenth)["few"] == {"new"}


def test_a_known_value_that_the_baseline_does_not_list_takes_over() -> None:
    before = [f"v{n}" for n in range(2_000) for _ in range(10)]
    listed = set(one(before, before, "category").measures)
    assert "new_share" in listed
    for window in (["v1999"] * 30, ["v1999"] * 60_000):
        column = one(before, window, "category")
        assert "rare" in alarms(column) and "new" not in alarms(column)


def test_a_column_of_ids_is_quiet() -> None:
    column = one([f"id{n}" for n in range(5_000)], [f"id{n}" for n in range(9_000, 12_000)], "category")
    assert column.verdict == "quiet"


def test_large_and_tiny_numbers_are_numbers() -> None:
    huge = one([1e200, -1e200, 1e308, -1e308] * 100, [1e200, -1e200, 1e308, -1e308] * 50)
    assert huge.verdict == "quiet"
    assert (huge.measures["window_missing_share"], huge.measures["mean"]) == (0.0, 0.0)
    assert huge.measures["std_dev"] == pytest.approx(7.07e307, rel=1e-3)
    assert "range" in alarms(one([1.0, 2.0] * 500, [1.0, 2.0] * 90 + [1e200] * 20))
    assert "distribution" in alarms(one([1e200] * 500 + [-1e308] * 500, [-1e308] * 200))
    tiny = one([1e-200, 3e-200, 5e-324] * 100, [1e-200, 3e-200, 5e-324] * 50)
    assert tiny.verdict == "quiet"
    assert tiny.measures["std_dev"] == pytest.approx(1.247e-200, rel=1e-3)
