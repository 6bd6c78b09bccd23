"""The example of texts: it trains on channels, is judged by answers to others, and scores a batch."""

import json
from collections import Counter
from pathlib import Path

import pytest
from aws_cdk import App

from examples.plane_names import data
from examples.plane_names.stack import PlaneNamesStack
from tests.end_to_end.aws import Aws
from tests.end_to_end.chapters import chapters
from tests.end_to_end.team import Team

pytestmark = chapters("plane names")

TEAM = Team(model="plane-names")


@pytest.fixture(scope="module")
def planes(aws: Aws) -> Aws:
    """The deployed example with its texts."""
    app = App(outdir=str(aws.folder / "cdk.out.planes"))
    PlaneNamesStack(app, TEAM.stack)
    aws.cdk_on(Path(app.synth().directory), "deploy", "--require-approval", "never")
    for part in data.PARTS:
        aws.upload(TEAM, f"raw/{part}/", [data.write(aws.folder / "planes", part)])
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
