"""Versions on an endpoint, from the first approval on: each test goes on where the one before it stopped."""

import csv
import json
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from mdlc_cli.app import app
from mdlc_cli.commands import options
from mdlc_constructs import GoldenChecks, Serving
from tests.end_to_end.aws import SECONDS, Aws, Execution
from tests.end_to_end.chapters import chapters
from tests.end_to_end.team import TAGS, Team, write_orders

pytestmark = chapters("releases")

TEAM = Team(
    model="released",
    serving=Serving(),
    bake=timedelta(minutes=4),
    retained=1,
    # A few days less to learn from move single answers of so small a model by a sixth.
    golden=GoldenChecks(tolerance=0.25),
)
SECOND, THIRD = ({"window": {"start": f"2013-01-0{day}"}} for day in (2, 3))
"""Inputs of trainings that leave the first days out: other versions, and nothing to deploy."""
NUMBERS = {"items", "price"}


@pytest.fixture(scope="module")
def teams(aws: Aws) -> Aws:
    """The team's stack with orders in it."""
    aws.deploy(TEAM)
    aws.upload(TEAM, "raw/training/", write_orders(aws.folder / "orders" / "released", seed=7))
    aws.upload(TEAM, "raw/batch/asked/", write_orders(aws.folder / "asked", seed=17, rows=60, files=1))
    return aws


def asked(aws: Aws) -> list[dict[str, Any]]:
    """Raw rows as a caller has them: without the label, numbers as numbers."""
    (path,) = (aws.folder / "asked").glob("*.csv")
    with Path(path).open() as file:
        return [
            {
                name: float(value) if name in NUMBERS else value
                for name, value in row.items()
                if name != "returned"
            }
            for row in csv.DictReader(file)
        ]


