"""Jobs that stay InProgress as long as a test wants: the machine's whole capacity is taken by sleeping ones.

The embedded AWS runs as many jobs at once as there are cores; the others wait.
"""

import os
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from tests.end_to_end.aws import SECONDS, Aws, Execution
from tests.end_to_end.team import Team

IMAGE = "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-scikit-learn:1.4-2-py312"


def take_capacity(aws: Aws, team: Team, prefix: str) -> list[str]:
    """Let jobs sleep on every core that is free or becomes free; returns their names.

    Args:
        team: whose role the jobs have.
        prefix: what their names begin with.
    """
    sagemaker = aws.client("sagemaker")
    role = aws.client("iam").get_role(RoleName=aws.role_of(team, "TrainingQualityRole"))["Role"]["Arn"]
    names = [f"{prefix}-{uuid.uuid4().hex[:20]}" for _ in range(os.cpu_count() or 1)]
    for name in names:
        sagemaker.create_processing_job(
            ProcessingJobName=name,
            AppSpecification={
                "ImageUri": IMAGE,
                "ContainerEntrypoint": ["python3", "-c", "import time; time.sleep(600)"],
            },
            ProcessingResources={
                "ClusterConfig": {"InstanceCount": 1, "InstanceType": "ml.m5.large", "VolumeSizeInGB": 1}
            },
            RoleArn=role,
        )
    return names


@contextmanager
def capacity_taken(aws: Aws, team: Team) -> Iterator[None]:
    """No job begins inside."""
    names = take_capacity(aws, team, "sleeping")
    try:
        deadline = time.monotonic() + SECONDS
        sagemaker = aws.client("sagemaker")
        while not all(
            "ProcessingStartTime" in sagemaker.describe_processing_job(ProcessingJobName=name)
            for name in names
        ):
            assert time.monotonic() < deadline, f"no capacity became free within {SECONDS} s"
            time.sleep(0.05)
        yield
    finally:
        for name in names:
            aws.client("sagemaker").stop_processing_job(ProcessingJobName=name)


def abort(aws: Aws, team: Team, workflow: str, state: str, given: dict[str, Any], after: str) -> Execution:
    """Start a workflow and stop it while it waits for the job of a state.

    Args:
        after: the last state before it that runs a job of its own in this execution, or nothing.
    """
    if after:
        arn = aws.start(team, workflow, given)
        aws.until_entered(arn, after, then="TaskSubmitted")
    with capacity_taken(aws, team):
        arn = arn if after else aws.start(team, workflow, given)
        aws.until_entered(arn, state, then="TaskSubmitted")
        aws.client("stepfunctions").stop_execution(executionArn=arn)
        return aws.wait(arn)


def job_like(aws: Aws, team: Team, kind: str, name: str) -> None:
    """One more job of the kind (`Training` or `Transform`), like the latest that the team completed."""
    sagemaker, lower = aws.client("sagemaker"), kind.lower()
    latest = aws.jobs(team, kind, StatusEquals="Completed")[0]
    like = getattr(sagemaker, f"describe_{lower}_job")(**{f"{kind}JobName": latest})
    members = sagemaker.meta.service_model.operation_model(f"Create{kind}Job").input_shape.members
    request = {member: like[member] for member in members if like.get(member)}
    getattr(sagemaker, f"create_{lower}_job")(**{**request, f"{kind}JobName": name})
