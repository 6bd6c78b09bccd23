"""The two workflows from a first training on: each test goes on where the one before it stopped."""

import csv
import json
import os
from dataclasses import replace
from typing import Any

import pytest

from mdlc_cli.audit import account
from mdlc_cli.predictions.searching import Search
from mdlc_constructs.workflows.batch_inference.machine import batch_inference_machine
from mdlc_constructs.workflows.training.machine import training_machine
from tests.end_to_end.aws import Aws, Execution
from tests.end_to_end.chapters import chapters
from tests.end_to_end.team import Team, write_orders
from tests.workflows.settings import BATCH, TRAINING

pytestmark = chapters("life")

STEADY = Team(model="steady")
CHANGED = replace(STEADY, rounds=12)
SHUFFLED = Team(model="shuffled")
FAILING = Team(model="failing", own=True)
BASELINE = ("constraints.json", "performance.json", "sample.parquet", "statistics.json")


@pytest.fixture(scope="module")
def teams(aws: Aws) -> Aws:
    """The teams' stacks with orders in them; every event of the workflows goes to a queue."""
    aws.deploy(STEADY, SHUFFLED, FAILING)
    folder = aws.folder / "orders"
    for seed, team in enumerate((STEADY, SHUFFLED, FAILING)):
        orders = write_orders(folder / team.model, seed=seed, shuffled=team is SHUFFLED)
        aws.upload(team, "raw/training/", orders)
    for seed, (prefix, rows, files) in enumerate((("first", 600, 6), ("second", 200, 2), ("third", 100, 1))):
        batch = write_orders(folder / prefix, seed=seed + 10, rows=rows, files=files)
        aws.upload(STEADY, f"raw/batch/{prefix}/", batch)
    queue = aws.client("sqs").create_queue(QueueName="events")["QueueUrl"]
    arn = "arn:aws:sqs:us-east-1:000000000000:events"
    aws.client("events").put_rule(Name="all", EventPattern=json.dumps({"source": ["mdlc"]}))
    aws.client("events").put_targets(Rule="all", Targets=[{"Id": "queue", "Arn": arn}])
    aws.queue = queue
    return aws


def events(aws: Aws) -> list[dict[str, Any]]:
    """The events that came since the last look."""
    found: list[dict[str, Any]] = []
    while (
        got := aws.client("sqs")
        .receive_message(QueueUrl=aws.queue, MaxNumberOfMessages=10, WaitTimeSeconds=1)
        .get("Messages")
    ):
        for message in got:
            aws.client("sqs").delete_message(QueueUrl=aws.queue, ReceiptHandle=message["ReceiptHandle"])
            found.append(json.loads(message["Body"]))
    return found


def succeeded(execution: Execution, outcome: str) -> Execution:
    """The execution, which must have succeeded with this outcome."""
    assert execution.status == "SUCCEEDED", (execution.error, execution.cause)
    assert execution.output["outcome"] == outcome
    return execution


