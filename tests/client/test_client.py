from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from boto3.dynamodb.types import TypeSerializer
from botocore.exceptions import ClientError, NoCredentialsError

from mdlc_client import AccessError, ChoiceError, Client, MdlcClientError, MissingPackageError, frames
from tests.cli.fakes import FakeClient, FakeTarget
from tests.cli.life import GROUP, LIFE, MODEL, execution, window
from tests.cli.stored import parquet, stored

DRIFTED = window(
    "2026-02-01",
    version="1",
    drifted="true",
    worse="",
    columns='["tenure"]',
    reasons="tenure drifted. A classifier tells them apart.",
    metrics='{"auc": {"value": 0.7, "low": 0.6, "high": null}}',
    labelled="",
    computed_at="2026-02-02T00:00:00.000Z",
)
EMPTY = {**window("2026-01-31", monitor="batch"), "rows": "0", "report": ""}
BATCHES = [
    execution("batch-inference", day, version=1, manifest=f"s3://bucket/predictions/run-{day}/manifest.json")
    for day in ("2026-05-03", "2026-05-04")
]
REPORT = {"metrics": {"challenger": {"auc": {"value": 0.7123, "low": 0.7, "high": 0.72}}}}


def item(values: dict[str, Any]) -> dict[str, Any]:
    return {name: TypeSerializer().serialize(value) for name, value in values.items()}


def package(version: int) -> dict[str, Any]:
    metadata = {"run": f"r{version}", "evaluation": f"s3://bucket/evaluations/{version}/"}
    return {
        "ModelPackageArn": f"{GROUP}/{version}",
        "ModelPackageVersion": version,
        "ModelApprovalStatus": "Approved",
        "CustomerMetadataProperties": metadata if version < 3 else {},
    }


def account(
    folder: Path, items: list[dict[str, Any]] | None = None, groups: tuple[str, ...] = (GROUP,)
) -> FakeTarget:
    """An account with one model: its stack, audit table, packages and files."""
    life = [each for each in LIFE if not str(each["sk"]).startswith("WINDOW#")]
    held = [*life, *BATCHES, EMPTY, DRIFTED] if items is None else items
    part = (
        "SELECT 'i{}' AS inference_id, 'k' AS row_key, 0.5 AS score, "
        "TIMESTAMP '2026-01-03 10:00:00' AS predicted_at"
    )
    files: dict[str, bytes] = {"evaluations/1/report.json": json.dumps(REPORT).encode()}
    for batch in BATCHES:
        run = batch["run"]
        for number in range(2):
            made = parquet(folder, part.format(f"{run}-{number}"))
            files[f"predictions/{run}/parts/part-{number}.parquet"] = made
        parts = {"parts": [{"name": f"parts/part-{number}.parquet"} for number in range(2)]}
        files[f"predictions/{run}/manifest.json"] = json.dumps(parts).encode()
    rows = "SELECT 'w1' AS inference_id, 1 AS label, TIMESTAMPTZ '2026-02-01 10:00:00Z' AS served_at"
    files["monitoring/endpoint/2026-02-01/d1/rows.parquet"] = parquet(folder, rows)
    decided = [
        {
            "request_id": f"r-{hour}",
            "model": MODEL if hour < 3 else "other",
            "decision": "wait",
            "score": "0.25",
            "model_version": 2,
            "row": '{"age": 3}',
            "features": '{"age": 3}',
            "fallback": None,
            "at": f"2026-01-01T0{hour}:00:00+00:00",
        }
        for hour in range(4)
    ]
    tables = {"audit": list(held), "DecisionsTable": decided}

    def query(*, ExpressionAttributeValues: Any, **_: Any) -> dict[str, Any]:
        wanted = ExpressionAttributeValues[":model"]["S"]
        return {"Items": [item(each) for each in tables["audit"] if each["pk"] == wanted]}

    resources = [
        *(
            {"ResourceType": "AWS::SageMaker::ModelPackageGroup", "LogicalResourceId": f"G{number}",
             "PhysicalResourceId": group.rpartition("/")[2]}
            for number, group in enumerate(groups)
        ),
        {"ResourceType": "AWS::DynamoDB::Table", "LogicalResourceId": "ModelAudit1",
         "PhysicalResourceId": "audit"},
        {"ResourceType": "AWS::DynamoDB::Table", "LogicalResourceId": "ApiDecisions0123ABCD",
         "PhysicalResourceId": "DecisionsTable"},
    ]  # fmt: skip
    versions = [{"ModelPackageArn": f"{GROUP}/{number}"} for number in (1, 2, 3)]
    return FakeTarget(
        clients={
            "cloudformation": FakeClient(
                describe_stacks={"Stacks": [{"StackName": "Churn", "StackStatus": "CREATE_COMPLETE"}]},
                list_stack_resources={"StackResourceSummaries": resources},
            ),
            "dynamodb": FakeClient(
                query=query,
                scan=lambda TableName: {"Items": [item(each) for each in tables[TableName]]},
                describe_table={"Table": {"KeySchema": [{"AttributeName": "request_id"}]}},
            ),
            "sagemaker": FakeClient(
                list_model_packages={"ModelPackageSummaryList": versions},
                describe_model_package=lambda ModelPackageName: package(
                    int(ModelPackageName.rpartition("/")[2])
                ),
            ),
            "s3": stored(files),
            "events": FakeClient(),
        }
    )


