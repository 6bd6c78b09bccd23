"""The release planner's entry point over in-memory services."""

import json
from dataclasses import dataclass, field
from typing import Any

import pytest

from lambdas.functions.plan_release import handler
from lambdas.planning.errors import NoGolden
from mdlc_constructs.asl.states import Task
from mdlc_constructs.settings.golden_checks import GoldenChecks
from mdlc_constructs.workflows.real_time_inference.machine import default_tasks
from mdlc_constructs.workflows.real_time_inference.settings import ReleaseSettings
from tests.lambdas.fakes import FakeS3, Pages, TaggedMachines, client_error
from tests.workflows.settings import DATASET

ABSENT = client_error("ValidationException", "Could not find what was asked for.")
RELEASE = ReleaseSettings(model="flights", dataset=DATASET, golden=GoldenChecks(tolerance=0.2))
ARN = "arn:aws:sagemaker:r:a:model-package/flights/4"


def stored() -> dict[str, Any]:
    return {"Size": 5, "ChecksumCRC32": "AAAA", "ETag": "e"}


@dataclass
class Bucket(FakeS3):
    written: dict[str, Any] = field(default_factory=dict)

    def put_object(self, *, Bucket: str, Key: str, Body: bytes) -> None:
        self.written[f"s3://{Bucket}/{Key}"] = json.loads(Body)


class SageMaker:
    """One approved package; nothing else exists."""

    def get_paginator(self, name: str) -> Pages:
        assert name == "list_model_packages"
        listed = {"ModelPackageVersion": 4, "ModelApprovalStatus": "Approved", "ModelPackageArn": ARN}
        return Pages([{"ModelPackageSummaryList": [listed]}])

    def describe_model_package(self, *, ModelPackageName: str) -> dict[str, Any]:
        assert ModelPackageName == ARN
        return {
            "ModelPackageArn": ARN,
            "ModelPackageVersion": 4,
            "ModelApprovalStatus": "Approved",
            "InferenceSpecification": {"Containers": [{"Image": "i", "ModelDataUrl": "s3://b/m"}]},
            "CustomerMetadataProperties": {"program": "s3://b/p/", "model": "flights-model-1", "run": "r"},
        }

    def __getattr__(self, name: str) -> Any:
        def absent(**request: str) -> None:
            raise ABSENT

        return absent


class DynamoDB:
    def get_item(self, **request: Any) -> dict[str, Any]:
        return {}


def event(settings: ReleaseSettings) -> dict[str, Any]:
    tasks = default_tasks(settings).values()
    worked = [task for task in tasks if isinstance(task, Task)]
    return {
        "model": "flights",
        "settings": json.loads(json.dumps(settings.to_plan())),
        "requests": {task.name: task.request_digest() for task in worked},
        "bound": {},
        "home": {"bucket": "b", "table": "t", "group": "flights"},
        "input": {"reason": "approved"},
        "execution": {"id": "arn:e", "started_at": "2026-01-01T00:00:00+00:00"},
        "taken": None,
    }


@pytest.fixture
def bucket(monkeypatch: pytest.MonkeyPatch) -> Bucket:
    """Recorded rows and expected answers, and no endpoint yet."""
    made = Bucket({"b/golden/rows.jsonl": stored(), "b/golden/expected.csv": stored()})
    clients: dict[str, Any] = {
        "s3": made,
        "sagemaker": SageMaker(),
        "dynamodb": DynamoDB(),
        "application-autoscaling": None,
        "stepfunctions": TaggedMachines({"team": "flights", "aws:cloudformation:stack-name": "Flights"}),
    }
    monkeypatch.setattr(handler, "client", clients.__getitem__)
    return made


def test_a_first_release_is_planned_from_the_settings_of_the_machine(bucket: Bucket) -> None:
    plan = handler.handler(event(RELEASE), None)
    assert (plan["step"], plan["endpoint"], plan["champion"]) == ("CreateModel", "Absent", "0")
    assert plan["package"]["arn"] == ARN
    assert plan["wait_seconds"] > 0
    assert plan["tags"] == [{"Key": "team", "Value": "flights"}]
    assert plan["names"]["CreateModel"].startswith("flights-serving-")
    body = bucket.written[plan["uris"]["plan"]]
    assert body["golden"] == {"tolerance": 0.2, "share": 0.95}
    assert [file["name"] for file in body["data"]["files"]] == ["rows.jsonl"]
    assert body["dataset"]["label"] is None


def test_without_golden_checks_no_plan_is_written(bucket: Bucket) -> None:
    settings = ReleaseSettings(model="flights", dataset=DATASET, golden=None)
    assert handler.handler(event(settings), None)["golden_checks"] == "not asked"
    assert bucket.written == {}


def test_the_first_release_needs_no_recorded_rows(bucket: Bucket) -> None:
    bucket.objects.clear()
    assert handler.handler(event(RELEASE), None)["golden_checks"] == "none recorded"
    assert bucket.written == {}


def test_recorded_rows_without_expected_answers_are_refused(bucket: Bucket) -> None:
    del bucket.objects["b/golden/expected.csv"]
    with pytest.raises(NoGolden, match=r"expected\.csv is missing"):
        handler.handler(event(RELEASE), None)