def test_training_registers_an_approved_package_with_its_origin(teams: Aws) -> None:
    done = succeeded(teams.run(STEADY, "training", {"reason": "first", "request_id": "r1"}), "Succeeded")
    assert len(done.states) <= 15
    package = teams.package(done.output["package_arn"])
    assert package["ModelApprovalStatus"] == "Approved"
    metadata = package["CustomerMetadataProperties"]
    (audit,) = teams.audit(STEADY)
    for key in ("run", "data_version", "code_version", "training_job", "image"):
        assert metadata[key] == audit[key], key
    assert (audit["outcome"], audit["reason"], audit["request_id"]) == ("Succeeded", "first", "r1")
    statistics = package["ModelMetrics"]["ModelQuality"]["Statistics"]["S3Uri"]
    metrics = json.loads(teams.read(statistics))["binary_classification_metrics"]
    assert 0.65 <= metrics["auc"]["value"] < 0.9
    assert json.loads(audit["metrics"])["auc"] == pytest.approx(metrics["auc"]["value"], abs=1e-3)
    written = {key.rpartition("/")[2] for key in teams.keys(done.output["evaluation"])}
    assert written >= {"evaluation.png", "evaluation.html", "model_card.json"}
    report = json.loads(teams.read(done.output["evaluation"] + "report.json"))
    # Both of the transform job's files were scored, and the trees' gain was read from the artifact.
    price = {column["column"]: column for column in report["importance"]["columns"]}["price"]
    assert price["low"] <= price["value"] <= price["high"]
    assert sum(column["gain"] for column in report["importance"]["columns"]) == pytest.approx(1)
    assert report["algorithm"]["hyperparameters"]["num_round"] == "10"
    assert package["ModelCard"]["ModelCardStatus"] == "PendingReview"
    assert package["ModelCard"]["ModelCardContent"] == teams.read(metadata["model_card"]).decode()
    baseline = {name: teams.read(metadata["baseline"] + name) for name in BASELINE}
    assert len(teams.keys(metadata["baseline"])) == len(BASELINE)
    measured = json.loads(baseline["performance.json"])
    assert measured["metrics"]["auc"]["value"] == pytest.approx(metrics["auc"]["value"])
    assert json.loads(baseline["statistics.json"])["mdlc"]["run"] == measured["run"] == audit["run"]
    (event,) = events(teams)
    assert event["detail-type"] == "Training Completed"
    assert event["detail"]["package_arn"] == done.output["package_arn"]


def test_the_same_work_again_trains_nothing_and_says_so(teams: Aws) -> None:
    jobs = teams.jobs(STEADY, "Training")
    again = succeeded(teams.run(STEADY, "training"), "Unchanged")
    assert teams.jobs(STEADY, "Training") == jobs
    assert again.states == ("Plan", "Resume", "RecordAudit", "PublishEvent")
    assert teams.audit(STEADY)[-1]["outcome"] == "Unchanged"


def test_a_batch_is_published_with_one_prediction_a_row(teams: Aws) -> None:
    assert teams.champion(STEADY) is None
    done = succeeded(teams.run(STEADY, "batch-inference", {"prefix": "first/"}), "Succeeded")
    rows = teams.predictions(done.output["manifest"])
    assert len(rows) == 600 == int(done.output["rows"])
    assert {row["row_key"] for row in rows} == {f"o10-{number}" for number in range(600)}
    assert len({row["inference_id"] for row in rows}) == 600
    assert all(0 <= row["score"] <= 1 for row in rows)
    assert {row["model_package_version"] for row in rows} == {1}
    assert {row["entity"] for row in rows} == {"north", "south", "west"}
    # Six files in four shards: four transform jobs.
    assert done.states.count("ScoreShard") == 4
    champion = teams.champion(STEADY)
    assert champion is not None
    assert champion["version"] == "1"


def test_a_prediction_of_the_batch_leads_to_its_row_its_training_and_its_data(teams: Aws) -> None:
    published = teams.audit(STEADY)[-1]
    row = teams.predictions(published["manifest"])[123]
    search = Search(target=teams.target, prediction_id=row["inference_id"], stack=STEADY.stack)
    found = account.of(search.target, *search.find())
    assert (found.prediction.kind, found.prediction.score) == ("batch", pytest.approx(row["score"]))
    assert found.prediction.details["run"] == published["run"]
    assert found.row["id"] == row["row_key"] and found.row["shop"] == row["entity"]
    first = teams.audit(STEADY)[0]
    assert found.lineage is not None
    assert found.lineage.training["execution_arn"] == first["execution_arn"]
    assert [one["reason"] for one in found.lineage.triggers] == ["first"]
    assert (found.package["version"], found.package["status"]) == (1, "Approved")
    assert found.data["files"] > 0 and set(found.data["split"]) >= {"train", "validation", "holdout"}
    said = dict(account.sections(found))
    assert ("gate", "passed") in said["Evaluation and approval"]


def test_the_same_batch_again_scores_nothing(teams: Aws) -> None:
    jobs = teams.jobs(STEADY, "Transform")
    again = succeeded(teams.run(STEADY, "batch-inference", {"prefix": "first/"}), "Unchanged")
    assert again.output["rows"] == "600"
    assert teams.jobs(STEADY, "Transform") == jobs


