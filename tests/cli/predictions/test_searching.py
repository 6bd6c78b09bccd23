from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest
from boto3.dynamodb.types import TypeSerializer

from mdlc_cli.errors import CommandError
from mdlc_cli.predictions.searching import Search
from tests.cli.fakes import FakeClient, FakeTarget
from tests.cli.life import LIFE, STANDING
from tests.cli.predictions.test_captures import line
from tests.cli.predictions.test_decided import RECORD
from tests.cli.predictions.test_published import RECORD as PUBLISHED
from tests.cli.predictions.test_published import SERVED
from tests.cli.stored import parquet, read_here, stored

BATCH_ID = "0123456789abcdef" * 2
STACKS = [{"StackName": "Churn", "StackStatus": "CREATE_COMPLETE", "Outputs": []}]
MADE = [
    {"ResourceType": "AWS::DynamoDB::Table", "LogicalResourceId": name, "PhysicalResourceId": id_}
    for name, id_ in (
        ("ModelAudit8A8A8A8A", "audit"),
        ("ApiDecisions12AB34CD", "decisions"),
        ("OwnDecisions12AB34CD", "own"),
        ("DecisionsRules12AB34CD", "rules"),
    )
]


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    read_here(monkeypatch)


def account(folder: Path, decisions: bool = True) -> FakeTarget:
    """One stack with a model's life in it: a decision, a batch, a window and a captured request."""
    serialize = TypeSerializer().serialize
    items = [{name: serialize(value) for name, value in item.items()} for item in LIFE]

    def get(**request: Any) -> dict[str, Any]:
        assert request["TableName"] == "decisions", "a table with another key is no decision table"
        return {"Item": RECORD} if request["Key"]["request_id"]["S"] == "q1" else {}

    def described(**request: Any) -> dict[str, Any]:
        key = "request_id" if request["TableName"] == "decisions" else "pk"
        return {"Table": {"KeySchema": [{"AttributeName": key, "KeyType": "HASH"}]}}

    captured = line('{"x": 5}', "0.5", inferenceId="c1").encode()
    served = SERVED.replace("'q1'", "'w1'")
    part = PUBLISHED.format(id=BATCH_ID, key="k1", version=2)
    objects = {
        "predictions/b1/manifest.json": b'{"parts": [{"name": "parts/part-00000.parquet"}]}',
        "predictions/b1/parts/part-00000.parquet": parquet(folder, part),
        "monitoring/endpoint/2026-02-01/d1/rows.parquet": parquet(folder, served),
        "capture/churn/main/2026/02/05/13/00-00-000-a.jsonl": captured,
    }
    made = MADE if decisions else MADE[:1]
    return FakeTarget(
        clients={
            "cloudformation": FakeClient(
                describe_stacks={"Stacks": STACKS}, list_stack_resources={"StackResourceSummaries": made}
            ),
            "dynamodb": FakeClient(
                scan={"Items": items}, query={"Items": items}, get_item=get, describe_table=described
            ),
            "s3": stored(objects),
            "sagemaker": FakeClient(
                describe_model_package=lambda **request: _described(request["ModelPackageName"]),
                list_model_packages={
                    "ModelPackageSummaryList": [{"ModelPackageArn": f"p/{n}"} for n in STANDING]
                },
            ),
        }
    )


def _described(arn: str) -> dict[str, Any]:
    version = int(arn.rpartition("/")[2])
    one = STANDING[version]
    return {
        "ModelPackageArn": one["package_arn"],
        "ModelPackageVersion": version,
        "ModelApprovalStatus": one["status"],
        "ApprovalDescription": one["description"],
        "CreationTime": one["created_at"],
        "CreatedBy": {"UserProfileName": one["created_by"]},
        "LastModifiedTime": one["changed_at"],
        "LastModifiedBy": {"IamIdentity": {"Arn": one["changed_by"]}},
        "CustomerMetadataProperties": one["metadata"],
    }


@pytest.mark.parametrize(
    ("prediction_id", "narrowed", "kind", "place"),
    [
        ("q1", {}, "decision", "table decisions"),
        (BATCH_ID, {}, "batch", "s3://bucket/predictions/b1/parts/part-00000.parquet"),
        (BATCH_ID, {"run": "run-2026-02-05"}, "batch", "s3://bucket/predictions/b1/parts/part-00000.parquet"),
        ("w1", {}, "endpoint", "s3://bucket/monitoring/endpoint/2026-02-01/d1/rows.parquet"),
        ("w1", {"on": date(2026, 2, 1)}, "endpoint", "s3://bucket/monitoring/endpoint/2026-02-01/d1/rows.parquet"),
        ("c1", {"on": date(2026, 2, 5)}, "endpoint", "s3://bucket/capture/churn/main/2026/02/05/13/00-00-000-a.jsonl"),
    ],
)  # fmt: skip
def test_it_is_found_where_it_was_recorded(
    tmp_path: Path, prediction_id: str, narrowed: dict[str, Any], kind: str, place: str
) -> None:
    found, items = Search(target=account(tmp_path), prediction_id=prediction_id, **narrowed).find()
    assert (found.kind, found.place, found.model) == (kind, place, "churn")
    assert len(items) == len(LIFE)


@pytest.mark.parametrize(
    ("prediction_id", "narrowed", "looked"),
    [
        (
            "none",
            {},
            "(looked at: 1 decision table, 2 monitored windows of churn, no batch, because the ids of a "
            "batch's predictions are 32 hexadecimal digits): ",
        ),
        (BATCH_ID[::-1], {}, "1 decision table, 1 published batch of churn, 2 monitored windows of churn"),
        (
            BATCH_ID,
            {"run": "other"},
            "(looked at: nothing, because no published batch has the run 'other'): ",
        ),
        (
            "w1",
            {"on": date(2026, 2, 5)},
            "1 decision table, the captures of 2026-02-05 in s3://bucket/capture/",
        ),
        ("w1", {"on": date(2026, 2, 9)}, "capture/, 1 monitored window of churn"),
        # Another model's decision is not this one's.
        ("q1", {"model": "other"}, "1 decision table"),
    ],
)
def test_what_is_not_found_says_where_was_looked_and_what_to_try(
    tmp_path: Path, prediction_id: str, narrowed: dict[str, Any], looked: str
) -> None:
    with pytest.raises(CommandError) as caught:
        Search(target=account(tmp_path), prediction_id=prediction_id, **narrowed).find()
    said = str(caught.value)
    assert f"no prediction {prediction_id!r} was found (looked at: " in said and looked in said
    assert said.endswith("name the other AWS with --local or --aws")
    assert ("--on YYYY-MM-DD" in said) == (not {"on", "run"} & set(narrowed))


def test_of_a_decision_only_its_models_items_are_read(tmp_path: Path) -> None:
    target = account(tmp_path)
    Search(target=target, prediction_id="q1").find()
    calls = [name for name, _ in target.clients["dynamodb"].calls]
    assert "query" in calls and "scan" not in calls


def test_a_models_name_is_no_prediction(tmp_path: Path) -> None:
    with pytest.raises(
        CommandError, match="'churn' is a model and no prediction: try `mdlc audit --model churn`"
    ):
        Search(target=account(tmp_path), prediction_id="churn").find()


def test_a_stack_without_a_decision_api_is_looked_through_too(tmp_path: Path) -> None:
    found, _ = Search(target=account(tmp_path, decisions=False), prediction_id="w1").find()
    assert found.kind == "endpoint"