@pytest.fixture
def client(tmp_path: Path) -> Client:
    return Client(account(tmp_path))


def test_the_only_model_is_found(client: Client) -> None:
    assert (client.model, client.stack, client.table, client.bucket) == (MODEL, "Churn", "audit", "bucket")
    assert repr(client) == "Client(stack='Churn', model='churn')"


def test_runs_are_a_row_an_execution_newest_first(client: Client) -> None:
    runs = client.runs()
    assert runs["started_at"].is_monotonic_decreasing and runs["started_at"].dtype == "datetime64[ns, UTC]"
    first = runs.iloc[-1]
    assert (first["workflow"], first["outcome"], first["version"]) == ("training", "Succeeded", 1)
    assert (first["seconds"], first["reason"]) == (3600.0, "first")
    assert runs.dtypes["version"] == "Int64" and runs["error"].isna().any()
    assert set(runs["workflow"]) >= {"training", "release", "retraining", "batch-inference"}


def test_versions_have_metrics_with_intervals(client: Client) -> None:
    versions = client.versions()
    assert versions["version"].tolist() == [1, 2, 3]
    first, second, _ = versions.to_dict("records")
    assert [first[name] for name in ("auc", "auc_low", "auc_high")] == [0.7123, 0.7, 0.72]
    # The second one's evaluation is not there: the audit table has the value alone.
    assert second["auc"] == 0.72 and pd.isna(second["auc_low"])
    assert versions.dtypes["auc"] == "Float64" and versions.dtypes["champion"] == "boolean"
    assert versions["run"].isna().tolist() == [False, False, True]


def test_windows_have_moments_lists_and_metrics(client: Client) -> None:
    empty, drifted, *_ = client.windows().to_dict("records")
    assert (empty["rows"], empty["monitor"], empty["columns"]) == (0, "batch", [])
    assert not empty["drifted"] and pd.isna(empty["worse"]) and pd.isna(empty["auc"])
    assert bool(drifted["drifted"]) and pd.isna(drifted["worse"]) and drifted["columns"] == ["tenure"]
    assert pd.isna(empty["reasons"])
    assert drifted["reasons"] == "tenure drifted. A classifier tells them apart."
    assert (drifted["auc"], drifted["auc_low"]) == (0.7, 0.6) and pd.isna(drifted["auc_high"])
    assert drifted["end"] == pd.Timestamp("2026-02-01T23:00:00Z")


def test_predictions_are_those_of_all_parts_of_a_run(client: Client) -> None:
    newest = client.predictions()
    assert newest["inference_id"].tolist() == ["irun-2026-05-04-0", "irun-2026-05-04-1"]
    assert newest["predicted_at"].iloc[0] == pd.Timestamp("2026-01-03T10:00:00Z")
    older = client.predictions("run-2026-05-03", columns=["score"])
    assert list(older.columns) == ["score"] and len(older) == 2


def test_a_windows_rows_are_read(client: Client) -> None:
    rows = client.window_rows("endpoint/2026-02-01")
    assert rows["label"].tolist() == [1] and rows.equals(client.window_rows("2026-02-01"))
    assert rows["served_at"].iloc[0] == pd.Timestamp("2026-02-01T10:00:00Z")
    assert client.window_rows(columns=["label"]).equals(rows[["label"]])


def test_a_window_that_both_monitors_have_is_told_by_its_monitor(tmp_path: Path) -> None:
    folder = "s3://bucket/monitoring/endpoint"
    both = [
        window("2026-02-01", report=f"{folder}/2026-02-01/d1/report.json"),
        window("2026-02-01", monitor="batch", report=f"{folder}/2026-02-02/d2/report.json"),
    ]
    client = Client(account(tmp_path, items=both))
    assert client.windows()["window"].tolist() == ["batch/2026-02-01", "endpoint/2026-02-01"]
    assert client.window_rows("endpoint/2026-02-01")["label"].tolist() == [1]
    # The rows of this one were deleted: they are not those of the other monitor's window.
    with pytest.raises(MdlcClientError, match="monitoring/endpoint/2026-02-02/d2/rows"):
        client.window_rows("batch/2026-02-01")
    with pytest.raises(ChoiceError, match=r"'2026-02-01' fits .*batch/2026-02-01.*: give one of these names"):
        client.window_rows("2026-02-01")