def test_a_model_that_was_deleted_is_made_anew_for_the_named_version(teams: Aws) -> None:
    champion = teams.champion(STEADY)
    assert champion is not None
    teams.client("sagemaker").delete_model(ModelName=champion["model"])
    given = {"prefix": "second/", "package_version": 1}
    done = succeeded(teams.run(STEADY, "batch-inference", given), "Succeeded")
    assert "CreateModel" in done.states
    assert len(teams.predictions(done.output["manifest"])) == 200


def test_one_changed_hyperparameter_trains_and_is_compared_with_the_champion(teams: Aws) -> None:
    before = teams.jobs(STEADY, "Training")
    teams.deploy(CHANGED)
    done = succeeded(teams.run(CHANGED, "training"), "Succeeded")
    assert len(set(teams.jobs(STEADY, "Training")) - set(before)) == 1
    # The split is the same, so neither quality nor features run again; both models score the holdout.
    assert "PrepareFeatures" in done.states
    assert done.states.count("ScoreModel") == 2
    gate = json.loads(teams.read(done.output["evaluation"] + "gate.json"))
    assert "champion" in json.dumps(gate)
    assert done.output["package_arn"].endswith("/2")


def test_what_the_executions_left_is_shown_saved_and_compared(teams: Aws) -> None:
    shown = teams.mdlc("show", "2", "--model", STEADY.model)
    assert shown.exit_code == 0, shown.output
    assert shown.stdout.startswith("Version 2 of steady: Approved\n")
    assert "by time" in shown.stdout and "num_round 12" in shown.stdout
    folder = teams.folder / "compared"
    compared = teams.mdlc("compare", "champion", "latest", "--model", STEADY.model, "--save", str(folder))
    assert compared.exit_code == 0, compared.output
    lines = [line.split() for line in compared.stdout.splitlines()]
    assert ["num_round", "10", "12"] in lines
    assert {"comparison.html", "v1-evaluation.png", "v2-evaluation.png"} <= set(os.listdir(folder))
    page = (folder / "comparison.html").read_text()
    assert page.count("data:image/png;base64,") == 2 and "num_round" in page


def test_a_batchs_predictions_are_written_for_a_spreadsheet(teams: Aws) -> None:
    (first, *_) = [item for item in teams.audit(STEADY) if item["workflow"] == "batch-inference"]
    file = teams.folder / "scores.csv"
    written = teams.mdlc("show", first["run"][:8], "--model", STEADY.model, "--predictions", str(file))
    assert written.exit_code == 0, written.output
    header, *rows = csv.reader(file.read_text().splitlines())
    assert len(rows) == 600 and header[0] == "inference_id"
    expected = {row["inference_id"]: row["score"] for row in teams.predictions(first["manifest"])}
    read = {row[0]: float(row[header.index("score")]) for row in rows}
    assert read == pytest.approx(expected)


def test_an_execution_that_somebody_else_began_is_watched(teams: Aws) -> None:
    arn = teams.start(CHANGED, "training", {"reason": "watched"})
    watched = teams.mdlc("watch", arn.rpartition(":")[2], "--model", STEADY.model)
    assert watched.exit_code == 0, watched.output
    assert "RecordAudit" in watched.stderr or "has ended" in watched.stderr
    assert "version 2: `mdlc show 2 --model steady`" in watched.stdout
    document = json.loads(teams.mdlc("watch", arn, "--json").stdout)
    assert (document["outcome"], document["names"]["version"]) == ("Unchanged", 2)


@pytest.mark.parametrize(
    ("workflow", "given"),
    [
        ("training", {"window": {"start": "2013-02-01"}}),
        ("batch-inference", {"prefix": "second/"}),
    ],
)
def test_two_executions_of_the_same_work_at_once_do_it_once(
    teams: Aws, workflow: str, given: dict[str, Any]
) -> None:
    before = set(teams.jobs(STEADY, "Processing"))
    arns = [teams.start(CHANGED, workflow, given) for _ in range(2)]
    ended = [teams.wait(arn) for arn in arns]
    assert {execution.status for execution in ended} == {"SUCCEEDED"}
    assert "WaitForOther" in ended[0].states + ended[1].states
    assert len({execution.output["package_arn"] for execution in ended}) == 1
    assert not [name for name in set(teams.jobs(STEADY, "Processing")) - before if name.endswith("-2")]


