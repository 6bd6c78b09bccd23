"""Models on channels: the example of texts, its twin without a holdout, and images of digits."""

import json
from collections import Counter
from pathlib import Path

import pytest
from aws_cdk import App, CfnOutput, RemovalPolicy, Stack

from examples.plane_names import data
from examples.plane_names.stack import PlaneNamesStack
from mdlc_constructs import (
    BuiltInAlgorithm,
    Channels,
    ChannelTrainingWorkflow,
    Compute,
    Gate,
    ModelHome,
    S3Channel,
)
from tests.end_to_end.aws import Aws
from tests.end_to_end.chapters import chapters
from tests.end_to_end.team import Team
from tests.jobs.channels.pictures import digits, write

pytestmark = chapters("channels")

TEAM = Team(model="plane-names")
UNJUDGED = Team(model="plane-words")
DIGITS = Team(model="digits")


class OtherStack(Stack):
    """Trainings without a holdout, which the jobs' own metrics judge."""

    def __init__(
        self, app: App, team: Team, algorithm: BuiltInAlgorithm, content_type: str, compute: Compute
    ) -> None:
        super().__init__(app, team.stack)
        home = ModelHome(self, "Model", name=team.model, removal_policy=RemovalPolicy.DESTROY)
        inputs = {
            part: S3Channel(uri=f"s3://{home.bucket_name}/raw/{part}/", content_type=content_type)
            for part in ("train", "validation")
        }
        ChannelTrainingWorkflow(
            self,
            "Training",
            home=home,
            channels=Channels(inputs=inputs),
            algorithm=algorithm,
            gate=Gate(at_least={"validation:accuracy": 0.75}),
            training_compute=compute,
        )
        CfnOutput(self, "BucketName", value=home.bucket_name)


@pytest.fixture(scope="module")
def planes(aws: Aws) -> Aws:
    """The deployed example with its texts, and the other trainings."""
    app = App(outdir=str(aws.folder / "cdk.out.planes"))
    PlaneNamesStack(app, TEAM.stack)
    words = BuiltInAlgorithm.blazingtext(mode="supervised", epochs=50, learning_rate=0.1, min_count=1)
    OtherStack(app, UNJUDGED, words, "text/plain", Compute())
    images = BuiltInAlgorithm.image_classification(num_classes=10, num_training_samples=200)
    OtherStack(app, DIGITS, images, "image/png", Compute(instance_type="ml.g4dn.xlarge"))
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
    told = planes.mdlc("audit", rows[0]["inference_id"], "--model", TEAM.model)
    assert told.exit_code == 0 and "descriptions.jsonl" in told.output, told.output
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
    write(folder / "train", digits(200))
    write(folder / "validation", digits(30, first=200))
    write(folder / "train", [("3/empty.png", b""), ("4/broken.png", b"\x89PNG\r\n\x1a\n1234")])
    for path in sorted(folder.rglob("*.png")):
        s3.upload_file(str(path), bucket, f"raw/{path.relative_to(folder).as_posix()}")
    refused = planes.run(DIGITS, "training")
    assert (refused.status, refused.error) == ("FAILED", "DataRefused")
    assert "3/empty.png is empty." in refused.cause
    assert "4/broken.png is cut off in a chunk's head." in refused.cause
    for name in ("3/empty.png", "4/broken.png"):
        s3.delete_object(Bucket=bucket, Key=f"raw/train/{name}")
    # The images pass; no library stands in for the algorithm here.
    unknown = planes.run(DIGITS, "training")
    assert unknown.status == "FAILED" and "image-classification" in unknown.cause, unknown.cause
    assert "QualityVerdict" in unknown.states and "CreateModel" not in unknown.states
