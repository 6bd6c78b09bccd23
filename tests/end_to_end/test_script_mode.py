"""The example of a script of the team's own: trained, evaluated, scored in a batch and answering requests."""

import io
import json
import tarfile
import time
from pathlib import Path

import pytest
from aws_cdk import App, CfnOutput

from examples.diabetes import data
from examples.script_mode.stack import ScriptModeStack
from tests.end_to_end.aws import Aws
from tests.end_to_end.chapters import chapters
from tests.end_to_end.team import Team

pytestmark = chapters("script-mode")

TEAM = Team(model="script-mode")


@pytest.fixture(scope="module")
def patients(aws: Aws) -> Aws:
    """The example with the patients in its bucket."""
    app = App(outdir=str(aws.folder / "cdk.out.script-mode"))
    stack = ScriptModeStack(app, TEAM.stack)
    CfnOutput(stack, "AuditTableName", value=stack.home.audit_table_name)
    aws.cdk_on(Path(app.synth().directory), "deploy", "--require-approval", "never")
    aws.upload(TEAM, "raw/training/", [data.write(aws.folder / "script" / "all.csv")])
    return aws


def test_the_script_trains_and_beats_the_mean(patients: Aws) -> None:
    done = patients.run(TEAM, "training")
    assert (done.status, done.output.get("outcome")) == ("SUCCEEDED", "Succeeded"), done.cause[-1500:]
    report = json.loads(patients.read(done.output["evaluation"] + "report.json"))
    metrics = {name: metric["value"] for name, metric in report["metrics"]["challenger"].items()}
    assert metrics["rmse"] < 0.9 * report["baseline"]["metrics"]["rmse"]
    assert report["algorithm"]["hyperparameters"]["max-depth"] == "2"


def test_the_code_is_shipped_with_the_model(patients: Aws) -> None:
    (job,) = patients.jobs(TEAM, "Training")
    described = patients.client("sagemaker").describe_training_job(TrainingJobName=job)
    bucket, _, key = described["ModelArtifacts"]["S3ModelArtifacts"].removeprefix("s3://").partition("/")
    content = patients.client("s3").get_object(Bucket=bucket, Key=key)["Body"].read()
    with tarfile.open(fileobj=io.BytesIO(content)) as archive:
        names = {name.removeprefix("./") for name in archive.getnames()}
    assert {"model.joblib", "code/train.py", "code/pyproject.toml", "code/mdlc_backend.py"} <= names


def test_a_batch_is_scored_by_the_script(patients: Aws) -> None:
    batch = data.write(patients.folder / "script" / "some.csv", every=4, label=False)
    patients.upload(TEAM, "raw/batch/", [batch])
    done = patients.run(TEAM, "batch-inference")
    assert done.status == "SUCCEEDED", done.cause[-1500:]
    scores = [row["score"] for row in patients.predictions(done.output["manifest"])]
    assert len(scores) == 111 and 25 < min(scores) < max(scores) < 346


def test_the_endpoint_answers_raw_rows_by_the_script(patients: Aws) -> None:
    machine = f"arn:aws:states:us-east-1:000000000000:stateMachine:{TEAM.model}-release"
    states = patients.client("stepfunctions")
    deadline = time.monotonic() + 90
    while time.monotonic() < deadline:
        executions = states.list_executions(stateMachineArn=machine)["executions"]
        if executions and executions[0]["status"] != "RUNNING":
            break
        time.sleep(0.5)
    assert [execution["status"] for execution in executions] == ["SUCCEEDED"]
    row = dict(zip(data.COLUMNS, [59, 2, 32.1, 101, 157, 93.2, 38, 4, 4.8598, 87], strict=True))
    answer = patients.client("sagemaker-runtime").invoke_endpoint(
        EndpointName=TEAM.model, ContentType="application/jsonlines", Body=json.dumps(row).encode()
    )
    said = json.loads(answer["Body"].read())
    assert 25 < said["score"] < 346
    assert said["version"] == 1
