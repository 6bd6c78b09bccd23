"""Models on channels: the example of texts, its twin without a holdout, and images of digits."""

import json
from collections import Counter
from pathlib import Path

import pytest
from aws_cdk import App, CfnOutput, RemovalPolicy, Stack

from examples.digits_check import data as digits
from examples.digits_check.stack import DigitsCheckStack
from examples.plane_names import data
from examples.plane_names.stack import PlaneNamesStack
from mdlc_constructs import (
    BuiltInAlgorithm,
    Channels,
    ChannelTrainingWorkflow,
    Gate,
    ModelHome,
    S3Channel,
)
from tests.end_to_end.aws import Aws
from tests.end_to_end.chapters import chapters
from tests.end_to_end.team import Team

pytestmark = chapters("channels")

TEAM = Team(model="plane-names")
UNJUDGED = Team(model="plane-words")
DIGITS = Team(model="digits")


class UnjudgedStack(Stack):
    """The training without a holdout, which the job's own metrics judge."""

    def __init__(self, app: App, team: Team) -> None:
        super().__init__(app, team.stack)
        home = ModelHome(self, "Model", name=team.model, removal_policy=RemovalPolicy.DESTROY)
        inputs = {
            part: S3Channel(uri=f"s3://{home.bucket_name}/raw/{part}/", content_type="text/plain")
            for part in ("train", "validation")
        }
        ChannelTrainingWorkflow(
            self,
            "Training",
            home=home,
            channels=Channels(inputs=inputs),
            algorithm=BuiltInAlgorithm.blazingtext(
                mode="supervised", epochs=50, learning_rate=0.1, min_count=1
            ),
            gate=Gate(at_least={"validation:accuracy": 0.75}),
        )
        CfnOutput(self, "BucketName", value=home.bucket_name)


@pytest.fixture(scope="module")
def planes(aws: Aws) -> Aws:
    """The deployed example with its texts, the training without a holdout, and the digits."""
    app = App(outdir=str(aws.folder / "cdk.out.planes"))
    PlaneNamesStack(app, TEAM.stack)
    UnjudgedStack(app, UNJUDGED)
    DigitsCheckStack(app, DIGITS.stack)
    aws.cdk_on(Path(app.synth().directory), "deploy", "--require-approval", "never")
    for part in data.PARTS:
        path = data.write(aws.folder / "planes", part)
        for team in (TEAM, UNJUDGED):
            aws.upload(team, f"raw/{part}/", [path])
    aws.upload(TEAM, "raw/batch/", [data.write_batch(aws.folder / "planes")])
    return aws


def test_texts_are_trained_on_and_judged_by_answers_to_others(planes: Aws) -> None:
    done = planes.run(TEAM, "training")
    assert (done.status, done.output.get("outcome")) == ("SUCCEEDED", "Succeeded"), (done.error, done.cause)
    report = json.loads(planes.read(done.output["evaluation"] + "report.json"))
    holdout = [line.partition(" ")[0] for line in data.lines("holdout")]
    most = max(Counter(holdout).values()) / len(holdout)
    assert report["rows"] == len(holdout)
    accuracy = report["metrics"]["challenger"]["accuracy"]
    assert accuracy["value"] > most + 0.2 and accuracy["low"] > most
    assert set(report["confusion_matrix"]) == set(data.CLASSES)
    again = planes.run(TEAM, "training")
    assert (again.status, again.output["outcome"]) == ("SUCCEEDED", "Unchanged"), again.cause
    shown = planes.mdlc("show", "1", "--model", TEAM.model)
    assert shown.exit_code == 0 and "accuracy" in shown.stdout, shown.output


