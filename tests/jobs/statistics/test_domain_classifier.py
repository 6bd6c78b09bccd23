"""The classifier of joint drift."""

import json
from collections.abc import Mapping

import duckdb
import numpy as np
import pytest
from scipy import stats
from sklearn.metrics import roc_auc_score

from jobs.statistics import domain_classifier
from jobs.statistics.domain_classifier import JointDrift, joint_drift
from mdlc_constructs.settings.payloads.job_plan import Thresholds
from tests.jobs.columns import Values, relation

pytestmark = pytest.mark.slow


def compared(
    before: Mapping[str, Values],
    after: Mapping[str, Values],
    kinds: Mapping[str, str],
    thresholds: Thresholds | None = None,
) -> JointDrift | None:
    connection = duckdb.connect()
    names = (relation(connection, "b", before), relation(connection, "w", after))
    return joint_drift(names[0], connection, names[1], kinds, seed=1, thresholds=thresholds)


def judged(before: Mapping[str, Values], after: Mapping[str, Values], kinds: Mapping[str, str]) -> JointDrift:
    made = compared(before, after, kinds)
    assert made is not None
    return made


def pair(seed: int | list[int], rows: int, correlation: float) -> dict[str, Values]:
    """Two numbers that are normal each, correlated, and a third that knows nothing."""
    random = np.random.default_rng(seed)
    x, y, z = random.normal(0, 1, (3, rows))
    return {"x": x, "y": correlation * x + np.sqrt(1 - correlation**2) * y, "z": z}


NUMBERS = {"x": "number", "y": "number", "z": "number"}


def test_a_correlation_that_broke_is_seen_and_its_columns_are_named() -> None:
    made = judged(pair(1, 3000, 0.9), pair(2, 2000, 0.0), NUMBERS)
    assert made.drifted
    assert 0.6 < made.low < made.auc < made.high < 1
    assert made.p_value < 1e-6
    assert {name for name, _ in made.top[:2]} == {"x", "y"}
    assert made.rows == (3000, 2000)
    assert made.reason.startswith("A classifier tells the window's rows from the baseline's with AUC 0.")


def test_the_same_rows_give_the_same_result_in_any_order() -> None:
    before, after = pair(1, 600, 0.9), pair(2, 400, 0.0)
    turned = {name: np.asarray(values)[::-1] for name, values in after.items()}
    assert judged(before, after, NUMBERS) == judged(before, turned, NUMBERS)


@pytest.mark.parametrize(
    ("before", "after", "kind"),
    [
        ([1.0, 2.0], [1.0, None], "number"),
        (["a", "b"], ["a", None], "category"),
        (["a", "b"], ["a", ""], "category"),
        (["a", "b"], ["a", "new"], "category"),
        ([True, False], [True, True], "boolean"),
        ([1, 2], [3, 4], "integer"),
        ([None, None], [1.0, 2.0], "number"),
    ],
)
def test_missing_and_new_values_are_values(before: Values, after: Values, kind: str) -> None:
    made = judged({"x": [*before] * 300}, {"x": [*after] * 300}, {"x": kind})
    assert made.auc >= 0.74
    assert made.drifted
    assert [name for name, _ in made.top] == ["x"]


def test_quiet_rows_name_no_columns_and_a_constant_tells_nothing() -> None:
    made = judged(pair(1, 500, 0.5), pair(2, 500, 0.5), NUMBERS)
    assert (made.drifted, made.top) == (False, ())
    same = judged({"x": [1.0] * 100}, {"x": [1.0] * 100}, {"x": "number"})
    assert (same.auc, same.drifted) == (0.5, False)


def test_rows_that_are_told_apart_without_fail_drift() -> None:
    made = judged({"x": [0.0] * 200}, {"x": [1.0] * 200}, {"x": "number"})
    assert (made.auc, made.low, made.high, made.p_value) == (1.0, 1.0, 1.0, 0.0)
    assert made.drifted


def test_the_threshold_is_the_plans() -> None:
    before, after = pair(1, 600, 0.9), pair(2, 600, 0.0)
    made = compared(before, after, NUMBERS, thresholds=Thresholds(joint_auc=0.99))
    assert made is not None
    assert (made.threshold, made.drifted, made.top) == (0.99, False, ())


@pytest.mark.parametrize("times", [2, 3, 10])
@pytest.mark.parametrize("rows", [100, 300])
def test_copies_of_quiet_rows_are_not_recognised(rows: int, times: int) -> None:
    before = pair([rows, 1], 1_000, 0.5)
    after = {name: np.tile(np.asarray(values), times) for name, values in pair([rows, 2], rows, 0.5).items()}
    for one, other in ((before, after), (after, before)):
        made = judged(one, other, NUMBERS)
        assert abs(made.auc - 0.5) < 0.1 and not made.drifted


def test_rows_that_both_sides_have_several_times_are_quiet_and_a_broken_correlation_among_them_is_not() -> (
    None
):
    rows = pair(3, 400, 0.9)
    twice = {name: np.tile(np.asarray(values), 2) for name, values in rows.items()}
    assert not judged(twice, twice, NUMBERS).drifted
    broken = {name: np.tile(np.asarray(values), 2) for name, values in pair(4, 400, 0.0).items()}
    assert judged(twice, broken, NUMBERS).drifted