def test_decisions_are_those_of_the_model_newest_first(client: Client) -> None:
    decisions = client.decisions()
    assert decisions["request_id"].tolist() == ["r-2", "r-1", "r-0"]
    assert decisions["row"].iloc[0] == {"age": 3} and decisions["score"].iloc[0] == 0.25
    assert decisions["fallback"].isna().all() and decisions["model_version"].tolist() == [2, 2, 2]
    assert len(client.decisions(limit=1)) == 1


def test_a_report_is_the_evaluation_of_a_version(client: Client) -> None:
    assert client.report(1) == REPORT


def test_before_anything_has_run_frames_are_empty_with_their_columns(tmp_path: Path) -> None:
    client = Client(account(tmp_path, items=[]))
    assert client.model == MODEL
    assert client.runs().empty and client.runs().dtypes["version"] == "Int64"
    assert client.windows().empty and "drifted" in client.windows()
    with pytest.raises(ChoiceError, match="the bucket of churn is not known yet"):
        _ = client.bucket
    with pytest.raises(ChoiceError, match="churn has no published batch: run one with"):
        client.predictions()
    with pytest.raises(ChoiceError, match="churn has no monitored window with rows"):
        client.window_rows()


@pytest.mark.parametrize(
    ("ask", "message"),
    [
        (
            lambda client: client.predictions("run-2026-01-05"),
            "no run 'run-2026-01-05' has published",
        ),
        (
            lambda client: client.predictions(columns=["scor"]),
            "no column 'scor' is in the files: did",
        ),
        (lambda client: client.window_rows("2026-02-02"), "no window '2026-02-02' has rows: did you mean"),
        (lambda client: client.report(7), "no version 7 is registered: choose one of 1, 2, 3"),
        (lambda client: client.report(3), "version 3 of churn has no evaluation"),
        (lambda client: client.report(2), "s3://bucket/evaluations/2/report.json cannot be read (404: eval"),
    ],
)
def test_what_is_not_there_is_one_sentence(ask: Any, message: str, client: Client) -> None:
    with pytest.raises(MdlcClientError) as refused:
        ask(client)
    assert message in str(refused.value)


@pytest.mark.parametrize(
    ("groups", "chosen", "message"),
    [
        ((GROUP,), {"stack": "Chrun"}, "no stack 'Chrun' is deployed: did you mean 'Churn'?"),
        ((GROUP,), {"model": "returns"}, "no model 'returns' is deployed: choose one of churn"),
        ((), {}, "no model is deployed: deploy a model home"),
        ((GROUP, "other"), {}, "there are several models (churn in Churn, other in Churn): name one with"),
    ],
)
def test_a_model_that_is_not_there_or_not_the_only_one_is_said(
    groups: tuple[str, ...], chosen: dict[str, str], message: str, tmp_path: Path
) -> None:
    other = execution("training", "2026-01-01") | {"pk": "MODEL#other"}
    target = account(tmp_path, items=[*LIFE, other], groups=groups)
    with pytest.raises(ChoiceError) as refused:
        Client(target, **chosen)
    assert message in str(refused.value)


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (
            ClientError({"Error": {"Code": "AccessDenied", "Message": "not authorized."}}, "D"),
            "the account's stacks cannot be read (AccessDenied: not authorized): use a session of somebody",
        ),
        (
            ClientError({"Error": {"Code": "ExpiredToken", "Message": "expired"}}, "D"),
            "(ExpiredToken: expired): sign in again",
        ),
        (
            ClientError({"Error": {"Code": "Throttling", "Message": "slow"}}, "D"),
            "(Throttling: slow): try again",
        ),
        (NoCredentialsError(), "(Unable to locate credentials): give Client a boto3.Session"),
    ],
)
def test_aws_that_does_not_answer_is_one_sentence(error: Exception, message: str) -> None:
    def describe_stacks() -> None:
        raise error

    target = FakeTarget(clients={"cloudformation": FakeClient(describe_stacks=describe_stacks)})
    with pytest.raises(AccessError) as refused:
        Client(target)
    assert message in str(refused.value)


def test_a_package_that_is_missing_is_named() -> None:
    with pytest.raises(MissingPackageError, match=r"`pip install 'mdlc-constructs\[client\]'`"):
        frames.package("no_such_package")


@pytest.mark.parametrize(
    ("value", "number"),
    [(None, None), ("", None), ("1.5", 1.5), ("much", None), (True, 1.0), ([], None)],
)
def test_numbers_are_read_from_text(value: Any, number: float | None) -> None:
    assert frames.number(value) == number


def test_what_is_no_json_is_missing() -> None:
    assert frames.loaded("{") is None and frames.loaded(None) is None
    assert frames.with_intervals([1]) == {}
