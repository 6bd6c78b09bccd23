"""Fields of states: what Step Functions refuses."""

from typing import Any

import pytest

from tests.local.states.definitions.definitions import (
    INNER,
    PASS,
    SCHEMA,
    TASK,
    choice,
    jsonata,
    machine,
    mapped,
    only,
    refusals,
)

IS_SET = {"Variable": "$.x", "IsPresent": True}


FIELDS = [
    *(
        (machine({"Type": kind, field: []}, "B"), f"{SCHEMA}: Field '{field}' is not supported at /States/A")
        for field in ("Retry", "Catch")
        for kind in ("Pass", "Wait", "Choice", "Succeed", "Fail")
    ),
    (
        machine(mapped(TimeoutSeconds=5)),
        f"{SCHEMA}: Field 'TimeoutSeconds' is not supported at /States/A",
    ),
    (machine(PASS | {"parameters": {}}), f"{SCHEMA}: Field 'parameters' is not supported at /States/A"),
    *(
        (jsonata(PASS | {field: "$"}), f"{SCHEMA}: {only('JSONPath', field)} at /States/A")
        for field in ("InputPath", "OutputPath", "ResultPath", "Parameters", "Result")
    ),
    *(
        (machine(TASK | {field: {}}), f"{SCHEMA}: {only('JSONata', field)} at /States/A")
        for field in ("Arguments", "Output")
    ),
    (
        machine(choice({"Condition": True, "Next": "B"}), "B"),
        f"{SCHEMA}: {only('JSONata', 'Condition')} at /States/A/Choices[0]",
    ),
    (
        jsonata(choice(IS_SET | {"Next": "B"}), "B"),
        f"{SCHEMA}: {only('JSONPath', 'Variable')} at /States/A/Choices[0]",
    ),
    (
        jsonata(PASS | {"QueryLanguage": "JSONPath"}),
        f"{SCHEMA}: 'QueryLanguage' can not be 'JSONPath' if set to 'JSONata' for whole state machine "
        "at /States/A",
    ),
    (
        machine(mapped(QueryLanguage="JSONata", ItemProcessor={**INNER, "QueryLanguage": "JSONata"})),
        f"{SCHEMA}: Field 'QueryLanguage' is not supported at /States/A/ItemProcessor",
    ),
    (
        machine(
            mapped(QueryLanguage="JSONata")
            | {"ItemProcessor": {**INNER, "States": {"I": PASS | {"Output": 1}}}}
        ),
        f"{SCHEMA}: {only('JSONata', 'Output')} at /States/A/ItemProcessor/States/I",
    ),
    (
        machine({"Type": "Fail", "Error": "E", "ErrorPath": "$.e"}),
        f"{SCHEMA}: There should only be one of the following fields: [Error, ErrorPath] at /States/A",
    ),
    (
        machine({"Type": "Parallel", "End": True}),
        f"{SCHEMA}: These fields are required: [Branches] at /States/A",
    ),
    (
        machine({"Type": "Parallel", "Branches": [], "End": True}),
        f"{SCHEMA}: Value cannot be empty at /States/A/Branches",
    ),
]


WAITS = [
    *(
        (
            machine({"Type": "Wait", "Timestamp": timestamp, "End": True}),
            f"{SCHEMA}: String does not match RFC3339 timestamp at /States/A/Timestamp",
        )
        for timestamp in (
            *("2024-01-01 12:00:00Z", "2024-01-01T12:00:00", "2024-13-01T12:00:00Z", "2024-01-01T25:00:00Z"),
            *("20240101T120000Z", "{% $states.input %}", "2024-01-01t12:00:00z"),
        )
    ),
    (
        machine({"Type": "Wait", "End": True}),
        f"{SCHEMA}: This object should have only one of the following fields: [SecondsPath, Seconds, "
        "TimestampPath, Timestamp] at /States/A",
    ),
    (
        machine({"Type": "Wait", "Seconds": 1, "SecondsPath": "$.s", "End": True}),
        f"{SCHEMA}: There should only be one of the following fields: [SecondsPath, Seconds, "
        "TimestampPath, Timestamp] at /States/A",
    ),
    (
        machine({"Type": "Wait", "Seconds": -1, "End": True}),
        f"{SCHEMA}: Minimum value is 0 at /States/A/Seconds",
    ),
]


@pytest.mark.parametrize(("definition", "reason"), [*FIELDS, *WAITS])
def test_a_definition_is_refused(definition: Any, reason: str) -> None:
    found = refusals(definition)
    assert any(one.startswith(reason) for one in found), found


def test_a_field_of_the_wrong_language_is_the_only_problem() -> None:
    state = PASS | {"QueryLanguage": "JSONPath", "Output": 1}
    assert len(refusals(jsonata(state))) == 1
