"""The example of a regression without a time and without an id: trained, scored, and refusing outliers."""

import json
from pathlib import Path

import pytest
from aws_cdk import App, CfnOutput

from examples.diabetes import data
from examples.diabetes.stack import DiabetesStack
from tests.end_to_end.aws import Aws
from tests.end_to_end.chapters import chapters
from tests.end_to_end.team import Team

pytestmark = chapters("diabetes")

TEAM = Team(model="diabetes")


@pytest.fixture(scope="module")
def patients(aws: Aws) -> Aws:
    """The example with the patients in its bucket."""
    app = App(outdir=str(aws.folder / "cdk.out.diabetes"))
    stack = DiabetesStack(app, TEAM.stack)
    CfnOutput(stack, "AuditTableName", value=stack.home.audit_table_name)
    aws.cdk_on(Path(app.synth().directory), "deploy", "--require-approval", "never")
    aws.upload(TEAM, "raw/training/", [data.write(aws.folder / "patients" / "all.csv")])
    return aws


def test_a_number_is_predicted_better_than_by_its_mean(patients: Aws) -> None:
    done = patients.run(TEAM, "training")
    assert (done.status, done.output.get("outcome")) == ("SUCCEEDED", "Succeeded"), done.cause[-1500:]
    report = json.loads(patients.read(done.output["evaluation"] + "report.json"))
    metrics = {name: metric["value"] for name, metric in report["metrics"]["challenger"].items()}
    assert metrics["rmse"] < report["baseline"]["metrics"]["rmse"]
    assert report["rows"] == pytest.approx(0.2 * 442, abs=25)


def test_a_batch_is_scored_unless_its_values_are_unusual(patients: Aws) -> None:
    batch = data.write(patients.folder / "patients" / "some.csv", every=4, label=False)
    patients.upload(TEAM, "raw/batch/good/", [batch])
    done = patients.run(TEAM, "batch-inference", {"prefix": "good/"})
    assert done.status == "SUCCEEDED", done.cause[-1500:]
    scores = [row["score"] for row in patients.predictions(done.output["manifest"])]
    assert len(scores) == 111 and 25 < min(scores) < max(scores) < 346
    header, *lines = batch.read_text().splitlines()
    place = header.split(",").index("bmi")
    rows = [line.split(",") for line in lines]
    for row in rows[:5]:
        row[place] = f"{703 * float(row[place]):g}"
    bad = patients.folder / "patients" / "bad.csv"
    bad.write_text("\n".join([header, *(",".join(row) for row in rows)]))
    patients.upload(TEAM, "raw/batch/bad/", [bad])
    refused = patients.run(TEAM, "batch-inference", {"prefix": "bad/"})
    assert (refused.status, refused.error) == ("FAILED", "DataRefused")
    assert "Column 'bmi' has 5 outliers, 4.5% of its values" in refused.cause
