from dataclasses import replace
from typing import Any

import pytest

from jobs.findings import Finding
from jobs.monitoring.inputs import findings
from jobs.plan import Plan
from mdlc_constructs.settings.payloads.quality import OutlierRule
from tests.jobs.monitoring.windows import PROGRAM, Opened, Window, event, opened, rows


def _findings(read: Opened, plan: Plan, statistics: Any = None) -> list[Finding]:
    return findings(read.connection, plan, read.settings, PROGRAM, read.served, statistics or {})


def found(window: Window) -> list[tuple[str, str | None]]:
    with opened(window) as read:
        return [(one.rule, one.column) for one in _findings(read, read.plan)]


def test_good_rows(served: Window) -> None:
    assert found(served) == []


def test_the_rules_of_training(window: Window) -> None:
    made = [{**row, "count": 11 if number == 3 else row["count"]} for number, row in enumerate(rows(20))]
    made[5]["count"] = 1.5
    made = [{**row, "amount": None} for row in made]
    window.capture(event(row) for row in made)
    assert found(window) == [("wrong_type", "count"), ("missing_share", "amount"), ("range", "count")]


def test_what_callers_need_not_send_is_not_missing(window: Window) -> None:
    made = [{name: value for name, value in row.items() if name not in ("who",)} for row in rows(20)]
    window.capture(event(row) for row in made)
    with opened(window) as read:
        quality = replace(read.plan.quality, missing_share={"who": 0.1})
        plan = read.plan.but(quality=quality, dataset=read.plan.dataset)
        assert _findings(read, plan) == []


def test_one_row_breaks_no_share_and_what_is_no_chance_does(window: Window) -> None:
    window.capture([event({**rows(1)[0], "amount": None, "count": 11})])
    assert found(window) == [("range", "count")]
    with opened(window) as read:
        quality = replace(read.plan.quality, missing_share={"amount": 0.0})
        never = read.plan.but(quality=quality, dataset=read.plan.dataset)
        assert [one.rule for one in _findings(read, never)] == ["missing_share", "range"]


def test_nothing_to_judge(window: Window) -> None:
    assert found(window) == []


QUANTILES = {"levels": [0.25, 0.5, 0.75], "values": [-7.0, 0.0, 7.0]}
BASELINE = {"features": [{"name": "amount", "numerical_statistics": {"quantiles": QUANTILES}}]}


@pytest.mark.parametrize(
    ("far", "number", "expected"),
    [(0, 20, []), (1, 20, []), (6, 20, ["outliers"]), (1, 1, []), (2, 2, ["outliers"])],
)
def test_outliers_by_the_baseline(window: Window, far: int, number: int, expected: list[str]) -> None:
    sent = [{**row, "amount": 1e6 if place < far else 1.0} for place, row in enumerate(rows(number))]
    window.capture(event(row) for row in sent)
    rule = OutlierRule(robust_z=6.0, quantile=None, share=0.06)
    with opened(window) as read:
        plan = read.plan.but(
            quality=replace(read.plan.quality, outliers={"amount": rule}), dataset=read.plan.dataset
        )
        assert [finding.rule for finding in _findings(read, plan, BASELINE)] == expected
