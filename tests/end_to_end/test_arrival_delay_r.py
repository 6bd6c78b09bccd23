"""The example in R, on the embedded AWS: trained, judged, scoring a batch, and answering from an endpoint."""

import json
import time
from pathlib import Path

import pytest
from aws_cdk import App, CfnOutput

from examples.arrival_delay_r import data
from examples.arrival_delay_r.stack import ArrivalDelayStack
from tests.end_to_end.aws import SECONDS, Aws
from tests.end_to_end.chapters import chapters
from tests.end_to_end.team import Team

pytestmark = chapters("arrival-delay")

TEAM = Team(model="arrival-delay")
AS_LATE_AS_IT_DEPARTED = 17.4
"""The root mean squared error, in minutes, of answering with the delay at departure, on this holdout."""


@pytest.fixture(scope="module")
def flights(aws: Aws) -> Aws:
    """The example with a winter's flights in its bucket."""
    app = App(outdir=str(aws.folder / "cdk.out.arrival-delay"))
    stack = ArrivalDelayStack(app, TEAM.stack)
    CfnOutput(stack, "AuditTableName", value=stack.home.audit_table_name)
    aws.cdk_on(Path(app.synth().directory), "deploy", "--require-approval", "never")
    winter = data.write(aws.folder / "flights" / "winter.csv", months=(1, 2, 3))
    aws.upload(TEAM, "raw/training/", [winter])
    return aws


def test_a_linear_model_in_r_beats_the_delay_at_departure(flights: Aws) -> None:
    done = flights.run(TEAM, "training")
    assert (done.status, done.output.get("outcome")) == ("SUCCEEDED", "Succeeded"), done.cause[-1500:]
    report = json.loads(flights.read(done.output["evaluation"] + "report.json"))
    metrics = {name: metric["value"] for name, metric in report["metrics"]["challenger"].items()}
    assert metrics["rmse"] < AS_LATE_AS_IT_DEPARTED
    assert metrics["rmse"] < 0.6 * report["baseline"]["metrics"]["rmse"]
    (audited,) = [item for item in flights.audit(TEAM) if item["workflow"] == "training"]
    # The image is named by the digest of the template and the team's directory.
    assert "cdk-hnb659fds-container-assets" in audited["image"] and len(audited["image"].split(":")[-1]) == 64


def test_a_batch_is_scored(flights: Aws) -> None:
    batch = data.write(flights.folder / "flights" / "april.csv", months=(4,), every=40, label=False)
    flights.upload(TEAM, "raw/batch/", [batch])
    done = flights.run(TEAM, "batch-inference")
    assert done.status == "SUCCEEDED", done.cause[-1500:]
    scores = [row["score"] for row in flights.predictions(done.output["manifest"])]
    assert len(scores) == batch.read_text().count("\n") - 1 and -80 < min(scores) < 0 < max(scores)


def test_its_endpoint_answers(flights: Aws) -> None:
    sagemaker = flights.client("sagemaker")
    deadline = time.monotonic() + SECONDS
    while not (
        found := sagemaker.list_endpoints(NameContains="arrival-delay", StatusEquals="InService")["Endpoints"]
    ):
        assert time.monotonic() < deadline, "the endpoint is not in service"
        time.sleep(0.2)
    rows = [
        {
            "time": "2013-04-01T18:00:00",
            "carrier": "UA",
            "origin": "EWR",
            "distance": 719,
            "hour": 18,
            "dep_delay": d,
        }
        for d in (0, 60)
    ]
    answer = flights.client("sagemaker-runtime").invoke_endpoint(
        EndpointName=found[0]["EndpointName"],
        ContentType="application/jsonlines",
        Body="\n".join(map(json.dumps, rows)),
    )
    scores = [json.loads(line)["score"] for line in answer["Body"].read().decode().splitlines()]
    assert 50 < scores[1] - scores[0] < 70