def test_a_few_categories_are_compared_by_how_frequent_they_are() -> None:
    """Rows of such a table are equal by nature, and none of its contents could be left out of a fold."""
    random = np.random.default_rng(8)
    before, other = random.integers(0, 10, (2, 3_000))
    kinds = {"x": "category", "y": "category"}
    linked = {"x": before.astype(str), "y": before.astype(str)}
    assert judged(
        linked, {"x": other.astype(str), "y": random.integers(0, 10, 3_000).astype(str)}, kinds
    ).drifted
    assert not judged(linked, {"x": other.astype(str), "y": other.astype(str)}, kinds).drifted
    doubled = {name: np.tile(other[:300].astype(str), 2) for name in kinds}
    assert not judged(linked, doubled, kinds).drifted


def test_rows_of_which_few_are_different_say_nothing() -> None:
    few = {name: np.tile(np.asarray(values), 4) for name, values in pair(5, 20, 0.5).items()}
    assert compared(pair(6, 500, 0.5), few, NUMBERS) is None


def test_the_largest_numbers_are_compared() -> None:
    rows = {"x": [1e308, -1e308, 1.7e308, 1e200] * 50}
    assert not judged(rows, rows, {"x": "number"}).drifted
    assert judged(rows, {"x": [-1e308, -1e200] * 100}, {"x": "number"}).drifted


def test_too_few_rows_and_no_columns_say_nothing() -> None:
    few = {"x": [1.0] * (domain_classifier.MIN_ROWS - 1)}
    enough = {"x": [1.0] * domain_classifier.MIN_ROWS}
    assert compared(enough, few, {"x": "number"}) is None
    assert compared(few, enough, {"x": "number"}) is None
    assert compared(enough, {"y": enough["x"]}, {"x": "number"}) is None
    assert compared(enough, enough, {"x": "timestamp"}) is None
    assert compared(enough, enough, {"x": "number"}) is not None


def test_columns_of_one_side_are_left_out() -> None:
    before = {**pair(1, 300, 0), "gone": [1.0] * 300}
    made = judged(before, pair(2, 300, 0), {**NUMBERS, "gone": "number"})
    assert not made.drifted


def test_both_sides_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(domain_classifier, "MAX_ROWS", 500)
    assert judged(pair(1, 900, 0), pair(2, 700, 0), NUMBERS).rows == (500, 500)
    monkeypatch.setattr(domain_classifier, "MAX_RATIO_OF_ROWS", 3)
    assert judged(pair(1, 900, 0), pair(2, 100, 0), NUMBERS).rows == (300, 100)


def test_many_categories_are_few_codes() -> None:
    random = np.random.default_rng(4)
    names = np.char.add("k", np.minimum(random.zipf(1.3, (2, 4000)), 10**6).astype(str))
    made = judged({"x": names[0]}, {"x": names[1]}, {"x": "category"})
    assert not made.drifted


def test_the_area_is_scikit_learns_and_its_variance_the_bootstraps() -> None:
    random = np.random.default_rng(5)
    truth = random.random(800) < 0.3
    scores = np.round(random.normal(0, 1, 800) + truth, 1)
    area, variance = domain_classifier._area(scores, truth)
    assert area == pytest.approx(float(roc_auc_score(truth, scores)), abs=1e-12)
    drawn = []
    for _ in range(400):
        taken = random.integers(0, 800, 800)
        drawn.append(float(roc_auc_score(truth[taken], scores[taken])))
    # A standard deviation of 400 resamples is known to a thirtieth or so: four times that.
    assert np.sqrt(variance) == pytest.approx(np.std(drawn), rel=4 / np.sqrt(800))


def test_copies_leave_the_variance_of_the_area_as_it_is() -> None:
    random = np.random.default_rng(6)
    truth = random.random(300) < 0.4
    scores = random.normal(0, 1, 300) + truth
    area, variance = domain_classifier._area(scores, truth)
    groups = np.tile(np.arange(300), 5)
    again, copied = domain_classifier._area(np.tile(scores, 5), np.tile(truth, 5), groups)
    assert again == pytest.approx(area)
    assert copied == pytest.approx(variance)
    assert domain_classifier._area(np.tile(scores, 5), np.tile(truth, 5))[1] < variance / 4


def test_chances_of_quiet_windows_are_no_smaller_than_they_say() -> None:
    """Of 12 quiet windows so few have a chance below a tenth as the binomial allows."""
    small = 0
    for seed in range(12):
        before, after = pair([seed, 1], 150, 0.5), pair([seed, 2], 100, 0.5)
        small += judged(before, after, NUMBERS).p_value < 0.1
    assert small <= stats.binom.ppf(0.999, 12, 0.1)


def test_the_result_is_plain_json() -> None:
    made = judged(pair(1, 300, 0.9), pair(2, 300, 0.0), NUMBERS)
    document = json.loads(json.dumps(made.to_json(), allow_nan=False))
    assert set(document) >= {"auc", "low", "high", "drifted", "top"}
    assert document["rows"] == [300, 300]
