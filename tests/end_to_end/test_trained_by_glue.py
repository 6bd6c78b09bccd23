"""A step that another service takes over: the example that trains by a Glue Python shell job, end to end."""

from pathlib import Path
from typing import Any

import pytest
from aws_cdk import App

from examples.trained_by_glue.stack import TrainedByGlueStack
from tests.end_to_end.aws import Aws
from tests.end_to_end.chapters import chapters
from tests.end_to_end.team import Team, write_orders

pytestmark = chapters("glue")

TEAM = Team(model="trained-by-glue")


@pytest.fixture(scope="module")
def team(aws: Aws, tmp_path_factory: pytest.TempPathFactory) -> Team:
    """The deployed example with data."""
    folder = tmp_path_factory.mktemp("glue")
    app = App(outdir=str(folder / "cdk.out"))
    TrainedByGlueStack(app, TEAM.stack, name=TEAM.model)
    aws.cdk_on(Path(app.synth().directory), "deploy", "--require-approval", "never")
    aws.upload(TEAM, "raw/", write_orders(folder / "raw", seed=5, rows=1500, files=1))
    return TEAM


def test_what_glue_trains_is_evaluated_and_registered(aws: Aws, team: Team) -> None:
    done = aws.run(team, "training")
    assert done.status == "SUCCEEDED", done.cause
    assert done.output["outcome"] == "Succeeded"
    assert done.states[done.states.index("Train") : done.states.index("CreateModel") + 1] == (
        "Train",
        "FindArtifact",
        "ArtifactFound",
        "CreateModel",
    )
    assert not aws.jobs(team, "Training")
    assert [run["JobRunState"] for run in glue_runs(aws)] == ["SUCCEEDED"]


def test_a_training_that_is_done_is_found_by_its_artifact(aws: Aws, team: Team) -> None:
    # As if the execution had died behind its last job: nothing is left of it but what its jobs left.
    aws.forget_run(team)
    again = aws.run(team, "training")
    assert (again.status, again.output["outcome"]) == ("SUCCEEDED", "Succeeded")
    assert not {"Train", "Evaluate"} & set(again.states)
    assert len(glue_runs(aws)) == 1


def test_a_job_that_leaves_no_artifact_fails_the_execution(aws: Aws, team: Team, tmp_path: Path) -> None:
    bucket, script = aws.outputs(team)["BucketName"], "splits/nothing.py"
    aws.client("s3").put_object(Bucket=bucket, Key=script, Body=b"print('done')")
    glue = aws.client("glue")
    job = glue.get_job(JobName=job_name(aws))["Job"]
    command = {**job["Command"], "ScriptLocation": f"s3://{bucket}/{script}"}
    glue.update_job(JobName=job_name(aws), JobUpdate={"Role": job["Role"], "Command": command})
    aws.upload(team, "raw/more-", write_orders(tmp_path, seed=6, rows=400, files=1))
    failed = aws.run(team, "training")
    assert (failed.status, failed.error) == ("FAILED", "NoArtifact")
    assert "Train ended without an artifact: write the trained model as a tar.gz to s3://" in failed.cause
    assert "Evaluate" not in failed.states


def glue_runs(aws: Aws) -> list[dict[str, Any]]:
    runs: list[dict[str, Any]] = aws.client("glue").get_job_runs(JobName=job_name(aws))["JobRuns"]
    return runs


def job_name(aws: Aws) -> str:
    (job,) = aws.client("glue").get_jobs()["Jobs"]
    return str(job["Name"])
