"""ItemBatcher: limits of a batch, and fields that are expressions and paths."""

from collections.abc import Callable
from typing import Any

import pytest

from mdlc_local.states.batching import batches
from tests.local.embedded import Role, Server
from tests.local.states.running import run

Roles = Callable[..., Role]


def test_batches_hold_to_the_count() -> None:
    made = batches([1, 2, 3], {"MaxItemsPerBatch": 2, "BatchInput": {"k": 1}})
    assert made == [{"BatchInput": {"k": 1}, "Items": [1, 2]}, {"BatchInput": {"k": 1}, "Items": [3]}]


def test_batches_hold_to_the_bytes() -> None:
    assert [len(batch["Items"]) for batch in batches(["x" * 40] * 4, {"MaxInputBytesPerBatch": 120})] == [
        2,
        2,
    ]


@pytest.mark.parametrize(
    ("language", "batcher"),
    [
        (
            "JSONata",
            {"MaxItemsPerBatch": "{% $states.input.n %}", "BatchInput": {"of": "{% $states.input.of %}"}},
        ),
        ("JSONPath", {"MaxItemsPerBatchPath": "$.n", "BatchInput": {"of.$": "$.of"}}),
        ("JSONPath", {"MaxItemsPerBatch": 2, "BatchInput": {"of.$": "$$.Execution.Input.of"}}),
        (
            "JSONPath",
            {"MaxInputBytesPerBatchPath": "$.bytes", "MaxItemsPerBatch": 2, "BatchInput": {"of": "me"}},
        ),
    ],
)
def test_fields_are_expressions_and_paths(
    server: Server, make_role: Roles, language: str, batcher: dict[str, Any]
) -> None:
    items = {"Items": "{% $states.input.items %}"} if language == "JSONata" else {"ItemsPath": "$.items"}
    state = {
        "Type": "Map",
        **items,
        "ItemBatcher": batcher,
        "ItemProcessor": {
            "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"},
            "StartAt": "P",
            "States": {"P": {"Type": "Pass", "End": True}},
        },
        "End": True,
    }
    machine = {"QueryLanguage": language, "StartAt": "M", "States": {"M": state}}
    given = {"n": 2, "of": "me", "items": [1, 2, 3], "bytes": 1000}
    done = run(server, machine, make_role().arn, given)
    common = {"BatchInput": {"of": "me"}}
    assert done.output == [{**common, "Items": [1, 2]}, {**common, "Items": [3]}], done.cause
