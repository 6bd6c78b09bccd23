"""A model of three classes from its data to a decision: wines, told apart by what was measured of them."""

import csv
import json
import time
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from aws_cdk import App, CfnOutput, RemovalPolicy, Stack
from sklearn.datasets import load_wine

from mdlc_constructs import (
    BatchInferenceWorkflow,
    BuiltInAlgorithm,
    Dataset,
    DecisionApi,
    Decisions,
    Evaluation,
    Fallback,
    Gate,
    ModelHome,
    QualityRules,
    RealTimeInferenceWorkflow,
    Serving,
    Split,
    TrainingWorkflow,
)
from mdlc_constructs.settings.rules_document import RulesRefusedError
from tests.end_to_end.aws import SECONDS, Aws
from tests.end_to_end.chapters import chapters
from tests.end_to_end.team import Team

pytestmark = chapters("classes")

TEAM = Team(model="wines")
WINES = load_wine()
CLASSES = ("barolo", "grignolino", "barbera")
MEASURED = tuple(name.replace("/", "_") for name in WINES.feature_names)
RULES: dict[str, Any] = {
    "schema_version": 1,
    "version": "first",
    "overrides": [
        {
            "name": "sure of barolo",
            "when": {"prediction": {"is": "barolo"}, "probability:barolo": {"at_least": 0.5}},
            "decision": "cellar",
        }
    ],
    "bands": [{"below": 0.4, "decision": "taste"}, {"from": 0.4, "decision": "sell"}],
}


class Wines(Stack):
    """All of it in one stack."""

    def __init__(self, app: App) -> None:
        super().__init__(app, TEAM.stack)
        home = ModelHome(self, "Model", name=TEAM.model, removal_policy=RemovalPolicy.DESTROY)

        def wines(prefix: str) -> Dataset:
            return Dataset.csv(
                f"s3://{home.bucket_name}/{prefix}/",
                label="grape",
                timestamp="at",
                row_key=("id",),
                columns=dict.fromkeys(MEASURED, "number"),
                task="multiclass",
                classes=CLASSES,
            )

        TrainingWorkflow(
            self,
            "Training",
            home=home,
            dataset=wines("raw/training"),
            algorithm=BuiltInAlgorithm.xgboost(
                objective="multi:softprob", num_round=10, eval_metric="mlogloss"
            ),
            split=Split.by_time(validation_from=date(2013, 1, 2), holdout_from=date(2013, 1, 3)),
            quality=QualityRules(minimum_rows=50, leak_auc=1.0),
            evaluation=Evaluation(bootstrap=50, importance_rows=2000),
            gate=Gate(
                at_least={"recall:barolo": 0.8, "balanced_accuracy": 0.8},
                at_most={"log_loss": 0.6},
                better_than_champion="auc_macro",
            ),
        )
        BatchInferenceWorkflow(
            self,
            "BatchInference",
            home=home,
            dataset=wines("raw/batch"),
            quality=QualityRules(minimum_rows=10),
        )
        released = RealTimeInferenceWorkflow(
            self,
            "Serving",
            home=home,
            dataset=wines("raw/training"),
            serving=Serving(instance_type="ml.m5.large", instances=1),
            golden=None,
        )
        api = DecisionApi(
            self,
            "Decisions",
            home=home,
            endpoint=released,
            decisions=Decisions.about(
                wines("raw/training"),
                decisions=("cellar", "sell", "taste"),
                fallback=Fallback(decision="taste", endpoint_timeout=timedelta(seconds=6), tries=1),
            ),
            rules=RULES,
        )
        CfnOutput(self, "BucketName", value=home.bucket_name)
        CfnOutput(self, "AuditTableName", value=home.audit_table_name)
        CfnOutput(self, "DecisionTableName", value=api.table_name)


