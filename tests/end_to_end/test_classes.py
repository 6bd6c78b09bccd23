"""A model of three classes from its data to a decision: wines, told apart by what was measured of them."""

import csv
import json
import time
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from aws_cdk import App, CfnOutput, Stack

from examples.wine import data
from examples.wine.data import CLASSES, MEASURES
from examples.wine.tuned import TunedWineStack
from mdlc_constructs import (
    DecisionApi,
    Decisions,
    Fallback,
    ModelHome,
    RealTimeInferenceWorkflow,
    Serving,
    Tuning,
)
from mdlc_constructs.settings.rules_document import RulesRefusedError
from tests.end_to_end.aws import SECONDS, Aws
from tests.end_to_end.chapters import chapters
from tests.end_to_end.team import Team

pytestmark = chapters("classes")

TEAM = Team(model="wine")
API = "wine-decisions"
RULES: dict[str, Any] = {
    "schema_version": 1,
    "version": "first",
    "overrides": [
        {
            "name": "sure of the first",
            "when": {"prediction": {"is": "class_0"}, "probability:class_0": {"at_least": 0.5}},
            "decision": "cellar",
        }
    ],
    "bands": [{"below": 0.4, "decision": "taste"}, {"from": 0.4, "decision": "sell"}],
}


class Wines(TunedWineStack):
    """The example whose hyperparameters are searched, with an endpoint and decisions."""

    def __init__(self, app: App, tuning: Tuning = TunedWineStack.tuning) -> None:
        self.tuning = tuning
        super().__init__(app, TEAM.stack)
        released = RealTimeInferenceWorkflow(
            self,
            "Serving",
            home=self.home,
            dataset=self.training,
            serving=Serving(instance_type="ml.m5.large", instances=1),
            golden=None,
        )
        api = DecisionApi(
            self,
            "Decisions",
            home=self.home,
            endpoint=released,
            decisions=Decisions.about(
                self.training,
                decisions=("cellar", "sell", "taste"),
                fallback=Fallback(decision="taste", endpoint_timeout=timedelta(seconds=6), tries=1),
            ),
            rules=RULES,
        )
        CfnOutput(self, "AuditTableName", value=self.home.audit_table_name)
        CfnOutput(self, "DecisionTableName", value=api.table_name)


def read_wines(path: Path) -> list[dict[str, Any]]:
    """The rows of a file of wines."""
    with path.open(newline="") as stream:
        return [
            {name: text if name == "cultivar" else float(text) for name, text in row.items()}
            for row in csv.DictReader(stream)
        ]


@pytest.fixture(scope="module")
def wines(aws: Aws) -> Aws:
    """The stack with the wines in its bucket."""
    app = App(outdir=str(aws.folder / "cdk.out.wines"))
    Wines(app)
    aws.cdk_on(Path(app.synth().directory), "deploy", "--require-approval", "never")
    aws.upload(TEAM, "raw/training/", [data.write(aws.folder / "wines" / "wines.csv")])
    aws.upload(TEAM, "raw/batch/", [data.write(aws.folder / "wines" / "some.csv", every=4, label=False)])
    return aws


def searches(wines: Aws) -> list[dict[str, Any]]:
    """The tuning jobs, oldest first."""
    listed = wines.client("sagemaker").list_hyper_parameter_tuning_jobs(
        NameContains="wine-tune-", SortBy="CreationTime", SortOrder="Ascending"
    )
    return list(listed["HyperParameterTuningJobSummaries"])


def test_a_search_that_was_killed_goes_on_from_its_trials(wines: Aws) -> None:
    arn = wines.start(TEAM, "training")
    deadline = time.monotonic() + SECONDS
    while not (jobs := searches(wines)) or jobs[0]["TrainingJobStatusCounters"]["Completed"] < 1:
        assert time.monotonic() < deadline, "no trial ended"
        time.sleep(0.1)
    wines.client("stepfunctions").stop_execution(executionArn=arn)
    assert wines.wait(arn).status == "ABORTED"
    done = wines.run(TEAM, "training")
    assert (done.status, done.output.get("outcome")) == ("SUCCEEDED", "Succeeded"), done
    assert {"ContinueTuning", "CollectTrials"} <= set(done.states) and "CheckQuality" not in done.states
    first, second = searches(wines)
    statuses = [each["HyperParameterTuningJobStatus"] for each in (first, second)]
    assert statuses == ["Stopped", "Completed"]
    assert sum(each["TrainingJobStatusCounters"]["Completed"] for each in (first, second)) == 12
    # The execution that was stopped has an item too, which may come later.
    (item,) = (each for each in wines.audit(TEAM) if each.get("trials"))
    trials = json.loads(item["trials"])
    completed = {each["job"]: each["value"] for each in trials if each["status"] == "Completed"}
    assert len(completed) == 12 and completed[item["training_job"]] == min(completed.values())
    report = json.loads(wines.read(done.output["evaluation"] + "report.json"))
    assert report["tuning"]["best"] == item["training_job"]
    # What the shares of the classes would lose is far more.
    measured = report["metrics"]["challenger"]["log_loss"]["value"]
    assert measured < 0.5 < report["baseline"]["metrics"]["log_loss"]
    page = wines.read(done.output["evaluation"] + "evaluation.html").decode()
    assert "Which hyperparameters were tried?" in page
    shown = wines.mdlc("show", "1", "--model", TEAM.model)
    assert shown.exit_code == 0 and "best of" in shown.output and item["training_job"] in shown.output
    logged = wines.mdlc("logs", done.arn.rpartition(":")[2], "--model", TEAM.model, "--tail", "1")
    assert logged.exit_code == 0 and f"--> {second['HyperParameterTuningJobName']}-001-" in logged.output


