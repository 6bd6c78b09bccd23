from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest

from jobs.errors import PlanError
from jobs.gate import comparison, conditions, thresholds, undefined_metric
from jobs.metrics.bootstrap import Bootstrap
from mdlc_constructs.settings.payloads.codec import decode
from mdlc_constructs.settings.payloads.job_plan import GateSection
from tests.jobs.batches import GATE

METRICS = {"auc": 0.7, "log_loss": 0.5}


def gate_of(**conditions: Any) -> GateSection:
    return decode(GateSection, {**GATE, **conditions})


def drawn(challenger: Mapping[str, list[float]], champion: Mapping[str, list[float]]) -> Bootstrap:
    models = {"challenger": challenger, "champion": champion}
    return Bootstrap(values={m: {k: np.array(v) for k, v in values.items()} for m, values in models.items()})


@pytest.mark.parametrize(
    ("gate", "passed"),
    [
        ({"at_least": {"auc": 0.7}}, [True]),
        ({"at_least": {"auc": 0.71}}, [False]),
        ({"at_most": {"log_loss": 0.5}}, [True]),
        ({"at_most": {"log_loss": 0.49}}, [False]),
        ({"at_least": {"auc": 0.6}, "at_most": {"log_loss": 0.4}}, [True, False]),
        ({}, []),
    ],
)
def test_thresholds_are_met_or_not(gate: dict[str, dict[str, float]], passed: list[bool]) -> None:
    assert [check.passed for check in thresholds(gate_of(**gate), METRICS)] == passed


def test_a_check_is_a_sentence() -> None:
    (check,) = thresholds(gate_of(at_least={"auc": 0.75}), METRICS)
    assert check.sentence == "auc 0.7000 fails: asked was at least 0.75."


def test_a_metric_that_is_not_defined_passes_nothing() -> None:
    gate = {"at_least": {"auc": 0.0}, "at_most": {"auc": 1.0}}
    checks = thresholds(gate_of(**gate), {"auc": float("nan")})
    assert [check.passed for check in checks] == [False, False]
    assert checks[0].to_json()["value"] is None


def test_a_model_that_cannot_be_measured_never_passes() -> None:
    assert undefined_metric("binary", METRICS) == []
    assert undefined_metric("regression", {"rmse": 1.0, "r2": float("nan")}) == []
    for task, name in (("binary", "auc"), ("regression", "rmse")):
        (check,) = undefined_metric(task, {name: float("nan")})
        assert not check.passed
        assert check.sentence.startswith(f"{name} is not defined on this holdout")
        assert (check.to_json()["value"], check.to_json()["bound"]) == (None, None)


@pytest.mark.parametrize(
    ("gate", "asks"),
    [
        ({}, False),
        ({"at_least": {}, "at_most": {}, "better_than_champion": None, "margin": 0.1}, False),
        ({"at_least": {"auc": 0.5}}, True),
        ({"at_most": {"log_loss": 0.5}}, True),
        ({"better_than_champion": "auc"}, True),
    ],
)
def test_a_gate_asks_for_something_or_not(gate: dict[str, object], asks: bool) -> None:
    assert bool(conditions(gate_of(**gate))) is asks


def test_an_unknown_metric_is_refused() -> None:
    with pytest.raises(PlanError, match="no metric 'acu'"):
        thresholds(gate_of(at_least={"acu": 0.5}), METRICS)
    both = {"challenger": METRICS, "champion": METRICS}
    with pytest.raises(PlanError, match="no metric 'rmse'"):
        comparison(gate_of(better_than_champion="rmse"), both, drawn({}, {}))


@pytest.mark.parametrize(
    ("margin", "challenger", "champion", "passed"),
    [
        (0.0, 0.02, 0.0, True),
        (0.0, 0.0, 0.0, False),  # an equal model is no improvement
        (0.0, -0.02, 0.0, False),
        (0.05, 0.02, 0.0, False),
        (-0.05, -0.02, 0.0, True),  # a negative margin allows that much loss
    ],
)
def test_a_challenger_must_be_better_by_the_margin(
    margin: float, challenger: float, champion: float, passed: bool
) -> None:
    noise = np.linspace(-0.001, 0.001, 101)
    shared = np.linspace(0.6, 0.8, 101)  # what both models share cancels out
    bootstrap = drawn(
        {"auc": list(shared + challenger + noise * bool(challenger))}, {"auc": list(shared + champion)}
    )
    metrics = {"challenger": {"auc": 0.7 + challenger}, "champion": {"auc": 0.7 + champion}}
    gate = gate_of(better_than_champion="auc", margin=margin)
    assert [check.passed for check in comparison(gate, metrics, bootstrap)] == [passed]


def test_less_is_better_for_losses() -> None:
    bootstrap = drawn({"log_loss": [0.4, 0.41]}, {"log_loss": [0.5, 0.51]})
    metrics = {"challenger": {"log_loss": 0.4}, "champion": {"log_loss": 0.5}}
    (check,) = comparison(gate_of(better_than_champion="log_loss"), metrics, bootstrap)
    assert check.passed
    assert "0.1000 better" in check.sentence


def test_without_a_champion_there_is_nothing_to_beat() -> None:
    gate = gate_of(better_than_champion="auc")
    assert comparison(gate, {"challenger": METRICS}, drawn({}, {})) == []


def test_a_champion_that_cannot_be_compared_is_not_beaten() -> None:
    gate = gate_of(better_than_champion="auc")
    why = "the champion's answers are of classes, and the task is binary"
    (check,) = comparison(gate, {"challenger": METRICS}, drawn({}, {}), incomparable=why)
    assert not check.passed and check.sentence.startswith(f"auc is not compared, as {why}: fails.")
    assert comparison(gate_of(), {"challenger": METRICS}, drawn({}, {}), incomparable=why) == []
