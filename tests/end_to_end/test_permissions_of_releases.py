"""What releases and decisions are granted is used or explained, and everything used is needed.

Judged from what `test_decisions_under_load.py` made the roles do. What a home and its other workflows are
granted is judged in `test_permissions.py`.
"""

import pytest

from tests.end_to_end.aws import Aws
from tests.end_to_end.busy import WATCHED
from tests.end_to_end.grants import Grant, Granted, Use, granted
from tests.end_to_end.test_permissions import Unused, first_uses

MACHINES = ("ServingRole", "DecisionsMachineRole")
RELEASING = (
    "FunctionsPlanReleaseRole",
    "FunctionsProbeAnswersRole",
    "FunctionsRetireReleasesRole",
    "FunctionsWakeReleaseRole",
)
DECIDING = ("DecisionsAcceptRulesRole", "DecisionsDecideRole", "DecisionsExecuteRulesRole")
JOBS = ("ModelModelRole", "ServingCheckGoldenRole")
GATES = ("DecisionsStartRole", "ServingApprovalRole", "ApiGatewayLogRole", "Caller")
JUDGED = {*MACHINES, *RELEASING, *DECIDING, *JOBS, *GATES}

ALLOWED = (
    Unused(
        roles=(*MACHINES, *RELEASING, *DECIDING),
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
        roles=("ModelModelRole",),
        actions=("s3:GetObject",),
        resources="*/prepared/*",
        reason="The role of batch inference's transform jobs too, which this team did not run.",
    ),
    Unused(
        roles=("ServingRole", "DecisionsMachineRole", *DECIDING, "FunctionsWakeReleaseRole"),
        actions=("kms:GenerateDataKey",),
        reason="DynamoDB and Step Functions may make data keys in the caller's name; the embedded AWS asks "
        "to decrypt only for tables, and encrypts no executions.",
    ),
    Unused(
        roles=("ServingRole",),
        actions=("kms:CreateGrant",),
        reason="SageMaker asks it of who creates an endpoint whose volumes have a key; here nothing is "
        "encrypted on disk.",
    ),
    Unused(
        roles=("FunctionsProbeAnswersRole",),
        actions=("kms:Encrypt",),
        reason="Granted to all who write to the model's bucket; S3 itself asks for data keys only.",
    ),
    Unused(
        roles=("ServingRole",),
        actions=("sagemaker:ListTags",),
        reason="AWS lists it in the policy of a machine that waits for SageMaker jobs; the embedded AWS "
        "knows the jobs of an execution by their names.",
    ),
    Unused(
        roles=("ServingRole",),
        actions=("sagemaker:StopProcessingJob", "sagemaker:StopTransformJob"),
        reason="A machine stops its jobs when it is aborted, which these releases are not.",
    ),
    Unused(
        roles=("ServingRole",),
        actions=("application-autoscaling:DeregisterScalableTarget", "cloudwatch:DeleteAlarms"),
        reason="Scaling that a former deployment registered ends before the instance type changes; this team "
        "has none.",
    ),
    Unused(
        roles=("ServingRole",),
        actions=("cloudwatch:PutMetricData",),
        reason="For a prober that fails: the machine then reports every answer as bad.",
    ),
    Unused(
        roles=("FunctionsRetireReleasesRole",),
        actions=("sagemaker:DeleteEndpointConfig", "sagemaker:DescribeEndpointConfig"),
        resources="*/${Model}-trial-*",
        reason="Configurations of experiments, which this team does not make.",
    ),
    Unused(
        roles=("DecisionsAcceptRulesRole",),
        actions=("s3:GetObjectVersion",),
        reason="S3 asks it for a version of an object; the embedded AWS asks for s3:GetObject.",
    ),
    Unused(
        roles=("DecisionsDecideRole",),
        actions=("dynamodb:GetItem",),
        resources="*/${Decisions}",
        reason="Where DynamoDB refuses a second record without returning the first.",
    ),
    Unused(
        roles=("DecisionsStartRole",),
        actions=("kms:Decrypt",),
        reason="Step Functions reads a machine's encrypted definition in the name of who starts it; the "
        "embedded AWS keeps definitions as they are.",
    ),
    Unused(
        roles=("ApiGatewayLogRole",),
        actions=(
            "logs:CreateLogGroup",
            "logs:DescribeLogGroups",
            "logs:DescribeLogStreams",
            "logs:FilterLogEvents",
            "logs:GetLogEvents",
        ),
        reason="AWS's own policy for API Gateway's logs, which is one for the whole account.",
    ),
)


@pytest.fixture(scope="module")
def before(aws: Aws) -> Granted:
    """What the roles of the deleted stack were granted while its endpoint was watched."""
    assert WATCHED.model in aws.remembered, "these tests judge what others of this folder did: run them too"
    return aws.remembered[WATCHED.model]


@pytest.fixture(scope="module")
def recorded(aws: Aws, before: Granted) -> tuple[Use, ...]:
    """What the judged roles did."""
    used = before.used(aws.control("GET", "usage"))
    return tuple(use for use in used if use.role in JUDGED)


def grants(before: Granted) -> set[Grant]:
    return {grant for grant in before.grants if grant.role in JUDGED}


def test_everything_used_was_granted_to_the_role_itself(before: Granted, recorded: tuple[Use, ...]) -> None:
    own = grants(before)
    assert [use for use in recorded if not any(grant.allows(use) for grant in own)] == []
    assert {use.role for use in recorded} == JUDGED


def test_what_is_granted_and_not_used_is_explained(before: Granted, recorded: tuple[Use, ...]) -> None:
    left = [grant for grant in grants(before) if not any(grant.allows(use) for use in recorded)]
    assert sorted(grant for grant in left if not any(one.covers(grant) for one in ALLOWED)) == []
    for one in ALLOWED:
        assert any(one.covers(grant) for grant in left), f"explains nothing, take it out: {one}"


def test_every_action_used_is_denied_by_name_when_it_is_taken_away(
    aws: Aws, before: Granted, recorded: tuple[Use, ...]
) -> None:
    aws.deploy(WATCHED)
    standing = granted(aws.client, stack=WATCHED.stack, model=WATCHED.model)
    judged = 0
    for use in first_uses(recorded):
        here = before.as_if_in(standing, use)
        question = {
            "role": here.arn,
            "action": here.action,
            "resource": here.resource,
            "context": here.context,
        }
        assert aws.control("POST", "evaluate", question) == {"allowed": True, "reason": None}, here
        refused = aws.control("POST", "evaluate", {**question, "without": [here.action]})
        assert not refused["allowed"], here
        assert (
            f"is not authorized to perform: {here.action} on resource: {here.resource} " in refused["reason"]
        )
        judged += 1
    assert judged > 60
