"""What retrainings are granted is used or explained, and everything used is needed.

Judged from what `test_retraining.py`, `test_retraining_killed.py` and `test_retraining_walked.py` made the
roles do. What training and release are granted is judged in `test_permissions.py` and
`test_permissions_of_releases.py`.
"""

import pytest

from tests.end_to_end.grants import Grant, Granted, Use, granted
from tests.end_to_end.retraining import Retraining
from tests.end_to_end.team_retraining import STACK
from tests.end_to_end.test_permissions import Unused, first_uses

MACHINES = ("ServedRetrainingRole", "DecidedRetrainingRole")
FUNCTIONS = ("FunctionsNoteTriggerRole", "FunctionsPlanRetrainingRole", "FunctionsReapLeasesRole")
JUDGED = {*MACHINES, *FUNCTIONS}

ALLOWED = (
    Unused(
        roles=(*MACHINES, *FUNCTIONS),
        actions=(
            "xray:PutTraceSegments",
            "xray:PutTelemetryRecords",
            "xray:GetSamplingRules",
            "xray:GetSamplingTargets",
        ),
        reason="Traces are written with the role of the function or the machine; the embedded AWS has no "
        "X-Ray.",
    ),
    Unused(
        roles=(*MACHINES, *FUNCTIONS),
        actions=("kms:GenerateDataKey",),
        reason="DynamoDB and Step Functions may make data keys in the caller's name; the embedded AWS asks "
        "to decrypt only for tables, and encrypts no executions.",
    ),
    Unused(
        roles=("FunctionsNoteTriggerRole", "FunctionsPlanRetrainingRole"),
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
    assert found, "these tests judge what the others of this story did: run them too"
    return found


def grants(standing: Granted) -> set[Grant]:
    return {grant for grant in standing.grants if grant.role in JUDGED}


def test_everything_used_was_granted_to_the_role_itself(standing: Granted, recorded: tuple[Use, ...]) -> None:
    own = grants(standing)
    assert [use for use in recorded if not any(grant.allows(use) for grant in own)] == []
    assert {use.role for use in recorded} == JUDGED


def test_what_is_granted_and_not_used_is_explained(standing: Granted, recorded: tuple[Use, ...]) -> None:
    left = [grant for grant in grants(standing) if not any(grant.allows(use) for use in recorded)]
    assert sorted(grant for grant in left if not any(one.covers(grant) for one in ALLOWED)) == []
    for one in ALLOWED:
        assert any(one.covers(grant) for grant in left), f"explains nothing, take it out: {one}"


def test_every_action_used_is_denied_by_name_when_it_is_taken_away(
    retraining: Retraining, recorded: tuple[Use, ...]
) -> None:
    judged = 0
    for use in first_uses(recorded):
        question = {"role": use.arn, "action": use.action, "resource": use.resource, "context": use.context}
        assert retraining.aws.control("POST", "evaluate", question) == {"allowed": True, "reason": None}, use
        refused = retraining.aws.control("POST", "evaluate", {**question, "without": [use.action]})
        assert not refused["allowed"], use
        assert f"is not authorized to perform: {use.action} on resource: {use.resource} " in refused["reason"]
        judged += 1
    assert judged > 40
