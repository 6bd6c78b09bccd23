"""Rules of Choice states: what Step Functions refuses."""

from typing import Any

import pytest

from tests.local.states.definitions.definitions import SCHEMA, choice, jsonata, machine, refusals

IS_SET = {"Variable": "$.x", "IsPresent": True}


CHOICES = [
    (machine(choice(), "B"), f"{SCHEMA}: Value cannot be empty at /States/A/Choices"),
    (machine(choice(IS_SET), "B"), f"{SCHEMA}: These fields are required: [Next] at /States/A/Choices[0]"),
    (
        machine(choice({"Not": IS_SET | {"Next": "B"}, "Next": "B"}), "B"),
        f"{SCHEMA}: Field 'Next' is not supported at /States/A/Choices[0]/Not",
    ),
    (
        machine(choice({"Next": "B"}), "B"),
        f"{SCHEMA}: The object must have only one of the following fields, [And, Or, Not, Variable, "
        "Condition] at /States/A/Choices[0]",
    ),
    (
        machine(choice(IS_SET | {"IsNull": True, "Next": "B"}), "B"),
        f"{SCHEMA}: There should only be one of the following fields: [IsPresent, IsNull] "
        "at /States/A/Choices[0]",
    ),
    (
        machine(choice(IS_SET | {"Variable": "States.Array()", "Next": "B"}), "B"),
        f"{SCHEMA}: Value is not a Reference Path: Reference path didn't start with '$' "
        "at /States/A/Choices[0]/Variable",
    ),
    (
        machine(choice({"Variable": "$.x", "NumericEquals": "1", "Next": "B"}), "B"),
        f"{SCHEMA}: Expected value of type Number at /States/A/Choices[0]/NumericEquals",
    ),
    (
        machine(choice({"Variable": "$.x", "StringLike": "1", "Next": "B"}), "B"),
        f"{SCHEMA}: Field 'StringLike' is not supported at /States/A/Choices[0]",
    ),
    (
        jsonata(choice({"Next": "B"}), "B"),
        f"{SCHEMA}: These fields are required: [Condition] at /States/A/Choices[0]",
    ),
]


@pytest.mark.parametrize(("definition", "reason"), CHOICES)
def test_a_definition_is_refused(definition: Any, reason: str) -> None:
    found = refusals(definition)
    assert any(one.startswith(reason) for one in found), found
