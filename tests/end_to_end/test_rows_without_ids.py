"""Data without time and ids, end to end: the tumours of scikit-learn's breast cancer data."""

import hashlib
import io
import json
import tarfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from aws_cdk import App, CfnOutput, RemovalPolicy, Stack
from constructs import Construct
from sklearn.datasets import load_breast_cancer

from mdlc_constructs import (
    BatchInferenceWorkflow,
    BuiltInAlgorithm,
    Compute,
    Dataset,
    Evaluation,
    Gate,
    Labels,
    ModelHome,
    MonitoringWorkflow,
    Onnx,
    QualityRules,
    TrainingWorkflow,
)
from tests.end_to_end.aws import Aws
from tests.end_to_end.chapters import chapters
from tests.end_to_end.team import Team

pytestmark = chapters("rows-without-ids")

TEAM = Team(model="tumours")
BUNCH = load_breast_cancer(as_frame=True)
COLUMNS = list(BUNCH.data.columns[:10])
TRAINED, SCORED = 420, 549
"""The first row that training does not see, and the first that nothing sees."""


class Tumours(Stack):
    """All that is needed to train, to score and to monitor; nothing says how rows are divided."""

    def __init__(self, scope: Construct, id_: str) -> None:
        super().__init__(scope, id_)
        home = ModelHome(self, "Model", name=TEAM.model, removal_policy=RemovalPolicy.DESTROY)

        def tumours(prefix: str) -> Dataset:
            return Dataset.csv(
                f"s3://{home.bucket_name}/{prefix}/",
                label="benign",
                columns=dict.fromkeys(COLUMNS, "number"),
                class_weights={"other": 3.0},
                accepted_leaks=tuple(COLUMNS),
            )

        TrainingWorkflow(
            self,
            "Training",
            home=home,
            dataset=tumours("raw/training"),
            algorithm=BuiltInAlgorithm.xgboost(objective="binary:logistic", num_round=10, max_depth=3),
            evaluation=Evaluation(bootstrap=50),
            gate=Gate(at_least={"auc": 0.9}, better_than_champion="auc", margin=-0.3),
            export=Onnx(),
            training_compute=Compute(instance_count=2),
        )
        batch = BatchInferenceWorkflow(
            self,
            "BatchInference",
            home=home,
            dataset=tumours("raw/batch"),
            quality=QualityRules(minimum_rows=50),
        )
        MonitoringWorkflow(
            self,
            "BatchMonitoring",
            home=home,
            dataset=tumours("raw/training"),
            batch=batch,
            labels=Labels(uri=f"s3://{home.bucket_name}/raw/late/", by="inference_id", delay=timedelta(0)),
            evaluation=Evaluation(bootstrap=50),
            scheduled=False,
            joint=False,
        )
        CfnOutput(self, "BucketName", value=home.bucket_name)
        CfnOutput(self, "AuditTableName", value=home.audit_table_name)


def written(folder: Path, name: str, first: int, last: int, *, label: bool) -> list[Path]:
    frame = BUNCH.data[COLUMNS].iloc[first:last]
    path = folder / f"{name}.csv"
    folder.mkdir(exist_ok=True)
    (frame.assign(benign=BUNCH.target) if label else frame).to_csv(path, index=False)
    return [path]


@pytest.fixture(scope="module")
def team(aws: Aws, tmp_path_factory: pytest.TempPathFactory) -> Team:
    """The deployed stack with data."""
    folder = tmp_path_factory.mktemp("tumours")
    app = App(outdir=str(folder / "cdk.out"))
    Tumours(app, TEAM.stack)
    aws.cdk_on(Path(app.synth().directory), "deploy", "--require-approval", "never")
    aws.upload(TEAM, "raw/training/", written(folder, "all", 0, TRAINED, label=True))
    # The first row is there twice: without ids, both are scored.
    (path,) = written(folder, "new", TRAINED, SCORED, label=False)
    lines = path.read_text().splitlines()
    path.write_text("\n".join([*lines, lines[1]]) + "\n")
    aws.upload(TEAM, "raw/batch/", [path])
    return TEAM


