"""What monitoring is granted is used or explained, and everything used is needed.

Judged from what `test_monitoring.py` made the roles do. What a home and its other workflows are granted is
judged in `test_permissions.py` and `test_permissions_of_releases.py`.
"""

import pytest

from tests.end_to_end.aws import Aws
from tests.end_to_end.grants import Grant, Granted, Use
from tests.end_to_end.test_monitoring import TEAM
from tests.end_to_end.test_permissions import Unused, first_uses

MACHINES = ("MonitoringRole", "BatchMonitoringRole")
FUNCTIONS = ("FunctionsPlanMonitoringRole", "FunctionsRecordWindowsRole", "FunctionsReplayAnswersRole")
JOBS = ("MonitoringMonitorRole", "BatchMonitoringMonitorRole")
GATES = ("MonitoringStartRole", "BatchMonitoringStartRole")
JUDGED = {*MACHINES, *FUNCTIONS, *JOBS, *GATES}

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
        roles=JOBS,
        actions=(
            "ecr:GetAuthorizationToken",
            "ecr:BatchCheckLayerAvailability",
            "ecr:BatchGetImage",
            "ecr:GetDownloadUrlForLayer",
            "cloudwatch:PutMetricData",
            "logs:DescribeLogStreams",
            "kms:Encrypt",
        ),
        reason="As for every role of a job: see test_permissions.py.",
    ),
    Unused(
        roles=("FunctionsPlanMonitoringRole", "FunctionsReplayAnswersRole"),
        actions=("kms:Encrypt",),
        reason="Granted to all who write to the model's bucket; S3 itself asks for data keys only.",
    ),
    Unused(
        roles=MACHINES,
        actions=("sagemaker:ListTags",),
        reason="AWS lists it in the policy of a machine that waits for SageMaker jobs; the embedded AWS "
        "knows the jobs of an execution by their names.",
    ),
    Unused(
        roles=MACHINES,
        actions=("sagemaker:StopTransformJob",),
        reason="A machine stops its jobs when it is aborted, which none of these was while it replayed.",
    ),
    Unused(
        roles=(*MACHINES, "FunctionsRecordWindowsRole"),
        actions=("kms:GenerateDataKey",),
        reason="DynamoDB and Step Functions may make data keys in the caller's name; the embedded AWS asks "
        "to decrypt only for tables, and encrypts no executions.",
    ),
    Unused(
        roles=("BatchMonitoringRole",),
        actions=(
            "events:PutEvents",
            "iam:PassRole",
            "sagemaker:CreateModel",
            "sagemaker:StopProcessingJob",
        ),
        reason="A failure, a model that was gone, a job that was stopped: what the endpoint's monitor went "
        "through, with the same states.",
    ),
    Unused(
        roles=("BatchMonitoringMonitorRole",),
        actions=("s3:GetObject",),
        resources="*/monitoring/*",
        reason="Statistics of the window before, of which these batches had none.",
    ),
)


@pytest.fixture(scope="module")
def standing(aws: Aws) -> Granted:
    """What the roles of the team's stack are granted."""
    assert "monitoring" in aws.entered, "these tests judge what test_monitoring.py did: run it too"
    return aws.granted(TEAM)


@pytest.fixture(scope="module")
def recorded(aws: Aws, standing: Granted) -> tuple[Use, ...]:
    """What the judged roles did."""
    used = standing.used(aws.control("GET", "usage"))
    return tuple(use for use in used if use.role in JUDGED)


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
    aws: Aws, recorded: tuple[Use, ...]
) -> None:
    judged = 0
    for use in first_uses(recorded):
        question = {
            "role": use.arn,
            "action": use.action,
            "resource": use.resource,
            "context": use.context,
        }
        assert aws.control("POST", "evaluate", question) == {"allowed": True, "reason": None}, use
        refused = aws.control("POST", "evaluate", {**question, "without": [use.action]})
        assert not refused["allowed"], use
        assert f"is not authorized to perform: {use.action} on resource: {use.resource} " in refused["reason"]
        judged += 1
    assert judged > 40