@pytest.mark.parametrize(
    ("team", "workflow", "given", "jobs"),
    [
        (
            SHUFFLED,
            "training",
            {},
            [
                ("CheckQuality", "Processing", "quality"),
                ("PrepareFeatures", "Processing", "features"),
                ("Train", "Training", "train"),
                ("ScoreModel", "Transform", "score"),
                ("Evaluate", "Processing", "evaluate"),
            ],
        ),
        (
            CHANGED,
            "batch-inference",
            {"prefix": "third/"},
            [
                ("CheckInput", "Processing", "input"),
                ("PrepareInput", "Processing", "prepare"),
                ("ScoreShard", "Transform", "score"),
                ("CheckOutput", "Processing", "output"),
            ],
        ),
    ],
)
def test_an_aborted_execution_stops_its_job_and_the_next_goes_on(
    teams: Aws, team: Team, workflow: str, given: dict[str, Any], jobs: list[tuple[str, str, str]]
) -> None:
    states = [state for state, _, _ in jobs]
    for number, (state, kind, stem) in enumerate(jobs):
        stopped = teams.jobs(team, kind, StatusEquals="Stopped")
        with teams.held(f"{team.model}-{stem}*"):
            arn = teams.start(team, workflow, given)
            teams.until_entered(arn, state, then="TaskSubmitted")
            teams.client("stepfunctions").stop_execution(executionArn=arn)
            aborted = teams.wait(arn)
            (name,) = teams.stopped_since(stopped, team, kind)
        assert name.startswith(f"{team.model}-{stem}")
        assert aborted.status == "ABORTED"
        # What the execution before was stopped in is done again, and nothing that was complete.
        assert [name for name in aborted.states if name in states] == states[max(number - 1, 0) : number + 1]


def test_a_shuffled_label_is_refused_and_stands_as_rejected_even_without_a_card(teams: Aws) -> None:
    teams.control("POST", "deny", {"role": teams.role_of(SHUFFLED, "TrainingRole"), "action": "s3:GetObject"})
    done = succeeded(teams.run(SHUFFLED, "training"), "Refused")
    teams.control("POST", "restore")
    package = teams.package(done.output["package_arn"])
    assert "ModelCard" not in package
    assert package["CustomerMetadataProperties"]["model_card"].startswith("none: ")
    assert package["ModelApprovalStatus"] == "Rejected"
    assert "auc" in package["ApprovalDescription"]
    assert teams.audit(SHUFFLED)[-1]["outcome"] == "Refused"
    assert json.loads(teams.read(done.output["evaluation"] + "gate.json"))["passed"] is False


def test_nothing_is_scored_with_a_model_that_nobody_approved(teams: Aws) -> None:
    failed = teams.run(SHUFFLED, "batch-inference")
    assert failed.status == "FAILED"
    assert failed.error == "NoPackage"
    assert "has no approved model package" in failed.cause


def test_a_failed_first_run_is_recorded_and_the_retry_trains(teams: Aws) -> None:
    events(teams)
    role = teams.role_of(FAILING, "TrainingTrainRole")
    teams.control("POST", "deny", {"role": role, "action": "s3:GetObject"})
    failed = teams.run(FAILING, "training", {"reason": "to fail"})
    teams.control("POST", "restore")
    assert failed.status == "FAILED"
    assert failed.error == "States.TaskFailed"
    assert "s3:GetObject" in failed.cause
    assert failed.states[-3:] == ("RecordFailure", "PublishFailure", "Failed")
    (audit,) = teams.audit(FAILING)
    assert (audit["outcome"], audit["error"], audit["reason"]) == ("Failed", failed.error, "to fail")
    (event,) = events(teams)
    assert event["detail-type"] == "Training Failed"
    retried = succeeded(teams.run(FAILING, "training"), "Succeeded")
    assert "CheckQuality" not in retried.states
    first, second = sorted(teams.jobs(FAILING, "Training"), key=len)
    assert second == first + "-2"


