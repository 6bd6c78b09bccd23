"""The page on retraining says what the code does: its states, triggers, numbers and names."""

import ast
import re
from datetime import timedelta

import pytest

from lambdas.functions.plan_retraining import logic
from mdlc_constructs import OnAccuracyLoss, OnCodeChange, OnDrift, OnNewData, OnRequest, OnSchedule, Patience
from mdlc_constructs.resources.fleet import REAPED
from mdlc_constructs.settings.budget import Budget
from mdlc_constructs.settings.triggers import Trigger
from mdlc_constructs.workflows.retraining.machine import retraining_machine
from mdlc_constructs.workflows.retraining.release import SPEAKS_AGAINST
from scripts.draw_workflows import retraining
from tests.docs.markdown import ROOT, blocks

DOCUMENT = ROOT / "docs" / "retraining.md"
TEXT = DOCUMENT.read_text()
PROSE = " ".join(TEXT.split())
TRIGGERS: tuple[Trigger, ...] = (
    OnRequest(),
    OnCodeChange(),
    OnAccuracyLoss(metric="auc", loss=0.05),
    OnDrift(),
    OnNewData(files=30),
    OnSchedule(schedule="rate(30 days)"),
)


def test_the_first_program_is_about_ten_lines() -> None:
    first, *_ = blocks(DOCUMENT, "python")
    assert len(ast.parse(first).body) <= 12


def test_every_state_is_explained_and_none_that_is_not_there() -> None:
    section = TEXT.partition("## What happens in one")[2].partition("## On which rows")[0]
    names = set(retraining_machine(retraining()).names())
    failing = {"ConcludeFailure", "RecordFailure", "PublishFailure", "Failed"}
    assert {name for name in names - failing if f"`{name}`" not in section} == set()
    assert set(re.findall(r"`([A-Z][a-z]+(?:[A-Z][a-z]+)+)`", section)) <= names


@pytest.mark.parametrize("trigger", TRIGGERS, ids=lambda one: one.name)
def test_every_trigger_is_listed_with_its_priority(trigger: Trigger) -> None:
    row = next(line for line in TEXT.splitlines() if line.startswith(f"| `{type(trigger).__name__}("))
    assert row.endswith(f"| {trigger.priority} |")


@pytest.mark.parametrize(
    "outcome", [logic.SUCCEEDED, logic.LOST, logic.UNCHANGED, logic.DUPLICATE, logic.FAILED]
)
def test_every_outcome_is_explained(outcome: str) -> None:
    assert f"| `{outcome}` |" in TEXT


def test_what_speaks_against_a_version_is_named() -> None:
    assert {name for name in SPEAKS_AGAINST if f"`{name}`" not in TEXT} == set()


def test_numbers_are_those_of_the_code() -> None:
    patience = Patience()
    assert (patience.debounce, patience.cool_down) == (timedelta(minutes=10), timedelta(days=1))
    assert (patience.grows, patience.longest) == (2, timedelta(days=14))
    for told in ("(ten minutes)", "(a day)", "doubles the cool-down", "(14 days)", "(an hour)"):
        assert told in PROSE
    assert Budget().head_start == timedelta(hours=1)
    assert REAPED == "rate(15 minutes)" and "every 15 minutes" in PROSE
    assert retraining().approval_within == timedelta(days=14) and "(`approval_within`, 14 days)" in PROSE
