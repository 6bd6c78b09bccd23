"""What releases and decisions are granted is used or explained, and everything used is needed.

Judged from what `test_decisions_under_load.py` made the roles do. What a home and its other workflows are
granted is judged in `test_permissions.py`.
"""

import pytest

from tests.end_to_end import permissions, test_decisions_under_load
from tests.end_to_end.aws import Aws
from tests.end_to_end.busy import WATCHED
from tests.end_to_end.chapters import chapters
from tests.end_to_end.grants import Grant, Granted, Use, granted
from tests.end_to_end.permissions import Unused
from tests.end_to_end.test_decisions_under_load import api, busy, story, unwatched

__all__ = ["api", "busy", "story", "unwatched"]
pytestmark = chapters("busy", after=(test_decisions_under_load,), in_order=False)

MACHINES = ("ServingRole", "DecisionsMachineRole")
RELEASING = (
    "FunctionsPlanReleaseRole",
    "FunctionsProbeAnswersRole",
    "FunctionsRetireReleasesRole",
    "FunctionsResumeExecutionsRole",
)
DECIDING = ("DecisionsAcceptRulesRole", "DecisionsDecideRole", "DecisionsExecuteRulesRole")
JOBS = ("ServingHostedModelRole", "ServingCheckGoldenRole")
GATES = ("DecisionsStartRole", "ServingApprovalRole", "ApiGatewayLogRole", "Caller")
JUDGED = {*MACHINES, *RELEASING, *DECIDING, *JOBS, *GATES}

ALLOWED = (
    *permissions.of_waiting_machines("ServingRole"),
    *permissions.of_machines("DecisionsMachineRole"),
    *permissions.of_functions(*RELEASING, *DECIDING),
    *permissions.of_jobs(*JOBS),
    *permissions.of_writers("FunctionsProbeAnswersRole"),
    *permissions.of_data_keys(*DECIDING, "FunctionsResumeExecutionsRole"),
    Unused(
        roles=("ServingRole",),
        actions=("kms:CreateGrant",),
        reason="SageMaker asks it of who creates an endpoint whose volumes have a key; here nothing is "
        "encrypted on disk.",
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
    permissions.is_granted(grants(before), recorded, JUDGED)


def test_what_is_granted_and_not_used_is_explained(before: Granted, recorded: tuple[Use, ...]) -> None:
    permissions.is_used_or_explained(grants(before), recorded, ALLOWED)


def test_every_action_used_is_denied_by_name_when_it_is_taken_away(
    aws: Aws, before: Granted, recorded: tuple[Use, ...]
) -> None:
    aws.deploy(WATCHED)
    standing = granted(aws.client, stack=WATCHED.stack, model=WATCHED.model)
    uses = (before.as_if_in(standing, use) for use in permissions.first_uses(recorded))
    assert permissions.are_needed(aws, uses) > 60