def test_a_model_of_classes_passes_a_gate_by_the_recall_of_one(wines: Aws) -> None:
    done = wines.run(TEAM, "training")
    # The model of the search: a repeated start finds it.
    assert (done.status, done.output.get("outcome")) == ("SUCCEEDED", "Unchanged"), done
    assert len(searches(wines)) == 2
    before, after = [item for item in wines.audit(TEAM) if item["workflow"] == "training"]
    assert before["training_job"] == after["training_job"]
    package = wines.package(done.output["package_arn"])
    statistics = package["ModelMetrics"]["ModelQuality"]["Statistics"]["S3Uri"]
    metrics = json.loads(wines.read(statistics))["multiclass_classification_metrics"]
    assert list(metrics["confusion_matrix"]) == list(CLASSES)
    assert metrics["recall:class_0"]["value"] >= 0.8 and metrics["auc_macro"]["value"] > 0.9
    report = json.loads(wines.read(done.output["evaluation"] + "report.json"))
    assert report["algorithm"]["hyperparameters"]["num_class"] == "3"
    assert report["importance"]["metric"] == "auc_macro" and report["importance"]["columns"][0]["gain"] > 0
    assert report["baseline"]["metrics"]["auc_macro"] == 0.5
    shown = wines.mdlc("show", "1", "--model", TEAM.model, "--json")
    assert shown.exit_code == 0, shown.output
    assert "recall:class_0" in shown.stdout


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
    cultivars = [row["cultivar"] for row in read_wines(wines.folder / "wines" / "wines.csv")][::4]
    # Without ids, a row's number in its file is the end of its key.
    places = [int(row["row_key"].rpartition("-")[2]) - 1 for row in rows]
    assert sorted(places) == list(range(45))
    assert sum(cultivars[place] == row["prediction"] for place, row in zip(places, rows, strict=True)) > 40


def test_the_endpoint_answers_what_the_batch_does_and_rules_name_the_class(wines: Aws) -> None:
    machine = f"arn:aws:states:us-east-1:000000000000:stateMachine:{TEAM.model}-release"
    states = wines.client("stepfunctions")
    deadline = time.monotonic() + SECONDS
    while not (released := states.list_executions(stateMachineArn=machine)["executions"]):
        assert time.monotonic() < deadline, "no release was started by the approval"
        time.sleep(0.2)
    done = wines.wait(released[0]["executionArn"])
    assert done.status == "SUCCEEDED", done.cause[-1500:]
    (row, *_) = read_wines(wines.folder / "wines" / "wines.csv")
    asked = {name: value for name, value in row.items() if name in MEASURES}
    answer = wines.client("sagemaker-runtime").invoke_endpoint(
        EndpointName=TEAM.model,
        ContentType="application/jsonlines",
        Body=json.dumps(asked).encode(),
    )
    answered = json.loads(answer["Body"].read())
    assert (answered["prediction"], answered["version"]) == ("class_0", 1)
    assert list(answered["probabilities"]) == list(CLASSES)
    assert answered["score"] == max(answered["probabilities"].values())
    decided = wines.mdlc("ask", json.dumps(asked), "--api", API, "--request-id", "wine-1", "--json")
    assert decided.exit_code == 0, decided.output
    assert '"cellar"' in decided.stdout and '"prediction": "class_0"' in decided.stdout
    item = wines.client("dynamodb").get_item(
        TableName=wines.outputs(TEAM)["DecisionTableName"], Key={"request_id": {"S": "wine-1"}}
    )["Item"]
    assert item["rule"] == {"S": "overrides:sure of the first"} and item["prediction"] == {"S": "class_0"}
    assert json.loads(item["probabilities"]["S"]) == answered["probabilities"]
    audited = wines.mdlc("audit", "wine-1", "--json")
    assert audited.exit_code == 0 and '"class_0"' in audited.stdout, audited.output
    rules = wines.folder / "rules.json"
    rules.write_text(json.dumps(RULES).replace('"is": "class_0"', '"is": "chianti"'))
    refused = wines.mdlc("rules", "check", str(rules), "--api", API)
    assert refused.exit_code == 1 and "'chianti': no such class" in str(refused.exception)


def test_trials_that_all_fail_are_one_sentence(wines: Aws) -> None:
    app = App(outdir=str(wines.folder / "cdk.out.failing"))
    # XGBoost's image computes the accuracy itself; the library, which runs here, does not know it.
    Wines(app, tuning=replace(Wines.tuning, metric="validation:accuracy"))
    wines.cdk_on(Path(app.synth().directory), "deploy", "--require-approval", "never")
    failed = wines.run(TEAM, "training")
    assert (failed.status, failed.error) == ("FAILED", "TrialsFailed")
    assert "ExplainTrials" in failed.states and "CheckQuality" not in failed.states
    assert "trials of wine-tune-" in failed.cause and "XGB train call failed" in failed.cause
    shown = wines.mdlc("show", failed.arn.rpartition(":")[2], "--model", TEAM.model)
    assert "trials of wine-tune-" in " ".join(shown.output.split()), shown.output


def test_rules_about_an_unknown_class_are_refused_where_the_stack_is_built() -> None:
    document = json.loads(json.dumps(RULES).replace("probability:class_0", "probability:klass_0"))
    stack = Stack(App(), "Refused")
    home = ModelHome(stack, "Model", name="refused")
    decisions = Decisions(
        decisions=("cellar", "sell", "taste"),
        fallback=Fallback(decision="taste"),
        columns={"hue": "number"},
        classes=CLASSES,
    )
    with pytest.raises(RulesRefusedError, match="klass_0"):
        DecisionApi(stack, "Decisions", home=home, endpoint=home, decisions=decisions, rules=document)  # type: ignore[arg-type]
