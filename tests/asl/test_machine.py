import json

import pytest

from mdlc_constructs.asl.checks import check
from mdlc_constructs.asl.machine import Machine, MachineError
from mdlc_constructs.asl.statements import Statement
from mdlc_constructs.asl.states import Map, Pass, Task

READ = Statement(
    actions=("dynamodb:GetItem",),
    resources=("arn:${Partition}:dynamodb:${Region}:${Account}:table/${Table}",),
)
GET = Task(
    name="Get",
    resource="arn:${Partition}:states:::dynamodb:getItem",
    arguments={"TableName": "${Table}", "Key": {"pk": {"S": "${Key}"}}},
    statements=(READ,),
)
MACHINE = Machine(
    (Pass(name="A", next="M"), Map(name="M", items=[1], processor=Machine((GET,)), max_concurrency=1)),
    comment="Reads",
    timeout_seconds=60,
    bindings={"Table": "t", "Key": "k"},
)


def test_definition_is_jsonata_at_the_top_and_nowhere_else() -> None:
    definition = json.loads(MACHINE.definition())
    assert list(definition) == ["QueryLanguage", "Comment", "TimeoutSeconds", "StartAt", "States"]
    assert MACHINE.definition().count("QueryLanguage") == 1
    assert definition == MACHINE.to_asl()
    assert MACHINE.definition() == Machine(MACHINE.states, comment="Reads", timeout_seconds=60).definition()


def test_states_are_found_at_any_depth() -> None:
    assert [state.name for state in MACHINE.walk()] == ["A", "M", "Get"]
    assert MACHINE.state("Get") is GET
    with pytest.raises(KeyError, match="No state 'Gte'; there are A, M, Get"):
        MACHINE.state("Gte")


def test_permissions_of_nested_states_are_gathered() -> None:
    assert MACHINE.statements() == (READ,)


def test_placeholders_of_definition_and_statements() -> None:
    assert MACHINE.placeholders() == {"Partition", "Region", "Account", "Table", "Key"}
    assert MACHINE.substitutions() == {"Key": "k", "Table": "t"}


def test_a_placeholder_without_a_value_is_named() -> None:
    unbound = Machine(MACHINE.states, bindings={"Table": "t"})
    with pytest.raises(MachineError, match=r"Placeholder \$\{Key\} is bound to nothing; add it to bindings"):
        unbound.substitutions()


def test_binding_adds_values_and_keeps_what_was_rendered() -> None:
    machine = Machine(MACHINE.states, bindings={"Table": "t"})
    definition = machine.definition()
    bound = machine.bind({"Key": "k"})
    assert bound.substitutions() == {"Key": "k", "Table": "t"}
    assert bound.definition() is definition
    assert machine.bindings == {"Table": "t"}


def test_a_machine_starts_where_it_says() -> None:
    assert Machine((Pass(name="A"), Pass(name="B", next="A")), start="B").to_asl()["StartAt"] == "B"
    with pytest.raises(ValueError, match="states is empty"):
        Machine(())


def test_all_findings_are_told_at_once() -> None:
    wrong = Machine((Pass(name="A", output="{% $a & %}"), Pass(name="B", output="${Nothing}")))
    with pytest.raises(MachineError) as told:
        check(wrong)
    assert len(told.value.findings) == 3
    assert str(told.value) == "\n".join(told.value.findings)
