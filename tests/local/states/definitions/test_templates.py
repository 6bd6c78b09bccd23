"""Paths, payload templates and variables: what Step Functions refuses."""

from typing import Any

import pytest

from tests.local.states.definitions.definitions import PASS, SCHEMA, jsonata, machine, refusals

PATHS = [
    (machine(PASS | {"InputPath": "a"}), f"{SCHEMA}: Value must be a valid JSONPath. at /States/A/InputPath"),
    *(
        (
            machine(PASS | {"OutputPath": path}),
            f"{SCHEMA}: Value must be a valid JSONPath. at /States/A/OutputPath",
        )
        for path in ("$.", "$.a[", "$.a b", "$..", "$a.", "$.a[']", "$[]")
    ),
    *(
        (
            machine(PASS | {"ResultPath": path}),
            f"{SCHEMA}: Value is not a Reference Path at /States/A/ResultPath",
        )
        for path in ("$.a[*]", "$..a", "$.a[?(@.b)]", "$.a[0:2]", "$.a[0,1]", "$$.a", "$variable", "$.*")
    ),
    *(
        (
            machine(PASS | {"Parameters": {"a": [{"b.$": value}]}}),
            f"{SCHEMA}: The value for the field 'b.$' must be a valid JSONPath or a valid intrinsic function "
            "call at /States/A/Parameters",
        )
        for value in (
            *("a", "$.", "States.Format(", "States.Nothing()", "States.UUID(1)", "States.MathAdd(1)"),
            r"""States.StringToJson('{"text":"An \"escaped\" quote"}')""",
        )
    ),
    (
        machine(PASS | {"Parameters": {"b.$": 1}}),
        f"{SCHEMA}: The value for the field 'b.$' must be a STRING that contains a JSONPath but was an "
        "NUMBER at /States/A/Parameters",
    ),
    (
        machine({"Type": "Fail", "CausePath": "cause"}),
        f"{SCHEMA}: Value must be a valid JSONPath or a valid intrinsic function call at /States/A/CausePath",
    ),
]


VARIABLES = [
    *(
        (
            wrap(PASS | {"Assign": {"states": 1}}),
            "RESERVED_VARIABLE_NAME: Cannot assign to reserved variable '$states'. "
            "at /States/A/Assign/states",
        )
        for wrap in (machine, jsonata)
    ),
    *(
        (
            jsonata(PASS | {"Assign": {name: 1}}),
            f"INVALID_VARIABLE_NAME: Invalid variable name '{name}': the variable name contains invalid "
            f"characters. at /States/A/Assign/{name}",
        )
        for name in ("a-b", "1a", "_a", "a b", "a.$")
    ),
    (jsonata(PASS | {"Assign": {"a" * 81: 1}}), "INVALID_VARIABLE_NAME: "),
    (
        jsonata(
            {
                "Type": "Parallel",
                "Assign": {"v": 1},
                "Branches": [{"StartAt": "I", "States": {"I": PASS | {"Assign": {"v": 1}}}}],
                "End": True,
            }
        ),
        "DUPLICATE_VARIABLE_NAME: The variable name 'v' was already defined in a parent scope. "
        "at /States/A/Branches[0]/States/I/Assign/v",
    ),
]


@pytest.mark.parametrize(("definition", "reason"), [*PATHS, *VARIABLES])
def test_a_definition_is_refused(definition: Any, reason: str) -> None:
    found = refusals(definition)
    assert any(one.startswith(reason) for one in found), found
