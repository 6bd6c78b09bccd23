"""The machine beside a pending version, as plain data: no CDK, no Node."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from mdlc_constructs import Approval
from mdlc_constructs.asl.checks import check
from mdlc_constructs.asl.states import Wait
from mdlc_constructs.workflows.approval.machine import (
    CLAIM_HOLDS,
    ApprovalSettings,
    approval_machine,
    duration,
)

DAY = timedelta(days=1)
REMIND = ("Begin", "WaitToRemind", "LookBeforeReminder", "ReminderNeeded", "PublishReminder")
EXPIRE = (
    "WaitToExpire", "LookBeforeExpiry", "ExpiryNeeded", "ClaimExpiry", "Expire", "PublishExpiry",
)  # fmt: skip


def machine(**times: timedelta) -> Any:
    return approval_machine(ApprovalSettings(model="churn", approval=Approval.manual(**times)))


def path(states: Mapping[str, Any]) -> tuple[str, ...]:
    """The states that are passed while nobody decides."""
    names = ["Begin"]
    while states[names[-1]]["Type"] != "Succeed":
        names.append(states[names[-1]].get("Next") or states[names[-1]]["Default"])
    return tuple(names)


@pytest.mark.parametrize(
    ("times", "expected", "waits"),
    [
        ({"remind_after": DAY}, (*REMIND, "Ended"), [86400]),
        ({"expires_after": 2 * DAY}, ("Begin", *EXPIRE, "Ended"), [172800, 600]),
        (
            {"remind_after": DAY, "expires_after": 3 * DAY},
            (*REMIND, *EXPIRE, "Ended"),
            [86400, 172800, 600],
        ),
    ],
)
def test_only_what_is_declared_is_waited_for(
    times: dict[str, timedelta], expected: tuple[str, ...], waits: list[int]
) -> None:
    made = machine(**times)
    assert path(made.to_asl()["States"]) == expected
    assert [state.seconds for state in made.states if isinstance(state, Wait)] == waits
    check(replace(made, bindings=dict.fromkeys(made.placeholders(), "bound")))


def test_a_decision_ends_it_at_either_look() -> None:
    states = machine(remind_after=DAY, expires_after=2 * DAY).to_asl()["States"]
    for name in ("ReminderNeeded", "ExpiryNeeded"):
        (decided,) = states[name]["Choices"]
        assert decided == {"Condition": "{% $status != 'PendingManualApproval' %}", "Next": "Ended"}


def test_somebody_who_decides_at_this_moment_is_let_decide() -> None:
    states = machine(expires_after=2 * DAY).to_asl()["States"]
    caught = states["ClaimExpiry"]["Catch"][0]
    assert caught == {
        "ErrorEquals": ["DynamoDB.ConditionalCheckFailedException"],
        "Next": "WaitForDecision",
    }
    waiting = states["WaitForDecision"]
    assert (waiting["Seconds"], waiting["Next"]) == (CLAIM_HOLDS.total_seconds(), "LookBeforeExpiry")


def test_the_registry_and_the_audit_say_the_same_sentence() -> None:
    states = machine(expires_after=14 * DAY).to_asl()["States"]
    said = states["Expire"]["Arguments"]["ApprovalDescription"]
    assert said == "Expired: nobody decided within 14 days."
    assert states["ClaimExpiry"]["Arguments"]["Item"]["reason"] == {"S": said}


def test_the_reminder_carries_the_commands_that_decide() -> None:
    states = machine(remind_after=DAY).to_asl()["States"]
    (entry,) = states["PublishReminder"]["Arguments"]["Entries"]
    assert entry["DetailType"] == "Approval Reminder" and entry["Detail"]["expires_at"] == ""
    version = "$states.context.Execution.Input.version"
    assert entry["Detail"]["approve"] == f"{{% 'mdlc approve ' & {version} & ' --model churn' %}}"
    assert entry["Detail"]["reject"].startswith("{% 'mdlc reject ' & ")


def test_an_approval_without_times_has_no_machine() -> None:
    with pytest.raises(ValueError, match="nothing to wait for"):
        ApprovalSettings(model="churn", approval=Approval.manual())


@pytest.mark.parametrize(
    ("time", "words"),
    [
        (timedelta(days=1), "1 day"),
        (timedelta(hours=36), "36 hours"),
        (timedelta(minutes=90), "90 minutes"),
        (timedelta(seconds=61), "61 seconds"),
    ],
)
def test_durations_are_said_in_their_largest_whole_unit(time: timedelta, words: str) -> None:
    assert duration(time) == words
