"""Batches of a Distributed Map, and its result files."""

import json
import uuid
from collections.abc import Callable
from typing import Any

import pytest

from mdlc_local.states.batching import Batcher
from mdlc_local.states.distributed import prepare, tolerable
from tests.local.embedded import Role, Server, allow
from tests.local.states.running import run

Clients = Callable[[str], Any]
Roles = Callable[..., Role]


def test_batchers_are_taken_wherever_they_are() -> None:
    inner = {"Type": "Map", "ItemBatcher": {"MaxItemsPerBatch": 3}, "ToleratedFailurePercentage": 5}
    machine = {"States": {"P": {"Type": "Parallel", "Branches": [{"States": {"M": inner}}]}}}
    assert prepare(machine) == {"M": Batcher({"MaxItemsPerBatch": 3}, "JSONPath")}
    assert inner == {"Type": "Map", "ToleratedFailurePercentage": 5.0}


@pytest.fixture
def bucket(client: Clients) -> str:
    name = f"test-{uuid.uuid4().hex[:12]}"
    client("s3").create_bucket(Bucket=name)
    client("s3").put_object(Bucket=name, Key="items.json", Body=json.dumps([{"v": i} for i in range(5)]))
    return name


def test_reads_batches_and_writes(server: Server, make_role: Roles, client: Clients, bucket: str) -> None:
    objects = f"arn:aws:s3:::{bucket}/*"
    child = {
        "Type": "Pass",
        "Parameters": {"n.$": "States.ArrayLength($.Items)"},
        "OutputPath": "$.n",
        "End": True,
    }
    state = {
        "Type": "Map",
        "ItemReader": {
            "Resource": "arn:aws:states:::s3:getObject",
            "ReaderConfig": {"InputType": "JSON"},
            "Parameters": {"Bucket": bucket, "Key": "items.json"},
        },
        "ItemBatcher": {"MaxItemsPerBatch": 2},
        "ItemProcessor": {
            "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"},
            "StartAt": "P",
            "States": {"P": child},
        },
        "ResultWriter": {
            "Resource": "arn:aws:states:::s3:putObject",
            "Parameters": {"Bucket": bucket, "Prefix": "results"},
        },
        "End": True,
    }
    machine = {"StartAt": "A", "States": {"A": state}}
    done = run(server, machine, make_role(allow(["s3:GetObject", "s3:PutObject"], objects)).arn)
    assert done.status == "SUCCEEDED", done.cause
    s3 = client("s3")
    manifest = json.load(s3.get_object(Bucket=bucket, Key=done.output["ResultWriterDetails"]["Key"])["Body"])
    results = json.load(
        s3.get_object(Bucket=bucket, Key=manifest["ResultFiles"]["SUCCEEDED"][0]["Key"])["Body"]
    )
    assert [result["Output"] for result in results] == ["2", "2", "1"]
    refused = run(server, machine, make_role(allow("s3:PutObject", objects)).arn)
    assert "s3:GetObject" in str(refused.cause)


@pytest.mark.parametrize(
    ("failed", "count", "percentage", "passes"),
    [
        (0, 0, 0.0, True),
        (1, 0, 0.0, False),
        (1, 1, 0.0, True),
        (2, 1, 0.0, False),
        (2, 0, 20.0, True),
        (3, 0, 20.0, False),
        (2, 1, 90.0, False),
    ],
)
def test_failures_within_a_threshold_are_tolerated(
    failed: int, count: int, percentage: float, passes: bool
) -> None:
    assert tolerable(failed, 10, count, percentage) is passes


@pytest.mark.parametrize(("more", "succeeds"), [({}, False), ({"ToleratedFailurePercentage": 50}, True)])
def test_a_failed_child_fails_the_map(
    server: Server, make_role: Roles, more: dict[str, Any], succeeds: bool
) -> None:
    child = {
        "P": {
            "Type": "Choice",
            "Choices": [{"Variable": "$", "NumericEquals": 1, "Next": "F"}],
            "Default": "S",
        },
        "F": {"Type": "Fail", "Error": "Boom"},
        "S": {"Type": "Succeed"},
    }
    state = {
        "Type": "Map",
        "ItemProcessor": {
            "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"},
            "StartAt": "P",
            "States": child,
        },
        "End": True,
        **more,
    }
    done = run(server, {"StartAt": "A", "States": {"A": state}}, make_role().arn, [1, 2, 3])
    assert (done.status == "SUCCEEDED") is succeeds
    assert done.error == (None if succeeds else "States.ExceedToleratedFailureThreshold")
