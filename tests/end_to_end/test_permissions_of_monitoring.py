"""What monitoring is granted is used or explained, and everything used is needed.

Judged from what `test_monitoring.py` made the roles do. What a home and its other workflows are granted is
judged in `test_permissions.py` and `test_permissions_of_releases.py`.
"""

import pytest

from tests.end_to_end import permissions, test_monitoring
from tests.end_to_end.aws import Aws
from tests.end_to_end.chapters import chapters
from tests.end_to_end.grants import Grant, Granted, Use
from tests.end_to_end.permissions import Unused
from tests.end_to_end.test_monitoring import TEAM, quiet, shifted, watched

__all__ = ["quiet", "shifted", "watched"]
pytestmark = chapters("monitoring", after=(test_monitoring,), in_order=False)

MACHINES = ("MonitoringRole", "BatchMonitoringRole")
FUNCTIONS = ("FunctionsPlanMonitoringRole", "FunctionsRecordWindowsRole", "FunctionsReplayAnswersRole")
JOBS = ("MonitoringMonitorRole", "BatchMonitoringMonitorRole")
GATES = ("MonitoringStartRole", "BatchMonitoringStartRole")
JUDGED = {*MACHINES, *FUNCTIONS, *JOBS, *GATES}

ALLOWED = (
    *permissions.of_waiting_machines(*MACHINES),
    *permissions.of_functions(*FUNCTIONS),
    *permissions.of_jobs(*JOBS),
    *permissions.of_writers("FunctionsReplayAnswersRole"),
    *permissions.of_data_keys("FunctionsRecordWindowsRole"),
    Unused(
        roles=MACHINES,
        actions=("sagemaker:StopTransformJob",),
        reason="A machine stops its jobs when it is aborted, which none of these was while it replayed.",
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
        roles=("BatchMonitoringRole",),
        actions=("sagemaker:AddTags",),
        resources="*:model/*",
        reason="A model that was gone is made anew with the machine's tags, and none was gone.",
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
    assert "monitoring" in aws.entered, "the story before entered no state"
    return aws.granted(TEAM)


@pytest.fixture(scope="module")
def recorded(aws: Aws, standing: Granted) -> tuple[Use, ...]:
    """What the judged roles did."""
    used = standing.used(aws.control("GET", "usage"))
    return tuple(use for use in used if use.role in JUDGED)


def grants(standing: Granted) -> set[Grant]:
    return {grant for grant in standing.grants if grant.role in JUDGED}


def test_everything_used_was_granted_to_the_role_itself(standing: Granted, recorded: tuple[Use, ...]) -> None:
    permissions.is_granted(grants(standing), recorded, JUDGED)


def test_what_is_granted_and_not_used_is_explained(standing: Granted, recorded: tuple[Use, ...]) -> None:
    permissions.is_used_or_explained(grants(standing), recorded, ALLOWED)


def test_every_action_used_is_denied_by_name_when_it_is_taken_away(
    aws: Aws, recorded: tuple[Use, ...]
) -> None:
    assert permissions.are_needed(aws, permissions.first_uses(recorded)) > 40