def test_it_is_trained_on_rows_drawn_at_random_with_weights(aws: Aws, team: Team) -> None:
    done = aws.run(team, "training")
    assert (done.status, done.output.get("outcome")) == ("SUCCEEDED", "Succeeded"), done.cause
    package = aws.package(done.output["package_arn"])["CustomerMetadataProperties"]
    manifest = json.loads(aws.read(package["program"].replace("/program/", "/split/manifest.json")))
    assert manifest["split"]["random"] == {
        "shares": {"train": 0.7, "validation": 0.1, "holdout": 0.2}, "seed": 1, "stratify": "benign",
    }  # fmt: skip
    rows = {part: manifest["rows"][part] for part in ("train", "validation", "holdout")}
    assert sum(rows.values()) == TRAINED
    assert abs(rows["holdout"] - 0.2 * TRAINED) <= 1
    (name,) = aws.jobs(team, "Training")
    job = aws.client("sagemaker").describe_training_job(TrainingJobName=name)
    assert job["HyperParameters"]["csv_weights"] == "1"
    shards = [
        aws.read(package["program"].replace("/program/", f"/split/train/part-0000{shard}.csv")).splitlines()
        for shard in (0, 1)
    ]
    assert abs(len(shards[0]) - len(shards[1])) <= 1 and sum(map(len, shards)) == rows["train"]
    label, weight, *_ = map(float, shards[0][0].split(b","))
    assert weight == (1.0 if label else 3.0)
    shown = " ".join(aws.mdlc("show", "1", "--model", TEAM.model).output.split())
    assert "at random 70/10/20, seed 1, equal shares of benign" in shown


def test_two_instances_train_one_model_each_on_its_shard(aws: Aws, team: Team) -> None:
    (name,) = aws.jobs(team, "Training")
    logs = aws.client("logs")
    group = "/aws/sagemaker/TrainingJobs"
    streams = logs.describe_log_streams(logGroupName=group, logStreamNamePrefix=f"{name}/")["logStreams"]
    assert [stream["logStreamName"].split("/")[1][:6] for stream in streams] == ["algo-1", "algo-2"]
    rounds = [
        sum(
            event["message"].startswith("[9]")
            for event in logs.get_log_events(logGroupName=group, logStreamName=stream["logStreamName"])[
                "events"
            ]
        )
        for stream in streams
    ]
    assert sum(rounds) >= 1, "nobody trained to the last round"


def test_the_model_is_exported_as_it_answers(aws: Aws, team: Team) -> None:
    done = aws.run(team, "training")
    assert done.output["outcome"] == "Unchanged"
    package = aws.package(done.output["package_arn"])["CustomerMetadataProperties"]
    content = aws.read(package["onnx"])
    assert hashlib.sha256(content).hexdigest() == package["onnx_digest"]
    with tarfile.open(fileobj=io.BytesIO(content)) as archive:
        assert archive.getnames() == ["model.onnx"]
    report = json.loads(aws.read(package["onnx"].replace("model.tar.gz", "export.json")))
    assert report["passed"] and report["difference"] < 1e-5 and report["rows"] > 80


def test_a_batch_is_scored_and_its_monitor_takes_labels_by_inference_id(aws: Aws, team: Team) -> None:
    done = aws.run(team, "batch-inference")
    assert done.status == "SUCCEEDED", json.loads(done.cause).get("ExitMessage", done.cause)
    records = aws.predictions(done.output["manifest"])
    scored = SCORED - TRAINED + 1
    assert len(records) == scored
    assert len({record["inference_id"] for record in records}) == scored
    assert {record["event_time"] for record in records} == {None}
    # A row's number in its file is the end of its key; the last row is the first one again.
    truth = {
        record["inference_id"]: int(
            BUNCH.target[TRAINED + (int(record["row_key"].split("-")[1]) - 1) % (scored - 1)]
        )
        for record in records
    }
    labels = aws.folder / "late.jsonl"
    labels.write_text(
        "".join(json.dumps({"request_id": name, "value": value}) + "\n" for name, value in truth.items())
    )
    aws.upload(team, "raw/late/", [labels])
    end = datetime.now(UTC).replace(microsecond=0)
    window = {"start": (end - timedelta(hours=1)).isoformat(), "end": end.isoformat()}
    monitored = aws.run(team, "batch-monitoring", {"window": window})
    assert monitored.status == "SUCCEEDED", (monitored.error, monitored.cause)
    assert monitored.output["windows"], monitored.output
    shown = json.loads(aws.mdlc("audit", records[0]["inference_id"], "--json").stdout)
    row = int(records[0]["row_key"].split("-")[1]) - 1
    assert float(shown["row"][COLUMNS[0]]) == BUNCH.data[COLUMNS[0]][TRAINED + row % (scored - 1)]
