"""The model of a regression's errors."""

import json

import numpy as np
import pytest

from jobs.statistics.error_model import MIN_ROWS, expected_errors, fit_errors

pytestmark = pytest.mark.slow

ROWS = 4_000


def drawn(seed: int, rows: int = ROWS, *, far: float = 0.3) -> tuple[dict[str, np.ndarray], np.ndarray]:
    """Values, and errors that are larger where ``x`` is large and in the kind "b"."""
    random = np.random.default_rng(seed)
    x = random.random(rows) + (random.random(rows) < far) * 0.5
    kind = np.array([None, "a", "b"], dtype=object)[random.integers(0, 3, rows)]
    x[random.random(rows) < 0.05] = np.nan
    scale = 1 + 3 * np.nan_to_num(x, nan=0.2) + 2 * (kind == "b")
    return {"x": x, "kind": kind, "noise": random.normal(size=rows)}, np.abs(random.normal(size=rows) * scale)


def test_errors_of_other_rows_are_expected_better_than_by_the_mean() -> None:
    values, errors = drawn(1)
    model = json.loads(json.dumps(fit_errors(values, {"absolute": errors}, seed=3)))["absolute"]
    assert 0.1 < model["explained"] < 0.5
    fresh, truth = drawn(2, far=0.9)
    expected = expected_errors(model, fresh)
    assert abs(expected.mean() - truth.mean()) < 0.25 * abs(errors.mean() - truth.mean())
    b = fresh["kind"] == "b"
    assert expected[b].mean() == pytest.approx(truth[b].mean(), rel=0.06)
    assert expected[~b].mean() == pytest.approx(truth[~b].mean(), rel=0.06)


def test_noise_is_not_modelled() -> None:
    random = np.random.default_rng(4)
    errors = np.abs(random.normal(size=ROWS))
    model = fit_errors({"x": random.random(ROWS)}, {"absolute": errors}, seed=1)["absolute"]
    assert model["explained"] < 0.01
    assert expected_errors(model, {"x": random.random(50)}) == pytest.approx(
        np.full(50, errors.mean()), rel=0.1
    )


def test_what_only_tells_one_unit_from_another_explains_nothing() -> None:
    """Errors of patients, whose number is a column: no fold may know the patients that it is tried on."""
    units = np.repeat(np.arange(40), 100)
    errors = np.abs(np.random.default_rng(6).normal(size=40))[units]
    values = {"patient": units.astype(np.float64)}
    known, unknown = (
        fit_errors(values, {"absolute": errors}, seed=1, units=given)["absolute"] for given in (None, units)
    )
    assert known["explained"] > 0.7
    assert unknown["explained"] < 0.2
    alone = fit_errors(values, {"absolute": errors}, seed=1, units=np.zeros(len(units), dtype=np.intp))
    assert alone["absolute"]["trees"] == []


@pytest.mark.parametrize("rows", [1, MIN_ROWS - 1])
def test_few_rows_have_the_mean_error(rows: int) -> None:
    values, errors = drawn(5, rows)
    model = fit_errors(values, {"absolute": errors}, seed=1)["absolute"]
    assert model["trees"] == []
    assert expected_errors(model, drawn(6, 7)[0]).tolist() == [model["mean"]] * 7


def test_constant_errors_and_columns() -> None:
    model = fit_errors({"x": np.ones(500)}, {"absolute": np.ones(500)}, seed=1)["absolute"]
    assert expected_errors(model, {"x": np.array([1.0, np.nan, 9.0])}).tolist() == [1.0, 1.0, 1.0]


def test_columns_that_nobody_sends_and_new_categories_count_as_missing() -> None:
    values, errors = drawn(7)
    model = fit_errors(values, {"absolute": errors}, seed=1)["absolute"]
    new = {**values, "kind": np.array(["new"] * ROWS, dtype=object), "x": np.full(ROWS, np.nan)}
    without = {"noise": values["noise"]}
    assert expected_errors(model, new).tolist() == expected_errors(model, without).tolist()


def test_expected_errors_stay_within_those_of_the_holdout() -> None:
    values, errors = drawn(8)
    model = fit_errors(values, {"squared": errors**2}, seed=1)["squared"]
    far = {name: column[:100] for name, column in values.items()} | {"x": np.full(100, 1e9)}
    expected = expected_errors(model, far)
    assert (expected >= 0).all() and (expected <= (errors**2).max()).all()
