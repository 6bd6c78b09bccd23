"""The example of clusters, without a label: k-means is trained, scores a batch, and answers requests."""

import csv
import json
from pathlib import Path
from typing import Any

import pytest
from aws_cdk import App, CfnOutput

from examples.airport_clusters import data
from examples.airport_clusters.stack import AirportClustersStack
from tests.end_to_end.aws import Aws
from tests.end_to_end.chapters import chapters
from tests.end_to_end.team import Team

pytestmark = chapters("airports")

TEAM = Team(model="airports")
ALONE = 0.22
"""Above the silhouette of five clusters by latitude alone: `tests/examples/test_tables.py`."""


@pytest.fixture(scope="module")
def airports(aws: Aws) -> Aws:
    """The example with the airports in its bucket."""
    app = App(outdir=str(aws.folder / "cdk.out.airports"))
    stack = AirportClustersStack(app, TEAM.stack)
    CfnOutput(stack, "AuditTableName", value=stack.home.audit_table_name)
    aws.cdk_on(Path(app.synth().directory), "deploy", "--require-approval", "never")
    aws.upload(TEAM, "raw/training/", [data.write(aws.folder / "airports" / "all.csv")])
    aws.upload(TEAM, "raw/batch/", [data.write(aws.folder / "airports" / "some.csv", every=10)])
    return aws


def test_clusters_are_better_than_random_ones_and_those_by_one_column(airports: Aws) -> None:
    done = airports.run(TEAM, "training")
    assert (done.status, done.output.get("outcome")) == ("SUCCEEDED", "Succeeded"), done.cause[-1500:]
    report = json.loads(airports.read(done.output["evaluation"] + "report.json"))
    silhouette = report["metrics"]["challenger"]["silhouette"]["value"]
    assert silhouette > ALONE > 0 > report["baseline"]["metrics"]["silhouette"]
    package = airports.package(done.output["package_arn"])["InferenceSpecification"]
    assert package["SupportedContentTypes"] == ["text/csv"]
    assert package["SupportedResponseMIMETypes"] == ["application/jsonlines"]


def published(aws: Aws, manifest: str) -> dict[str, dict[str, Any]]:
    """The published rows by their key."""
    return {row["row_key"]: row for row in aws.predictions(manifest)}


def test_a_batch_has_a_cluster_and_a_distance_for_each_row_and_so_has_the_endpoint(airports: Aws) -> None:
    done = airports.run(TEAM, "batch-inference")
    assert done.status == "SUCCEEDED", done.cause[-1500:]
    rows = published(airports, done.output["manifest"])
    assert len(rows) == 146
    assert {row["cluster"] for row in rows.values()} == set(range(5))
    assert all(row["distance"] == row["score"] >= 0 for row in rows.values())
    # The approval has started the release; this one waits for it.
    released = airports.run(TEAM, "release")
    assert released.status == "SUCCEEDED", released.cause[-1500:]
    with (airports.folder / "airports" / "some.csv").open(newline="") as stream:
        asked = list(csv.DictReader(stream))[:3]
    body = "\n".join(json.dumps({name: float(row[name]) for name in data.COLUMNS}) for row in asked)
    answer = airports.client("sagemaker-runtime").invoke_endpoint(
        EndpointName=TEAM.model, ContentType="application/jsonlines", Body=body
    )
    for line, row in zip(answer["Body"].read().decode().splitlines(), asked, strict=True):
        answered, known = json.loads(line), rows[row["faa"]]
        assert answered["version"] == 1 and answered["cluster"] == known["cluster"]
        assert answered["distance"] == answered["score"] == pytest.approx(known["distance"], rel=1e-6)
