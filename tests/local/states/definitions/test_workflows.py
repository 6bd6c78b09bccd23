"""Workflows, their names and transitions: what Step Functions refuses."""

from typing import Any

import pytest

from tests.local.states.definitions.definitions import (
    INNER,
    PASS,
    SCHEMA,
    TASK,
    choice,
    integration,
    machine,
    mapped,
    refusals,
)

ALL = ["States.ALL"]
IS_SET = {"Variable": "$.x", "IsPresent": True}
TARGET = "MISSING_TRANSITION_TARGET"
STANDARD_ONLY = "Express state machine does not support"


def caught(**more: Any) -> dict[str, Any]:
    return machine(TASK | {"Catch": [{"ErrorEquals": ALL, "Next": "B", **more}]}, "B")


MACHINES: list[tuple[Any, str]] = [
    ({}, f"{SCHEMA}: These fields are required: [States, StartAt] at /"),
    ({"StartAt": "A"}, f"{SCHEMA}: These fields are required: [States] at /"),
    ({"States": {"A": PASS}}, f"{SCHEMA}: These fields are required: [StartAt] at /"),
    ({"StartAt": "A", "States": {}}, f"{SCHEMA}: Value cannot be empty at /States"),
    ([], f"{SCHEMA}: Definition must be a valid JSON object at null"),
    ("", f"{SCHEMA}: Definition must be a valid JSON object at null"),
    (machine(PASS, Comment=1), f"{SCHEMA}: Expected value of type [STRING] at /Comment"),
    (machine(PASS, Coment="x"), f"{SCHEMA}: Field 'Coment' is not supported at /"),
    (machine(PASS, Version="2.0"), f"{SCHEMA}: Value should be one of the following: [1.0] at /Version"),
    (machine(PASS, TimeoutSeconds="9"), f"{SCHEMA}: Expected value of type Integer at /TimeoutSeconds"),
    (machine(PASS, TimeoutSeconds=-1), f"{SCHEMA}: Minimum value is 0 at /TimeoutSeconds"),
    (machine(PASS, QueryLanguage=5), f"{SCHEMA}: Expected value of type [STRING] at /QueryLanguage"),
    (
        machine(PASS, QueryLanguage="jsonata"),
        f"{SCHEMA}: Value should be one of the following: [JSONPath, JSONata] at /QueryLanguage",
    ),
    (machine(PASS, Comment="x" * 2**20), f"{SCHEMA}: The definition has 1048655 bytes"),
    (machine("A"), f"{SCHEMA}: Expected value of type [OBJECT] at /States/A"),
    (machine({"End": True}), f"{SCHEMA}: These fields are required: [Type] at /States/A"),
    (
        machine({"Type": "TypeThatDoesNotExist", "End": True}),
        f"{SCHEMA}: The field 'Type' should have one of these values: [Task, Wait, Pass, Succeed, Fail, "
        "Choice, Parallel, Map] at /States/A/Type",
    ),
]


TRANSITIONS = [
    (machine(PASS, StartAt="B"), f"{TARGET}: Missing 'Next' target: B at /StartAt"),
    (machine(PASS, "B"), f'{TARGET}: State "B" is not reachable. at /States/B'),
    (
        machine({"Type": "Pass", "Next": "B"}),
        f"{TARGET}: Missing 'Next' target: B at /States/A/Next",
    ),
    (machine({"Type": "Pass", "Next": "A"}), "MISSING_END_STATE: Workflow has no terminal state at null"),
    (
        machine({"Type": "Pass"}),
        f"{SCHEMA}: This object should have only one of the following fields: [Next, End] at /States/A",
    ),
    (
        machine(PASS | {"Next": "A"}),
        f"{SCHEMA}: There should only be one of the following fields: [Next, End] at /States/A",
    ),
    (machine({"Type": "Succeed", "End": True}), f"{SCHEMA}: Field 'End' is not supported at /States/A"),
    (
        machine({"Type": "Choice", "Choices": [IS_SET | {"Next": "C"}], "Default": "B"}, "B"),
        f"{TARGET}: Missing 'Next' target: C at /States/A/Choices[0]/Next",
    ),
    (
        machine(choice(IS_SET | {"Next": "B"}, Default="C"), "B"),
        f"{TARGET}: Missing 'Next' target: C at /States/A/Default",
    ),
    (caught(Next="C"), f"{TARGET}: Missing 'Next' target: C at /States/A/Catch[0]/Next"),
    (
        machine({"Type": "Parallel", "Branches": [{**INNER, "StartAt": "A"}], "End": True}),
        f"{TARGET}: Missing 'Next' target: A at /States/A/Branches[0]/StartAt",
    ),
    (
        machine(mapped(ItemProcessor={"StartAt": "A", "States": {"A": PASS}})),
        "DUPLICATE_STATE_NAME: Duplicate State name: A at /States/A/ItemProcessor/States/A",
    ),
    (
        machine({"Type": "Parallel", "Branches": [INNER, INNER], "End": True}),
        "DUPLICATE_STATE_NAME: Duplicate State name: I at /States/A/Branches[1]/States/I",
    ),
    (
        '{"StartAt":"A","States":{"A":{"Type":"Pass","End":true},"A":{"Type":"Pass","End":true}}}',
        "DUPLICATE_STATE_NAME: Duplicate State name: A at /States/A",
    ),
    (
        {"StartAt": "a" * 81, "States": {"a" * 81: PASS}},
        f"INVALID_STATE_NAME: Invalid State name: {'a' * 81} exceeds the 80-character limit allowed by "
        "the service",
    ),
]


EXPRESS = [
    (
        integration("sqs:sendMessage.waitForTaskToken"),
        f"{STANDARD_ONLY} '.waitForTaskToken' service integration ",
    ),
    (integration("states:startExecution.sync"), f"{STANDARD_ONLY} '.sync' service integration"),
    (
        TASK | {"Resource": "arn:aws:states:us-east-1:123456789012:activity:a"},
        f"{STANDARD_ONLY} Activity ARN",
    ),
    (
        mapped(distributed=True),
        "The field 'Mode' with value 'DISTRIBUTED' is not supported inside 'EXPRESS' state machines",
    ),
]


@pytest.mark.parametrize(("definition", "reason"), [*MACHINES, *TRANSITIONS])
def test_a_definition_is_refused(definition: Any, reason: str) -> None:
    found = refusals(definition)
    assert any(one.startswith(reason) for one in found), found


@pytest.mark.parametrize(("state", "reason"), EXPRESS)
def test_an_express_machine_is_refused(state: dict[str, Any], reason: str) -> None:
    assert any(one.startswith(f"{SCHEMA}: {reason}") for one in refusals(machine(state), "EXPRESS"))
    assert not any(reason in one for one in refusals(machine(state)))


def test_no_end_hides_what_is_not_reachable() -> None:
    going_round = machine({"Type": "Pass", "Next": "A"})
    going_round["States"]["B"] = {"Type": "Pass", "Next": "A"}
    assert refusals(going_round) == ["MISSING_END_STATE: Workflow has no terminal state at null"]
    nowhere = machine({"Type": "Pass", "Next": "C"})
    assert [one.partition(":")[0] for one in refusals(nowhere)] == [TARGET, "MISSING_END_STATE"]
