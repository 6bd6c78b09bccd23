"""Thresholds of drift, as a job reads them from its plan."""

import re

import pytest

from jobs.errors import PlanError
from jobs.statistics.thresholds import Thresholds


def test_what_a_plan_leaves_out_has_its_default() -> None:
    assert Thresholds.from_plan(None) == Thresholds.from_plan({}) == Thresholds()
    assert Thresholds.from_plan({"psi": 0.3, "alpha": 0.05}) == Thresholds(psi=0.3, alpha=0.05)
    assert Thresholds.from_plan({"shift": None}) == Thresholds()
    assert Thresholds.from_plan({"shift": 0.04}).shift == 0.04


@pytest.mark.parametrize(
    ("document", "said"),
    [
        ({"psl": 0.3}, "monitor.thresholds: 'psl' is none of psi, cramers_v"),
        ({"psi": 0}, "monitor.thresholds: psi=0.0: give a number above 0"),
        ({"alpha": 1}, "monitor.thresholds: alpha=1.0: give a number above 0 (alpha also below 1)."),
        ({"psi": "much"}, "monitor.thresholds: could not convert string to float: 'much'"),
        ({"shift": 0}, "monitor.thresholds: shift=0.0: give a number above 0"),
        ({"psi": None}, "monitor.thresholds: float() argument must be"),
    ],
)
def test_what_is_no_threshold_names_itself(document: dict[str, object], said: str) -> None:
    with pytest.raises(PlanError, match=re.escape(said)):
        Thresholds.from_plan(document)
