from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from mdlc_cli.deploying import retained, teardowns
from mdlc_cli.deploying.assembly import AppStack, Assembly
from mdlc_cli.errors import CommandError
from tests.cli import left

APP = Assembly(
    folder=Path(), stacks=(AppStack(name="Prod-Churn", selector="Prod/Churn", template={}),)
)  # fmt: skip


def test_without_names_the_stacks_of_the_app_are_meant() -> None:
    here = left.target({}, deployed=("Prod-Churn", "Other", "CDKToolkit"))
    assert teardowns.chosen(here, APP, (), everything=False) == (["Prod-Churn"], [])
    assert teardowns.chosen(left.target({}), APP, (), everything=False) == ([], [])


def test_a_stack_is_named_by_its_name_or_its_path_and_need_not_be_in_the_app_any_more() -> None:
    here = left.target({}, deployed=("Prod-Churn", "Other"))
    assert teardowns.chosen(here, APP, ["Prod/Churn", "Other"], everything=False)[0] == [
        "Prod-Churn",
        "Other",
    ]


def test_what_an_earlier_teardown_left_can_still_be_removed() -> None:
    assert teardowns.chosen(left.target(), APP, ["Churn"], everything=True) == ([], ["Churn"])


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (
            {},
            "stack 'Churn' is destroyed already, and what it retained is still there: remove that with "
            "`mdlc teardown Churn --everything`, or take it up again with `mdlc deploy`",
        ),
        (
            {"deleted": {}, "deployed": ("Fraud", "CDKToolkit")},
            "stack 'Churn' is not deployed, and nothing is left of it: choose one of Fraud",
        ),
        ({"deleted": {}}, "stack 'Churn' is not deployed, and nothing is left of it: nothing is deployed"),
    ],
)
def test_a_name_that_is_no_stack_is_refused(arguments: dict[str, Any], sentence: str) -> None:
    with pytest.raises(CommandError) as refusal:
        teardowns.chosen(left.target(**arguments), APP, ["Churn"], everything=False)
    assert str(refusal.value) == sentence


def test_what_stays_is_said_with_both_ways_on() -> None:
    lines = teardowns.what_stays(retained.left_by(left.target(), ["Churn"]))
    assert lines[0] == "The stacks retain:"
    assert sorted(lines[1:5]) == ["  bucket churn-1", "  key k", "  model package group churn", "  table t"]
    assert lines[5:] == [
        "The next `mdlc deploy` takes it up again, with all data, models and records.",
        "Remove it for good with `mdlc teardown Churn --everything`.",
    ]
    assert teardowns.what_stays([]) == []
