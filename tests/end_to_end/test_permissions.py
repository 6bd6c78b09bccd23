"""Nothing is granted that is not used or explained, and everything used is needed.

Judged from what the tests in `test_life_of_a_model.py` and `test_life_that_ends.py` made the roles do before.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase

import pytest

from tests.end_to_end.aws import Aws, Execution
from tests.end_to_end.grants import Grant, Use
from tests.end_to_end.test_life_of_a_model import CHANGED, FAILING, SHUFFLED

TEAMS = (CHANGED, SHUFFLED, FAILING)
STANDING = SHUFFLED
"""The team whose stack still stands."""

MACHINES = ("TrainingRole", "BatchInferenceRole")
FUNCTIONS = ("FunctionsPlanTrainingRole", "FunctionsPlanBatchRole", "FunctionsCleanUpRole")
PROCESSING = (
    *("TrainingQualityRole", "TrainingFeaturesRole", "TrainingEvaluateRole"),
    *("BatchInferenceInputRole", "BatchInferencePrepareRole", "BatchInferenceOutputRole"),
)
JOBS = (*PROCESSING, "TrainingTrainRole", "ModelModelRole")


@dataclass(frozen=True, kw_only=True)
class Unused:
    """Grants that no run on the embedded AWS uses, and why AWS needs them all the same.

    Attributes:
        roles: logical ids.
        resources: a pattern that the grants' resource patterns match.
    """

    roles: tuple[str, ...]
    actions: tuple[str, ...]
    resources: str = "*"
    reason: str

    def covers(self, grant: Grant) -> bool:
        """Whether this explains the grant."""
        return (
            grant.role in self.roles
            and grant.action in self.actions
            and fnmatchcase(grant.resource, self.resources)
        )


ALLOWED = (
    Unused(
        roles=JOBS,
        actions=(
            "ecr:GetAuthorizationToken",
            "ecr:BatchCheckLayerAvailability",
            "ecr:BatchGetImage",
            "ecr:GetDownloadUrlForLayer",
        ),
        reason="SageMaker pulls a job's image with the job's role; the embedded AWS runs a process in place "
        "of an image of AWS's own registries, and evaluates only pulls from the account's repositories.",
    ),
    Unused(
        roles=JOBS,
        actions=("cloudwatch:PutMetricData",),
        reason="SageMaker publishes the metrics of a job's instances with the job's role; a process on this "
        "machine has no instance to measure.",
    ),
    Unused(
        roles=JOBS,
        actions=("logs:DescribeLogStreams",),
        reason="AWS lists it among the permissions of an execution role, for looking up a stream before "
        "writing to it; the embedded AWS writes its streams without looking.",
    ),
    Unused(
        roles=MACHINES,
        actions=("sagemaker:ListTags",),
        reason="AWS lists it in the policy of a machine that waits for SageMaker jobs, where Step Functions "
        "reads the tags it has put; the embedded AWS knows the jobs of an execution by their names.",
    ),
    Unused(
        roles=MACHINES,
        actions=(
            "xray:PutTraceSegments",
            "xray:PutTelemetryRecords",
            "xray:GetSamplingRules",
            "xray:GetSamplingTargets",
        ),
        reason="Step Functions writes a machine's traces to X-Ray with the machine's role; the embedded AWS "
        "has no X-Ray.",
    ),
    Unused(
        roles=FUNCTIONS,
        actions=("xray:PutTraceSegments", "xray:PutTelemetryRecords"),
        reason="Lambda writes a function's traces to X-Ray with the function's role; the embedded AWS has "
        "no X-Ray.",
    ),
    Unused(
        roles=("TrainingRole",),
        actions=("kms:GenerateDataKey",),
        reason="Step Functions encrypts executions and their logs with the machine's key and the machine's "
        "role; the embedded AWS keeps them in the server's memory as they are.",
    ),
    Unused(
        roles=JOBS,
        actions=("kms:Encrypt",),
        resources="*:key/${ModelKey}",
        reason="AWS's documentation asks it of the role of a job whose outputs have a key; S3 itself asks "
        "for data keys only, and so does the embedded AWS.",
    ),
    Unused(
        roles=("TrainingRole",),
        actions=("sagemaker:CreateModelPackage",),
        resources="${ModelPackages}",
        reason="AWS does not say beyond doubt whether it judges a new version by the package's ARN or the "
        "group's; the embedded AWS judges by the package's.",
    ),
)


@pytest.fixture(scope="module")
def recorded(aws: Aws) -> tuple[Use, ...]:
    """Everything that the roles of all stacks did, before these tests do more."""
    assert aws.remembered, "these tests judge what the others of this folder did: run the whole folder"
    record = aws.control("GET", "usage")
    return tuple(use for team in TEAMS for use in aws.granted(team).used(record))


def unused(aws: Aws, recorded: tuple[Use, ...]) -> set[Grant]:
    """Granted minus used; equal grants of several stacks count as one."""
    grants = [grant for team in TEAMS for grant in aws.granted(team).grants]
    return set(grants) - {grant for grant in grants for use in recorded if grant.allows(use)}


def test_everything_used_was_granted_to_the_role_itself(aws: Aws, recorded: tuple[Use, ...]) -> None:
    grants = [grant for team in TEAMS for grant in aws.granted(team).grants]
    assert [use for use in recorded if not any(grant.allows(use) for grant in grants)] == []
    roles = {role for team in TEAMS for role in aws.granted(team).roles.values()}
    assert roles == {use.role for use in recorded} == {*MACHINES, *FUNCTIONS, *JOBS}


def test_what_is_granted_and_not_used_is_explained(aws: Aws, recorded: tuple[Use, ...]) -> None:
    left = unused(aws, recorded)
    assert sorted(grant for grant in left if not any(one.covers(grant) for one in ALLOWED)) == []
    found = {(grant.role, grant.action) for grant in left}
    explained = {(role, action) for one in ALLOWED for role in one.roles for action in one.actions}
    assert explained - found == set(), "explains what is used or not granted: take it out of the list"


def test_every_action_used_is_denied_by_name_when_it_is_taken_away(
    aws: Aws, recorded: tuple[Use, ...]
) -> None:
    judged = 0
    for use in first_uses(recorded):
        team = next(team for team in TEAMS if use.arn in aws.granted(team).roles)
        here = aws.granted(team).as_if_in(aws.granted(STANDING), use)
        question = {
            "role": here.arn,
            "action": here.action,
            "resource": here.resource,
            "context": here.context,
        }
        assert aws.control("POST", "evaluate", question) == {"allowed": True, "reason": None}, here
        refused = aws.control("POST", "evaluate", {**question, "without": [here.action]})
        assert not refused["allowed"], here
        assert f":assumed-role/{here.arn.rpartition('/')[2]}/" in refused["reason"]
        assert (
            f"is not authorized to perform: {here.action} on resource: {here.resource} " in refused["reason"]
        )
        judged += 1
    assert judged > 100


def first_uses(recorded: tuple[Use, ...]) -> Iterator[Use]:
    """One use of each role and action."""
    seen: set[tuple[str, str]] = set()
    for use in recorded:
        if (use.role, use.action) not in seen:
            seen.add((use.role, use.action))
            yield use


@pytest.mark.parametrize(
    ("role", "action", "entered"),
    [
        ("TrainingRole", "iam:PassRole", "PrepareFeatures"),
        ("TrainingFeaturesRole", "kms:Decrypt", "PrepareFeatures"),
        ("TrainingFeaturesRole", "s3:PutObject", "PrepareFeatures"),
        ("TrainingRole", "sagemaker:CreateTrainingJob", "Train"),
    ],
)
def test_a_run_without_an_action_fails_naming_it(aws: Aws, role: str, action: str, entered: str) -> None:
    failed = run_without(aws, role, action, {"window": {"start": "2013-02-01"}})
    assert failed.status == "FAILED"
    assert action in failed.cause
    assert failed.states[-4:] == (entered, "RecordFailure", "AnnounceFailure", "Failed")
    assert action in aws.audit(STANDING)[-1]["cause"]


def test_a_run_that_may_not_write_its_audit_item_keeps_the_first_error(aws: Aws) -> None:
    before = aws.audit(STANDING)
    failed = run_without(aws, "TrainingRole", "dynamodb:PutItem", {"windw": {}})
    assert (failed.status, failed.error) == ("FAILED", "InvalidInput")
    assert failed.states == ("Plan", "RecordFailure", "AnnounceFailure", "Failed")
    unchanged = run_without(aws, "TrainingRole", "dynamodb:PutItem", {})
    assert unchanged.status == "FAILED"
    assert "dynamodb:PutItem" in unchanged.cause
    assert unchanged.states[-4:] == ("RecordAudit", "RecordFailure", "AnnounceFailure", "Failed")
    assert aws.audit(STANDING) == before


def run_without(aws: Aws, role: str, action: str, given: dict[str, object]) -> Execution:
    """A training run of the standing stack while a role lacks an action."""
    aws.control("POST", "deny", {"role": aws.role_of(STANDING, role), "action": action})
    try:
        return aws.run(STANDING, "training", given)
    finally:
        aws.control("POST", "restore")
