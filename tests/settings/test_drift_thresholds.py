"""Thresholds of drift: what is refused, and that the jobs read the same fields."""

import re
from typing import Any

import pytest

from mdlc_constructs.settings.drift_thresholds import DriftThresholds
from mdlc_constructs.settings.payloads.job_plan import Thresholds


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("psi", 0, "psi=0: give a number above 0 and at most 10."),
        ("psi", "0.1", "psi='0.1'"),
        ("cramers_v", 1.5, "cramers_v=1.5: give a number above 0 and at most 1."),
        ("missing_share", -0.1, "missing_share=-0.1"),
        ("new_share", True, "new_share=True"),
        ("vanished_share", float("nan"), "vanished_share=nan"),
        ("outside_share", 2, "outside_share=2"),
        ("shift", 0, "shift=0: give a number above 0 and at most 1."),
        ("joint_auc", 0.5, "joint_auc=0.5: give a number above 0.5 and at most 1."),
        ("alpha", 1, "alpha=1: every window would alarm; give a share such as 0.01."),
        ("alpha", 0.0, "alpha=0.0: give a number above 0 and at most 1."),
    ],
)
def test_what_is_no_threshold_is_refused(name: str, value: object, said: str) -> None:
    changed: dict[str, Any] = {name: value}
    with pytest.raises(ValueError, match=re.escape(said)):
        DriftThresholds(**changed)


def test_the_jobs_read_every_field_and_have_the_same_defaults() -> None:
    assert DriftThresholds().to_plan() == Thresholds()
    changed = {"psi": 0.2, "joint_auc": 0.7, "shift": 0.1, "alpha": 0.05}
    assert DriftThresholds(**changed).to_plan() == Thresholds(**changed)


def test_sensitivity_is_one_word_that_leaves_chance_alone() -> None:
    low, normal, high = (DriftThresholds.with_sensitivity(word) for word in ("low", "normal", "high"))
    assert normal == DriftThresholds()
    assert low.alpha == high.alpha == normal.alpha
    for name in ("psi", "cramers_v", "missing_share", "new_share", "outside_share", "joint_auc"):
        assert getattr(low, name) > getattr(normal, name) > getattr(high, name)


@pytest.mark.parametrize(
    ("word", "said"), [("hihg", "did you mean 'high'?"), (3, "choose one of high, low, normal")]
)
def test_another_sensitivity_is_refused(word: Any, said: str) -> None:
    with pytest.raises(ValueError, match=re.escape(said)):
        DriftThresholds.with_sensitivity(word)
