"""Nothing is granted that is not used or explained, and everything used is needed.

Judged from what the tests in `test_life_of_a_model.py` and `test_life_that_ends.py` made the roles do before.
"""

import pytest

from tests.end_to_end import permissions, test_life_of_a_model, test_life_that_ends
from tests.end_to_end.aws import Aws, Execution
from tests.end_to_end.chapters import chapters
from tests.end_to_end.grants import Grant, Use
from tests.end_to_end.permissions import Unused
from tests.end_to_end.test_life_of_a_model import CHANGED, FAILING, SHUFFLED, teams

__all__ = ["teams"]
pytestmark = chapters("life", after=(test_life_of_a_model, test_life_that_ends), in_order=False)

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


ALLOWED = (
    *permissions.of_waiting_machines(*MACHINES),
    *permissions.of_functions(*FUNCTIONS),
    *permissions.of_jobs(*JOBS),
    Unused(
        roles=("TrainingRole",),
        actions=("sagemaker:CreateModelPackage",),
        resources="${ModelPackages}",
        reason="AWS does not say beyond doubt whether it judges a new version by the package's ARN or the "
        "group's; the embedded AWS judges by the package's.",
    ),
    Unused(
        roles=("FunctionsCleanUpRole",),
        actions=("sagemaker:StopHyperParameterTuningJob",),
        resources="*:hyper-parameter-tuning-job/*-tune-*",
        reason="None of these teams searches for hyperparameters; the function's own tests stop a search.",
    ),
)


@pytest.fixture(scope="module")
def recorded(aws: Aws) -> tuple[Use, ...]:
    """Everything that the roles of all stacks did, before these tests do more."""
    assert aws.remembered, "the story before left no roles"
    record = aws.control("GET", "usage")
    return tuple(use for team in TEAMS for use in aws.granted(team).used(record))


def grants(aws: Aws) -> list[Grant]:
    return [grant for team in TEAMS for grant in aws.granted(team).grants]


def test_everything_used_was_granted_to_the_role_itself(aws: Aws, recorded: tuple[Use, ...]) -> None:
    judged = {*MACHINES, *FUNCTIONS, *JOBS}
    permissions.is_granted(grants(aws), recorded, judged)
    assert {role for team in TEAMS for role in aws.granted(team).roles.values()} == judged


def test_what_is_granted_and_not_used_is_explained(aws: Aws, recorded: tuple[Use, ...]) -> None:
    permissions.is_used_or_explained(grants(aws), recorded, ALLOWED)


def test_every_action_used_is_denied_by_name_when_it_is_taken_away(
    aws: Aws, recorded: tuple[Use, ...]
) -> None:
    def standing(use: Use) -> Use:
        team = next(team for team in TEAMS if use.arn in aws.granted(team).roles)
        return aws.granted(team).as_if_in(aws.granted(STANDING), use)

    assert permissions.are_needed(aws, map(standing, permissions.first_uses(recorded))) > 100


@pytest.mark.parametrize(
    ("role", "action", "entered"),
    [
        ("TrainingRole", "iam:PassRole", "CheckQuality"),
        ("TrainingFeaturesRole", "kms:Decrypt", "PrepareFeatures"),
        ("TrainingFeaturesRole", "s3:PutObject", "PrepareFeatures"),
        ("TrainingRole", "sagemaker:CreateTrainingJob", "Train"),
    ],
)
def test_a_run_without_an_action_fails_naming_it(aws: Aws, role: str, action: str, entered: str) -> None:
    failed = run_without(aws, role, action, {"window": {"start": "2013-02-01"}})
    assert failed.status == "FAILED"
    assert action in failed.cause
    assert failed.states[-4:] == (entered, "RecordFailure", "PublishFailure", "Failed")
    assert action in aws.audit(STANDING)[-1]["cause"]


def test_a_run_that_may_not_write_its_audit_item_keeps_the_first_error(aws: Aws) -> None:
    before = aws.audit(STANDING)
    failed = run_without(aws, "TrainingRole", "dynamodb:PutItem", {"windw": {}})
    assert (failed.status, failed.error) == ("FAILED", "InvalidInput")
    assert failed.states == ("Plan", "RecordFailure", "PublishFailure", "Failed")
    unchanged = run_without(aws, "TrainingRole", "dynamodb:PutItem", {})
    assert unchanged.status == "FAILED"
    assert "dynamodb:PutItem" in unchanged.cause
    assert unchanged.states[-4:] == ("RecordAudit", "RecordFailure", "PublishFailure", "Failed")
    assert aws.audit(STANDING) == before


def run_without(aws: Aws, role: str, action: str, given: dict[str, object]) -> Execution:
    """A training run of the standing stack while a role lacks an action."""
    aws.control("POST", "deny", {"role": aws.role_of(STANDING, role), "action": action})
    try:
        return aws.run(STANDING, "training", given)
    finally:
        aws.control("POST", "restore")