def write_wines(path: Path, *, every: int = 1, label: bool = True) -> list[dict[str, Any]]:
    """The wines, shuffled, an hour after one another: the holdout has a fifth of them."""
    path.parent.mkdir(parents=True, exist_ok=True)
    rows = []
    order = sorted(range(len(WINES.target)), key=lambda number: number * 67 % 178)
    for place, number in enumerate(order[::every]):
        at = datetime(2013, 1, 1) + timedelta(minutes=24 * place)
        values = dict(zip(MEASURED, map(float, WINES.data[number]), strict=True))
        grape = {"grape": CLASSES[WINES.target[number]]} if label else {}
        rows.append({"id": f"w{number}", "at": at.isoformat(), **values, **grape})
    with path.open("w", newline="") as stream:
        writer = csv.DictWriter(stream, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return rows


@pytest.fixture(scope="module")
def wines(aws: Aws) -> Aws:
    """The stack with the wines in its bucket."""
    app = App(outdir=str(aws.folder / "cdk.out.wines"))
    Wines(app)
    aws.cdk_on(Path(app.synth().directory), "deploy", "--require-approval", "never")
    write_wines(aws.folder / "wines" / "wines.csv")
    write_wines(aws.folder / "wines" / "some.csv", every=4, label=False)
    aws.upload(TEAM, "raw/training/", [aws.folder / "wines" / "wines.csv"])
    aws.upload(TEAM, "raw/batch/", [aws.folder / "wines" / "some.csv"])
    return aws


def test_a_model_of_classes_passes_a_gate_by_the_recall_of_one(wines: Aws) -> None:
    done = wines.run(TEAM, "training")
    assert (done.status, done.output.get("outcome")) == ("SUCCEEDED", "Succeeded"), done
    package = wines.package(done.output["package_arn"])
    statistics = package["ModelMetrics"]["ModelQuality"]["Statistics"]["S3Uri"]
    metrics = json.loads(wines.read(statistics))["multiclass_classification_metrics"]
    assert list(metrics["confusion_matrix"]) == list(CLASSES)
    assert metrics["recall:barolo"]["value"] >= 0.8 and metrics["auc_macro"]["value"] > 0.9
    report = json.loads(wines.read(done.output["evaluation"] + "report.json"))
    assert report["algorithm"]["hyperparameters"]["num_class"] == "3"
    assert report["importance"]["metric"] == "auc_macro" and report["importance"]["columns"][0]["gain"] > 0
    assert report["baseline"]["metrics"]["auc_macro"] == 0.5
    shown = wines.mdlc("show", "1", "--json")
    assert shown.exit_code == 0, shown.output
    assert "recall:barolo" in shown.stdout


def test_a_batch_names_the_class_and_each_probability(wines: Aws) -> None:
    done = wines.run(TEAM, "batch-inference")
    assert done.status == "SUCCEEDED", done.cause[-1500:]
    manifest = json.loads(wines.read(done.output["manifest"]))
    assert manifest["classes"] == list(CLASSES)
    rows = wines.predictions(done.output["manifest"])
    assert len(rows) == 45
    for row in rows:
        assert sum(row["probabilities"]) == pytest.approx(1, abs=1e-3)
        assert row["score"] == max(row["probabilities"])
        assert row["prediction"] == CLASSES[row["probabilities"].index(row["score"])]
    saved = wines.mdlc("show", manifest["run"], "--predictions", "rows.csv")
    assert saved.exit_code == 0, saved.output
    with (wines.folder / "rows.csv").open(newline="") as stream:
        assert {row["prediction"] for row in csv.DictReader(stream)} == set(CLASSES)
    grapes = {f"w{number}": CLASSES[kind] for number, kind in enumerate(WINES.target)}
    assert sum(grapes[row["row_key"]] == row["prediction"] for row in rows) > 40


def test_the_endpoint_answers_what_the_batch_does_and_rules_name_the_class(wines: Aws) -> None:
    machine = f"arn:aws:states:us-east-1:000000000000:stateMachine:{TEAM.model}-release"
    states = wines.client("stepfunctions")
    deadline = time.monotonic() + SECONDS
    while not (released := states.list_executions(stateMachineArn=machine)["executions"]):
        assert time.monotonic() < deadline, "no release was started by the approval"
        time.sleep(0.2)
    done = wines.wait(released[0]["executionArn"])
    assert done.status == "SUCCEEDED", done.cause[-1500:]
    row = next(row for row in write_wines(wines.folder / "wines" / "asked.csv") if row["grape"] == "barolo")
    asked = {name: value for name, value in row.items() if name in MEASURED}
    answer = wines.client("sagemaker-runtime").invoke_endpoint(
        EndpointName=TEAM.model,
        ContentType="application/jsonlines",
        Body=json.dumps(asked).encode(),
    )
    answered = json.loads(answer["Body"].read())
    assert (answered["prediction"], answered["version"]) == ("barolo", 1)
    assert list(answered["probabilities"]) == list(CLASSES)
    assert answered["score"] == max(answered["probabilities"].values())
    decided = wines.mdlc("ask", json.dumps(asked), "--request-id", "first", "--json")
    assert decided.exit_code == 0, decided.output
    assert '"cellar"' in decided.stdout and '"prediction": "barolo"' in decided.stdout
    item = wines.client("dynamodb").get_item(
        TableName=wines.outputs(TEAM)["DecisionTableName"], Key={"request_id": {"S": "first"}}
    )["Item"]
    assert item["rule"] == {"S": "overrides:sure of barolo"} and item["prediction"] == {"S": "barolo"}
    assert json.loads(item["probabilities"]["S"]) == answered["probabilities"]
    recorded = wines.mdlc(
        *(
            "golden",
            "record",
            str(wines.folder / "wines" / "asked.csv"),
            "--key",
            "id",
            "--model",
            TEAM.model,
        ),
        *("--expected", "grape", "--limit", "20", "--yes"),
    )
    assert recorded.exit_code == 0, recorded.output
    audited = wines.mdlc("audit", "first", "--json")
    assert audited.exit_code == 0 and '"barolo"' in audited.stdout, audited.output
    rules = wines.folder / "rules.json"
    rules.write_text(json.dumps(RULES).replace('"is": "barolo"', '"is": "chianti"'))
    refused = wines.mdlc("rules", "check", str(rules))
    assert refused.exit_code == 1 and "'chianti': no such class" in str(refused.exception)


def test_rules_about_an_unknown_class_are_refused_where_the_stack_is_built() -> None:
    document = json.loads(json.dumps(RULES).replace("probability:barolo", "probability:barollo"))
    stack = Stack(App(), "Refused")
    home = ModelHome(stack, "Model", name="refused")
    decisions = Decisions(
        decisions=("cellar", "sell", "taste"),
        fallback=Fallback(decision="taste"),
        columns={"hue": "number"},
        classes=CLASSES,
    )
    with pytest.raises(RulesRefusedError, match="did you mean 'probability:barolo'"):
        DecisionApi(stack, "Decisions", home=home, endpoint=home, decisions=decisions, rules=document)  # type: ignore[arg-type]
