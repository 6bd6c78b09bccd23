from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mdlc_constructs.settings.experiment import ABTest, Experiment, Shadow
from mdlc_constructs.settings.rollback_alarms import RollbackAlarms
from mdlc_constructs.settings.rollout import AllAtOnce, Canary
from mdlc_constructs.settings.scaling import Asynchronous, Serverless
from mdlc_constructs.settings.serving import CaptureSettings, Serving

QUIET = RollbackAlarms.none()


@pytest.mark.parametrize(
    ("made", "said"),
    [
        (lambda: Shadow(sample_percent=0), "sample_percent=0"),
        (lambda: Shadow(sample_percent=101), "sample_percent=101"),
        (lambda: Shadow(duration=timedelta(days=31)), "duration="),
        (lambda: Shadow(tolerance=0), "tolerance=0"),
        (lambda: Shadow(outside=1.1), "outside=1.1: give a share from 0 to 1"),
        (lambda: Shadow(errors=-0.1), "errors=-0.1"),
        (lambda: Shadow(slower=0), "slower=0"),
        (lambda: Shadow(pairs=0), "pairs=0"),
        (lambda: ABTest(weights={"main": 1}), "one new version: give two variants, the endpoint's own first"),
        (lambda: ABTest(weights={"a": 1, "b": 1, "c": 1}), "give two variants"),
        (lambda: ABTest(weights={"a": 1, "b_c": 1}), "weights='b_c'.*letters, digits and hyphens"),
        (lambda: ABTest(weights={"a": 1, "b": 0}), r"weights\['b'\]=0"),
        (lambda: ABTest(confidence=1), "confidence=1"),
        (lambda: ABTest(duration=timedelta(0)), "duration="),
        (lambda: ABTest(outcomes=29), "outcomes=29: give a whole number of outcomes from 30"),
    ],
)
def test_what_makes_no_experiment_is_refused_with_the_remedy(made: Callable[[], object], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        made()


@pytest.mark.parametrize("experiment", [Shadow(), ABTest()])
@pytest.mark.parametrize(
    ("serving", "said"),
    [
        (
            Serving(serverless=Serverless(), capture=None, alarms=QUIET, prepares=False),
            "is not offered for a serverless endpoint; give AllAtOnce",
        ),
        (Serving(asynchronous=Asynchronous(), alarms=QUIET), "for an asynchronous endpoint"),
        (Serving(marketplace=True, alarms=QUIET, prepares=False), "for Marketplace containers"),
        (Serving(capture=None), "capture=None: leaves .* nothing to judge by; capture"),
        (Serving(capture=CaptureSettings(sample_percent=0)), "nothing to judge by"),
        (Serving(capture=CaptureSettings(modes=("Input",))), "nothing to judge by"),
    ],
)
def test_an_endpoint_that_nothing_is_tried_on_is_refused(
    experiment: Experiment, serving: Serving, said: str
) -> None:
    with pytest.raises(ValueError, match=said):
        experiment.check_endpoint(serving, "tail")


def test_what_each_experiment_needs_besides() -> None:
    Shadow().check_endpoint(Serving(), None)
    ABTest().check_endpoint(Serving(), "tail")
    with pytest.raises(ValueError, match="variant='shadow': is the shadow's name"):
        Shadow().check_endpoint(Serving(variant="shadow"), None)
    with pytest.raises(
        ValueError, match=r"weights='main': the champion goes on as the endpoint's own.*'blue'"
    ):
        ABTest().check_endpoint(Serving(variant="blue"), "tail")
    with pytest.raises(ValueError, match="entity=None: name the dataset's column"):
        ABTest().check_endpoint(Serving(), None)
    with pytest.raises(ValueError, match="capture Input and Output"):
        ABTest().check_endpoint(Serving(capture=CaptureSettings(modes=("Output",))), "tail")


def test_how_a_version_takes_over_that_held() -> None:
    assert Shadow().takeover == ABTest().takeover == AllAtOnce()
    assert Shadow(then=Canary(percent=10)).takeover == Canary(percent=10)
    assert ABTest(collapse=Canary(percent=10)).takeover == Canary(percent=10)


def test_a_shadow_is_held_to_the_probes_tolerance_unless_given() -> None:
    assert Shadow().judgement(0.25).tolerance == 0.25
    assert Shadow(tolerance=0.1).judgement(0.25).tolerance == 0.1


@given(st.text())
def test_an_entity_keeps_its_variant(entity: str) -> None:
    test = ABTest(weights={"a": 1, "b": 2})
    assert test.variant_of(entity) == test.variant_of(entity)


def test_entities_are_shared_out_by_weight() -> None:
    test = ABTest(weights={"main": 90, "challenger": 10})
    asked = [test.variant_of(f"N{number}") for number in range(10_000)]
    assert asked.count("challenger") == pytest.approx(1000, abs=120)


def test_a_weight_changed_by_the_caller_changes_nothing() -> None:
    weights: dict[str, Any] = {"a": 1, "b": 1}
    test = ABTest(weights=weights)
    weights["a"] = 0
    assert test.weights == {"a": 1, "b": 1}
