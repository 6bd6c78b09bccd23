"""What retrainings are granted is used or explained, and everything used is needed.

Judged from what `test_retraining.py`, `test_retraining_killed.py` and `test_retraining_walked.py` made the
roles do. What training and release are granted is judged in `test_permissions.py` and
`test_permissions_of_releases.py`.
"""

import pytest

from tests.end_to_end import permissions, test_retraining, test_retraining_killed, test_retraining_walked
from tests.end_to_end.chapters import chapters
from tests.end_to_end.grants import Grant, Granted, Use, granted
from tests.end_to_end.permissions import Unused
from tests.end_to_end.retraining import Retraining
from tests.end_to_end.team_retraining import STACK
from tests.end_to_end.test_retraining_walked import walked

__all__ = ["walked"]
pytestmark = chapters(
    "retraining", after=(test_retraining, test_retraining_killed, test_retraining_walked), in_order=False
)

MACHINES = ("ServedRetrainingRole", "DecidedRetrainingRole", "DecidedTrainingApprovalRole")
FUNCTIONS = ("FunctionsRecordTriggerRole", "FunctionsPlanRetrainingRole", "FunctionsReapLeasesRole")
JUDGED = {*MACHINES, *FUNCTIONS}

ALLOWED = (
    *permissions.of_machines(*MACHINES),
    *permissions.of_functions(*FUNCTIONS),
    *permissions.of_data_keys(*FUNCTIONS),
    Unused(
        roles=("FunctionsRecordTriggerRole", "FunctionsPlanRetrainingRole"),
        actions=("states:DescribeExecution",),
        resources="*:decided-retraining:*",
        reason="Whether a retraining runs that has a name: asked for the other model, while none of this one "
        "died or was started twice.",
    ),
    Unused(
        roles=("FunctionsPlanRetrainingRole",),
        actions=("states:StartExecution",),
        resources="${DecidedRetrainingStateMachine}",
        reason="The end of a retraining starts what waits, which nothing of this model did.",
    ),
    Unused(
        roles=("ServedRetrainingRole",),
        actions=("states:StopExecution",),
        resources="*-release:*",
        reason="A machine stops what it follows when it is stopped: here trainings, and no release midway.",
    ),
    Unused(
        roles=("DecidedRetrainingRole",),
        actions=("states:StopExecution",),
        reason="A machine stops what it follows when it is stopped, which this model's retrainings are not.",
    ),
)


@pytest.fixture(scope="module")
def standing(retraining: Retraining) -> Granted:
    """What the roles of the stack are granted."""
    return granted(retraining.aws.client, stack=STACK, model="served")


@pytest.fixture(scope="module")
def recorded(retraining: Retraining, standing: Granted) -> tuple[Use, ...]:
    """What the judged roles did, before these tests do more."""
    record = retraining.aws.control("GET", "usage")
    found = tuple(use for use in standing.used(record) if use.role in JUDGED)
    assert found, "the story before left no use of permissions"
    return found


def grants(standing: Granted) -> set[Grant]:
    return {grant for grant in standing.grants if grant.role in JUDGED}


def test_everything_used_was_granted_to_the_role_itself(standing: Granted, recorded: tuple[Use, ...]) -> None:
    permissions.is_granted(grants(standing), recorded, JUDGED)


def test_what_is_granted_and_not_used_is_explained(standing: Granted, recorded: tuple[Use, ...]) -> None:
    permissions.is_used_or_explained(grants(standing), recorded, ALLOWED)


def test_every_action_used_is_denied_by_name_when_it_is_taken_away(
    retraining: Retraining, recorded: tuple[Use, ...]
) -> None:
    assert permissions.are_needed(retraining.aws, permissions.first_uses(recorded)) > 40


def test_a_training_needs_what_it_starts_the_approval_with(retraining: Retraining, standing: Granted) -> None:
    used = standing.used(retraining.aws.control("GET", "usage"))
    starts = [
        use for use in used if use.role == "DecidedTrainingRole" and use.action == "states:StartExecution"
    ]
    assert permissions.are_needed(retraining.aws, permissions.first_uses(tuple(starts))) == 1