def test_a_refused_batch_goes_to_quarantine_and_nothing_is_trained(teams: Aws) -> None:
    before = teams.jobs(FAILING, "Training")
    path = teams.folder / "orders-9.csv"
    lines = write_orders(teams.folder / "twice", seed=99, files=1)[0].read_text().splitlines()
    path.write_text("\n".join([*lines, *lines[-300:]]))
    teams.upload(FAILING, "raw/training/", [path])
    failed = teams.run(FAILING, "training")
    assert (failed.status, failed.error) == ("FAILED", "DataRefused")
    assert "key" in failed.cause
    report = failed.cause.rpartition("Report: ")[2]
    assert {key.rpartition("/")[2] for key in teams.keys(report)} >= {"report.html", "report.json"}
    assert teams.keys(report.replace("/quality/", "/quarantine/").removesuffix("report/"))
    assert teams.jobs(FAILING, "Training") == before
    # The batch itself stays where it was.
    shown = teams.mdlc("show", failed.arn.rpartition(":")[2], "--model", FAILING.model, "--json")
    document = json.loads(shown.stdout)
    assert document["page"] == f"{report}report.html" and "DataRefused" in document["why"]
    assert any(key.endswith("orders-9.csv") for key in teams.keys(report.split("/quality/")[0] + "/raw/"))


def test_a_refused_input_is_not_scored(teams: Aws) -> None:
    path = teams.folder / "no-price.csv"
    path.write_text("id,at,shop,items\n" + "\n".join(f"x{n},2013-12-01T00:00:00,west,2" for n in range(100)))
    teams.upload(STEADY, "raw/batch/broken/", [path])
    failed = teams.run(CHANGED, "batch-inference", {"prefix": "broken/"})
    assert (failed.status, failed.error) == ("FAILED", "DataRefused")
    assert "price" in failed.cause


def test_an_input_of_unusual_values_is_not_scored(teams: Aws) -> None:
    (path,) = write_orders(teams.folder / "in-cents", seed=77, rows=200, files=1)
    header, *lines = path.read_text().splitlines()
    fields = [line.split(",") for line in lines]
    for values in fields[:20]:
        values[4] = str(100 * float(values[4]))
    path.write_text("\n".join([header, *(",".join(values) for values in fields)]))
    teams.upload(STEADY, "raw/batch/in-cents/", [path])
    failed = teams.run(STEADY, "batch-inference", {"prefix": "in-cents/"})
    assert (failed.status, failed.error) == ("FAILED", "DataRefused")
    assert "Column 'price' has" in failed.cause and "outliers" in failed.cause


@pytest.mark.parametrize(
    ("workflow", "given", "error"),
    [
        ("training", {"windw": {}}, "InvalidInput"),
        ("training", {"window": {"start": "2013-05-01", "end": "2013-04-01"}}, "InvalidInput"),
        ("batch-inference", {"prefix": "nothing-here/"}, "NoData"),
        ("batch-inference", {"package_version": 77}, "NoPackage"),
    ],
)
def test_an_input_that_cannot_be_used_is_refused_by_the_plan(
    teams: Aws, workflow: str, given: dict[str, Any], error: str
) -> None:
    failed = teams.run(CHANGED, workflow, given)
    assert (failed.status, failed.error) == ("FAILED", error)
    assert failed.states == ("Plan", "RecordFailure", "PublishFailure", "Failed")
    assert teams.audit(STEADY)[-1]["error"] == error


def test_every_state_of_both_machines_was_entered(teams: Aws) -> None:
    for workflow, machine in (
        ("training", training_machine(TRAINING)),
        ("batch-inference", batch_inference_machine(BATCH)),
    ):
        assert {state.name for state in machine.walk()} - teams.entered[workflow] == set(), workflow
