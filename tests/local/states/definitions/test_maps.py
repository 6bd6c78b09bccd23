"""Map states: what Step Functions refuses."""

from typing import Any

import pytest

from tests.local.states.definitions.definitions import (
    DISTRIBUTED,
    INNER,
    SCHEMA,
    jsonata,
    machine,
    mapped,
    only,
    refusals,
)


def read(**config: Any) -> dict[str, Any]:
    reader = {"Resource": "arn:aws:states:::s3:getObject", "ReaderConfig": config}
    return machine(mapped(distributed=True, ItemReader=reader))


MAPS = [
    (
        machine({"Type": "Map", "End": True}),
        f"{SCHEMA}: This object should have only one of the following fields: [ItemProcessor, Iterator] "
        "at /States/A",
    ),
    (
        machine(mapped(Iterator=INNER)),
        f"{SCHEMA}: There should only be one of the following fields: [ItemProcessor, Iterator] at /States/A",
    ),
    (
        machine(mapped(ItemProcessor={**INNER, "ProcessorConfig": {"Mode": "DISTRIBUTED"}})),
        f"{SCHEMA}: These fields are required: [ExecutionType] at /States/A/ItemProcessor/ProcessorConfig",
    ),
    (
        machine(mapped(ItemProcessor={**INNER, "ProcessorConfig": {**DISTRIBUTED, "Mode": "INLINE"}})),
        f"{SCHEMA}: Field 'ExecutionType' is not supported at /States/A/ItemProcessor/ProcessorConfig",
    ),
    *(
        (machine(mapped(distributed=True, Label=label)), "INVALID_LABEL_NAME: Invalid Label name: ")
        for label in ("", "a" * 41, *(f"a{sign}" for sign in ' ?*<>{}[]:;,\\|^~$#%&`"\x00\x1f\x7f\x9f\t\n'))
    ),
    (
        machine(
            mapped(distributed=True, Label="L")
            | {
                "ItemProcessor": {
                    "StartAt": "B",
                    "States": {"B": mapped(distributed=True, Label="L")},
                    "ProcessorConfig": DISTRIBUTED,
                }
            }
        ),
        "DUPLICATE_LABEL_NAME: Duplicate Label name: L at /States/A/ItemProcessor/States/B/Label",
    ),
    (machine(mapped(MaxConcurrency=-1)), f"{SCHEMA}: Minimum value is 0 at /States/A/MaxConcurrency"),
    (
        machine(mapped(ToleratedFailurePercentage=101)),
        f"{SCHEMA}: Maximum value is 100.0 at /States/A/ToleratedFailurePercentage",
    ),
    (
        machine(mapped(MaxConcurrencyPath="$$.Execution.Input.n")),
        f"{SCHEMA}: Value is not a Reference Path at /States/A/MaxConcurrencyPath",
    ),
    (
        machine(mapped(ItemReader={"Resource": "arn:aws:states:::s3:putObject"})),
        f"{SCHEMA}: The field 'Resource' does not match any of the allowed values.",
    ),
    (
        read(InputType="CSV"),
        f"{SCHEMA}: The field 'CSVHeaderLocation' is required at /States/A/ItemReader/ReaderConfig",
    ),
    (
        read(InputType="CSV", CSVHeaderLocation="GIVEN"),
        f"{SCHEMA}: These fields are required: [CSVHeaders] at /States/A/ItemReader/ReaderConfig",
    ),
    (
        read(InputType="JSON", MaxItems=1, MaxItemsPath="$.n"),
        f"{SCHEMA}: There should only be one of the following fields: [MaxItems, MaxItemsPath] "
        "at /States/A/ItemReader/ReaderConfig",
    ),
    (
        jsonata(mapped(ItemBatcher={"MaxItemsPerBatchPath": "$.n"})),
        f"{SCHEMA}: {only('JSONPath', 'MaxItemsPerBatchPath')} at /States/A/ItemBatcher",
    ),
]


@pytest.mark.parametrize(("definition", "reason"), MAPS)
def test_a_definition_is_refused(definition: Any, reason: str) -> None:
    found = refusals(definition)
    assert any(one.startswith(reason) for one in found), found
