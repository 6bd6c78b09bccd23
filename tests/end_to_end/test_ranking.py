"""A ranking of search results is trained in groups, judged by their order, and publishes ranks."""

import csv
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from aws_cdk import App, CfnOutput, RemovalPolicy, Stack
from constructs import Construct

from mdlc_constructs import (
    BatchInferenceWorkflow,
    BuiltInAlgorithm,
    Dataset,
    Gate,
    Labels,
    ModelHome,
    MonitoringWorkflow,
    QualityRules,
    TrainingWorkflow,
)
from tests.end_to_end.aws import Aws
from tests.end_to_end.chapters import chapters
from tests.end_to_end.team import Team
from tests.jobs import rankings
from tests.jobs.batches import Row

pytestmark = chapters("ranking")

TEAM = Team(model="searches")
FRESH = [{**row, "id": f"new-{row['id']}"} for row in rankings.searches(40, seed=9)]


class RankingStack(Stack):
    """A model that orders the results of a search."""

    def __init__(self, scope: Construct, id_: str) -> None:
        super().__init__(scope, id_)
        home = ModelHome(self, "Model", name=TEAM.model, removal_policy=RemovalPolicy.DESTROY)
        roles = {name: rankings.DATASET[name] for name in ("task", "label", "timestamp", "group")}
        columns = rankings.DATASET["columns"]

        def dataset(folder: str) -> Dataset:
            uri = f"s3://{home.bucket_name}/{folder}/"
            return Dataset.csv(uri, row_key=("id",), columns=columns, **roles)

        xgboost = BuiltInAlgorithm.xgboost(
            objective="rank:ndcg", num_round=20, max_depth=3, eval_metric="ndcg@10", eta=0.2
        )
        gate = Gate(at_least={"ndcg@10": 0.8}, better_than_champion="ndcg@10")
        rules = QualityRules(minimum_rows=10, maximum_missing_share=0.5)
        TrainingWorkflow(
            self, "Training", home=home, dataset=dataset("raw"), algorithm=xgboost, gate=gate, quality=rules
        )
        fresh = dataset("fresh")
        batch = BatchInferenceWorkflow(self, "Batch", home=home, dataset=fresh, quality=rules)
        labels = Labels(uri=fresh.uri)
        MonitoringWorkflow(
            self,
            "Monitoring",
            home=home,
            dataset=fresh,
            batch=batch,
            labels=labels,
            least_rows=20,
            protected=("kind",),
        )
        CfnOutput(self, "Bucket", value=home.bucket_name)


@pytest.fixture(scope="module")
def ranking(aws: Aws, tmp_path_factory: pytest.TempPathFactory) -> Aws:
    """The deployed stack with searches of a quarter and others without answers."""
    folder = tmp_path_factory.mktemp("ranking")
    app = App(outdir=str(folder / "cdk.out"))
    RankingStack(app, TEAM.stack)
    aws.cdk_on(Path(app.synth().directory), "deploy", "--require-approval", "never")
    put(aws, folder, "raw", rankings.searches(300))
    put(aws, folder, "fresh", FRESH)
    return aws


def put(aws: Aws, folder: Path, prefix: str, rows: list[Row]) -> None:
    path = folder / f"{prefix}.csv"
    with path.open("w", newline="") as stream:
        writer = csv.DictWriter(stream, rankings.HEADER)
        writer.writeheader()
        writer.writerows(rows)
    aws.client("s3").upload_file(str(path), aws.outputs(TEAM)["Bucket"], f"{prefix}/{path.name}")


def test_a_ranking_lives(ranking: Aws) -> None:
    trained = ranking.run(TEAM, "training")
    assert (trained.status, trained.output.get("outcome")) == ("SUCCEEDED", "Succeeded"), (
        trained.error,
        trained.cause,
        trained.output,
    )
    report = json.loads(ranking.read(trained.output["evaluation"] + "report.json"))
    own = report["metrics"]["challenger"]["ndcg@10"]["value"]
    assert own > report["baseline"]["metrics"]["ndcg@10"] + 0.1
    assert report["importance"]["columns"][0]["column"] in ("price", "stars")

    scored = ranking.run(TEAM, "batch-inference")
    assert (scored.status, scored.output.get("outcome")) == ("SUCCEEDED", "Succeeded"), scored.cause
    ranks = {row["row_key"]: row["rank"] for row in ranking.predictions(scored.output["manifest"])}
    best = [row["grade"] for row in FRESH if ranks[row["id"]] == 1]
    others = [row["grade"] for row in FRESH if ranks[row["id"]] > 1]
    assert sum(best) / len(best) > sum(others) / len(others) + 0.5

    now = datetime.now(UTC).replace(microsecond=0, tzinfo=None)
    window = {"start": (now - timedelta(hours=1)).isoformat(), "end": now.isoformat()}
    done = ranking.run(TEAM, "batch-monitoring", {"window": window})
    assert done.status == "SUCCEEDED", (done.error, done.cause)
    bucket = ranking.outputs(TEAM)["Bucket"]
    keys = [key for key in ranking.keys(f"s3://{bucket}/monitoring/") if key.endswith("/report.json")]
    reports = [json.loads(ranking.read(f"s3://{bucket}/{key}"))["accuracy"] for key in keys]
    # The monitor also started by itself, for the window of its schedule.
    accuracy = max(reports, key=lambda accuracy: int(accuracy["labelled"]))
    assert accuracy["labelled"] == len(FRESH)
    assert 0.5 < accuracy["metrics"]["ndcg@10"]["value"] <= 1