def answers(aws: Aws, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """What the endpoint answers to raw rows."""
    answer = aws.client("sagemaker-runtime").invoke_endpoint(
        EndpointName=TEAM.model,
        ContentType="application/jsonlines",
        Accept="application/jsonlines",
        Body="\n".join(json.dumps(row) for row in rows).encode(),
    )
    return [json.loads(line) for line in answer["Body"].read().decode().splitlines()]


def releases(aws: Aws) -> list[str]:
    """ARNs of all executions of the release machine, the newest first."""
    machine = f"arn:aws:states:us-east-1:000000000000:stateMachine:{TEAM.model}-release"
    found = aws.client("stepfunctions").list_executions(stateMachineArn=machine)["executions"]
    return [execution["executionArn"] for execution in found]


def trained_and_released(aws: Aws, given: dict[str, Any] | None = None) -> Execution:
    """Train a version, which is approved by its gate, and wait for the release that this starts."""
    before = set(releases(aws))
    trained = aws.run(TEAM, "training", given)
    assert trained.status == "SUCCEEDED", (trained.error, trained.cause)
    deadline = time.monotonic() + SECONDS
    while not (started := set(releases(aws)) - before):
        assert time.monotonic() < deadline, "no release was started by the approval"
        time.sleep(0.05)
    (arn,) = started
    return aws.wait(arn)


def described(aws: Aws) -> dict[str, Any]:
    endpoint: dict[str, Any] = aws.client("sagemaker").describe_endpoint(EndpointName=TEAM.model)
    return endpoint


def configs(aws: Aws) -> set[str]:
    found = aws.client("sagemaker").list_endpoint_configs(NameContains=f"{TEAM.model}-config-")
    return {config["EndpointConfigName"] for config in found["EndpointConfigs"]}


def serving_models(aws: Aws) -> set[str]:
    found = aws.client("sagemaker").list_models(NameContains=f"{TEAM.model}-serving-")
    return {model["ModelName"] for model in found["Models"]}


def test_mdlc_put_uploads_what_the_training_can_read_and_nothing_else(
    teams: Aws, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(options, "chosen", lambda local: (teams.folder, teams.target))
    path = sorted((teams.folder / "orders" / "released").glob("*.csv"))[0]
    done = CliRunner().invoke(app, ["put", str(path), "--model", TEAM.model, "--json"])
    assert done.exit_code == 0, (done.output, done.exception)
    (uploaded,) = json.loads(done.stdout)
    assert uploaded["uri"].endswith(f"/raw/training/{path.name}") and uploaded["rows"] > 0
    slip = tmp_path / path.name
    slip.write_text(path.read_text().replace("price", "prise", 1))
    done = CliRunner().invoke(app, ["put", str(slip), "--model", TEAM.model])
    assert "has no column 'price'" in str(done.exception) and "did you mean 'prise'" in str(done.exception)


def test_the_first_approval_brings_the_version_into_service(teams: Aws) -> None:
    done = trained_and_released(teams)
    assert done.status == "SUCCEEDED", (done.error, done.cause, done.states)
    assert "CreateEndpoint" in done.states
    assert not {"ScoreGolden", "RecordAnswers", "UpdateEndpoint"} & set(done.states)
    audit = teams.audit(TEAM)[-1]
    expected = {
        "workflow": "release",
        "outcome": "Succeeded",
        "trigger": "approval",
        "version": "1",
        "replaced": "0",
        "golden": "none recorded",
        "retired": "nothing",
        "endpoint": TEAM.model,
    }
    assert {name: audit[name] for name in expected} == expected
    assert described(teams)["EndpointStatus"] == "InService"
    assert described(teams)["EndpointConfigName"] == audit["config"]
    champion = teams.champion(TEAM)
    assert champion is not None
    assert champion["version"] == "1"
    stage = teams.package(audit["package_arn"])["ModelLifeCycle"]
    assert (stage["Stage"], stage["StageStatus"]) == ("Production", "Deployed")


def test_tags_of_the_app_reach_what_executions_make(teams: Aws) -> None:
    sagemaker, model = teams.client("sagemaker"), TEAM.model
    listed = [
        *sagemaker.list_processing_jobs(NameContains=model)["ProcessingJobSummaries"],
        *sagemaker.list_training_jobs(NameContains=model)["TrainingJobSummaries"],
        *sagemaker.list_transform_jobs(NameContains=model)["TransformJobSummaries"],
        *sagemaker.list_models(NameContains=model)["Models"],
        *sagemaker.list_endpoint_configs(NameContains=model)["EndpointConfigs"],
        *sagemaker.list_endpoints(NameContains=model)["Endpoints"],
    ]
    arns = [value for one in listed for name, value in one.items() if name.endswith("Arn")]
    kinds = {"processing-job", "training-job", "transform-job", "model", "endpoint-config", "endpoint"}
    assert {arn.split(":")[5].split("/")[0] for arn in arns} == kinds
    for arn in arns:
        tags = {tag["Key"]: tag["Value"] for tag in sagemaker.list_tags(ResourceArn=arn)["Tags"]}
        assert {key: tags.get(key) for key in TAGS} == TAGS, arn


def test_raw_rows_get_the_scores_of_batch_inference(teams: Aws) -> None:
    rows = asked(teams)
    batch = teams.run(TEAM, "batch-inference", {"prefix": "asked/"})
    assert batch.status == "SUCCEEDED", (batch.error, batch.cause)
    scores = {row["row_key"]: row["score"] for row in teams.predictions(batch.output["manifest"])}
    found = answers(teams, rows)
    assert {answer["version"] for answer in found} == {1}
    assert [answer["score"] for answer in found] == pytest.approx([scores[row["id"]] for row in rows])


def test_mdlc_ask_asks_the_endpoint_of_a_model_without_a_decision_api(
    teams: Aws, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(options, "chosen", lambda local: (teams.folder, teams.target))
    rows = asked(teams)[:2]
    text = "\n".join(json.dumps(row) for row in rows)
    done = CliRunner().invoke(app, ["ask", text, "--model", TEAM.model, "--json"])
    assert done.exit_code == 0, done.output
    told = json.loads(done.stdout)["answers"]
    assert [(each["score"], each["version"]) for each in told] == [
        (each["score"], 1) for each in answers(teams, rows)
    ]
    package = teams.package(f"arn:aws:sagemaker:us-east-1:000000000000:model-package/{TEAM.model}/1")
    assert told[0]["program"]["uri"].startswith(package["CustomerMetadataProperties"]["program"])
    slip = CliRunner().invoke(app, ["ask", '{"prise": 3}', "--model", TEAM.model])
    assert "which the model does not read: did you mean 'price'?" in str(slip.exception)


def test_its_own_life_cycle_event_and_a_late_approval_start_nothing_again(teams: Aws) -> None:
    assert len(releases(teams)) == 1
    late = {"package_version": 1, "forward_only": True, "trigger": "approval"}
    again = teams.run(TEAM, "release", late)
    assert again.status == "SUCCEEDED", (again.error, again.cause)
    assert again.output["outcome"] == "Unchanged"
    assert again.states == ("Plan", "Resume", "RecordAudit", "PublishEvent")


def test_another_version_needs_recorded_rows(teams: Aws) -> None:
    refused = trained_and_released(teams, SECOND)
    assert (refused.status, refused.error) == ("FAILED", "NoGolden")
    assert "golden/rows.jsonl is missing" in refused.cause
    assert {answer["version"] for answer in answers(teams, asked(teams)[:3])} == {1}


def record(aws: Aws, rows: list[dict[str, Any]], shift: float = 0.0) -> None:
    """Record rows, and what the endpoint answers to them (moved by `shift`) as what is expected."""
    expected = [answer["score"] + shift for answer in answers(aws, rows)]
    bucket = aws.outputs(TEAM)["BucketName"]
    lines = [f"{row['id']},{score}" for row, score in zip(rows, expected, strict=True)]
    for name, body in (
        ("rows.jsonl", "\n".join(json.dumps(row) for row in rows) + "\n"),
        ("expected.csv", "\n".join(["row_key,expected", *lines]) + "\n"),
    ):
        aws.client("s3").put_object(Bucket=bucket, Key=f"golden/{name}", Body=body.encode())


def test_a_second_version_takes_over_by_canary(teams: Aws) -> None:
    record(teams, asked(teams)[:40])
    (before,) = configs(teams)
    done = teams.run(TEAM, "release", {"reason": "rows are recorded now"})
    assert done.status == "SUCCEEDED", (done.error, done.cause, done.states)
    ordered = ["ScoreGolden", "CheckGolden", "LookAtAlarms", "RecordAnswers", "UpdateEndpoint", "Watch"]
    ordered += ["PointChampion"]
    assert [state for state in done.states if state in ordered] == ordered
    assert done.states.count("ProbeAnswers") > 1
    assert {answer["version"] for answer in answers(teams, asked(teams))} == {2}
    audit = teams.audit(TEAM)[-1]
    assert (audit["version"], audit["replaced"], audit["golden"]) == ("2", "1", "passed")
    assert configs(teams) == {before, audit["config"]}
    assert len(serving_models(teams)) == 2
    champion = teams.champion(TEAM)
    assert champion is not None
    assert champion["version"] == "2"


def test_a_third_version_retires_the_first(teams: Aws) -> None:
    kept = described(teams)["EndpointConfigName"]
    done = trained_and_released(teams, THIRD)
    assert done.status == "SUCCEEDED", (done.error, done.cause, done.states)
    assert configs(teams) == {kept, described(teams)["EndpointConfigName"]}
    assert len(serving_models(teams)) == 2
    assert teams.audit(TEAM)[-1]["retired"].count("delete_") == 2


def test_going_back_one_version_takes_one_execution(teams: Aws) -> None:
    before = len(releases(teams))
    back = teams.run(TEAM, "release", {"package_version": 2, "reason": "complaints"})
    assert back.status == "SUCCEEDED", (back.error, back.cause, back.states)
    # Model and configuration are those of its first release, and what it leaves is no measure for it.
    assert not {"CreateModel", "ScoreGolden", "CheckGolden", "CreateConfig"} & set(back.states)
    assert not {"LookAtAlarms", "RecordAnswers", "ProbeAnswers"} & set(back.states)
    assert {answer["version"] for answer in answers(teams, asked(teams))} == {2}
    champion = teams.champion(TEAM)
    assert champion is not None
    assert champion["version"] == "2"
    assert len(releases(teams)) == before + 1
    audit = teams.audit(TEAM)[-1]
    assert (audit["replaced"], audit["golden"]) == ("3", "served before")


def test_what_golden_rows_speak_against_gets_no_traffic(teams: Aws) -> None:
    record(teams, asked(teams)[:40], shift=0.5)
    config = described(teams)["EndpointConfigName"]
    refused = teams.run(TEAM, "release", {"package_version": 3})
    assert (refused.status, refused.error) == ("FAILED", "GoldenRefused")
    assert described(teams)["EndpointConfigName"] == config
    audit = teams.audit(TEAM)[-1]
    assert (audit["outcome"], audit["version"]) == ("Failed", "3")
    package = teams.package(audit["package_arn"])
    assert package["ModelApprovalStatus"] == "Rejected"
    assert "GoldenRefused" in package["ApprovalDescription"]


def test_the_endpoint_goes_with_the_stack(teams: Aws) -> None:
    teams.destroy(TEAM)
    sagemaker = teams.client("sagemaker")
    assert sagemaker.list_endpoints(NameContains=TEAM.model)["Endpoints"] == []
    assert configs(teams) == serving_models(teams) == set()