def test_every_line_of_a_batch_gets_an_answer(planes: Aws) -> None:
    done = planes.run(TEAM, "batch-inference")
    assert (done.status, done.output.get("outcome")) == ("SUCCEEDED", "Succeeded"), (done.error, done.cause)
    rows = planes.predictions(done.output["manifest"])
    makers = [line.partition(" ")[0].removeprefix("__label__") for line in data.lines("holdout")]
    places = [int(row["row_key"].rpartition("#")[2]) - 1 for row in rows]
    assert sorted(places) == list(range(len(makers)))
    right = sum(makers[place] == row["prediction"] for place, row in zip(places, rows, strict=True))
    assert right / len(makers) > 0.75
    assert json.loads(rows[0]["answer"])["prob"][0] == pytest.approx(rows[0]["score"])
    audited = planes.mdlc("audit", rows[0]["inference_id"], "--model", TEAM.model)
    assert audited.exit_code == 0 and "descriptions.jsonl" in audited.output, audited.output
    put = planes.mdlc("put", str(planes.folder / "planes" / "train.txt"), "--model", TEAM.model)
    assert put.exit_code != 0 and "say where the files go with --to" in str(put.exception)
    again = planes.run(TEAM, "batch-inference")
    assert (again.status, again.output["outcome"]) == ("SUCCEEDED", "Unchanged"), again.cause


def test_a_model_of_fewer_texts_does_not_beat_the_champion(planes: Aws) -> None:
    fewer = planes.folder / "fewer" / "train.txt"
    fewer.parent.mkdir()
    lines = data.lines("train")
    fewer.write_text("".join(f"{line}\n" for line in lines if "AIRBUS" not in line))
    planes.upload(TEAM, "raw/train/", [fewer])
    refused = planes.run(TEAM, "training")
    assert (refused.status, refused.error) == ("FAILED", "DataRefused")
    assert "lacks 'AIRBUS', 'AIRBUS_INDUSTRIE' of classes" in refused.cause
    fewer.write_text("".join(f"{line}\n" for line in lines[::2]))
    planes.upload(TEAM, "raw/train/", [fewer])
    done = planes.run(TEAM, "training")
    assert (done.status, done.output.get("outcome")) == ("SUCCEEDED", "Refused"), (done.error, done.cause)
    assert "than the champion's; with 95% confidence" in done.output["reasons"]
    bucket = planes.outputs(TEAM)["BucketName"]
    planes.client("s3").delete_object(Bucket=bucket, Key="raw/train/train.txt")
    missing = planes.run(TEAM, "training")
    assert (missing.status, missing.error) == ("FAILED", "NoData")
    assert "Channel train has no objects under s3://" in missing.cause


def test_without_a_holdout_the_metrics_of_the_training_job_are_judged(planes: Aws) -> None:
    done = planes.run(UNJUDGED, "training")
    assert (done.status, done.output.get("outcome")) == ("SUCCEEDED", "Succeeded"), (done.error, done.cause)
    assert json.loads(done.output["metrics"])["validation:accuracy"] > 0.75
    assert done.output["evaluation"] == ""
    shown = planes.mdlc("show", "1", "--model", UNJUDGED.model)
    assert shown.exit_code == 0, shown.output
    listed = planes.mdlc("models", "--model", UNJUDGED.model)
    assert listed.exit_code == 0, listed.output


def test_images_are_checked_and_refused_by_name(planes: Aws) -> None:
    s3, bucket = planes.client("s3"), planes.outputs(DIGITS)["BucketName"]
    folder = planes.folder / "digits"
    digits.write(folder)
    (folder / "train" / "empty.png").write_bytes(b"")
    broken = folder / "train" / "0003.png"
    broken.write_bytes(broken.read_bytes()[:50])
    files = [path for path in sorted(folder.rglob("*")) if path.is_file()]
    assert len(files) > 200
    for path in files:
        s3.upload_file(str(path), bucket, f"raw/{path.relative_to(folder).as_posix()}")
    refused = planes.run(DIGITS, "training")
    assert (refused.status, refused.error) == ("FAILED", "DataRefused")
    assert "empty.png is empty." in refused.cause
    assert "0003.png is cut off" in refused.cause, refused.cause
