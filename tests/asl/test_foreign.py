from collections.abc import Mapping

import pytest

from mdlc_constructs.asl.checks import check
from mdlc_constructs.asl.failures import Catch
from mdlc_constructs.asl.foreign import Foreign, from_graph
from mdlc_constructs.asl.machine import Machine
from mdlc_constructs.asl.sequence import StateSequence
from mdlc_constructs.asl.statements import Statement
from mdlc_constructs.asl.states import Pass

PUBLISH = {
    "Type": "Task",
    "QueryLanguage": "JSONata",
    "Resource": "arn:${Token[AWS.Partition.3]}:states:::sns:publish",
    "Arguments": {"TopicArn": "${Token[TOKEN.11]}", "Message": "{% $states.input.x %}"},
    "Next": "Which",
}
GRAPH: Mapping[str, object] = {
    "StartAt": "Publish",
    "States": {
        "Left": {"Type": "Pass", "QueryLanguage": "JSONata", "End": True},
        "Publish": PUBLISH,
        "Which": {
            "Type": "Choice",
            "QueryLanguage": "JSONata",
            "Choices": [{"Condition": "{% true %}", "Next": "Left"}],
            "Default": "Right",
        },
        "Right": {"Type": "Pass", "End": True},
    },
}
ALLOWED = Statement(actions=("sns:Publish",), resources=("${Token[TOKEN.11]}",))


def test_every_end_joins_what_follows() -> None:
    sequence = StateSequence.of(
        Pass(name="Before"), StateSequence.from_graph(GRAPH, [ALLOWED]), Pass(name="After")
    )
    targets = {state.name: list(state.targets()) for state in sequence}
    assert targets == {
        "Before": ["Publish"],
        "Publish": ["Which"],
        "Left": ["After"],
        "Which": ["Left", "Right"],
        "Right": ["After"],
        "After": [],
    }


def test_tokens_become_placeholders_and_permissions_are_kept() -> None:
    machine = Machine(StateSequence.from_graph(GRAPH, [ALLOWED]).states)
    check(machine, traced=False)
    assert "Token[" not in machine.definition()
    assert "QueryLanguage" not in machine.state("Publish").to_asl()
    assert machine.substitutions() == {"Token1": "${Token[TOKEN.11]}"}
    assert machine.statements() == (ALLOWED,)


def test_a_missing_permission_is_found_in_a_foreign_chain_too() -> None:
    with pytest.raises(ValueError, match="State 'Publish' needs sns:Publish"):
        check(Machine(StateSequence.from_graph(GRAPH).states), traced=False)


def test_errors_of_a_foreign_task_are_caught() -> None:
    caught = StateSequence.from_graph(GRAPH).caught(Catch(next="Record"))
    assert [len(state.catchers()) for state in caught] == [1, 0, 0, 0]
    again = caught.caught(Catch(next="Other"))
    assert again == caught
    narrow = caught.caught(Catch(next="Other", errors=("Sns.Busy",))).states[0].catchers()
    assert [catch.next for catch in narrow] == ["Other", "Record"]


def test_names_must_not_clash() -> None:
    with pytest.raises(ValueError, match="State 'Which' occurs twice"):
        StateSequence.of(Pass(name="Which"), StateSequence.from_graph(GRAPH))


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (
            {"Type": "Pass", "InputPath": "$.x", "End": True},
            r"State 'S' uses JSONPath \(InputPath\).*\.jsonata\(\)",
        ),
        (
            {
                "Type": "Map",
                "ItemProcessor": {
                    "StartAt": "I",
                    "States": {"I": {"Type": "Pass", "Result": 1, "End": True}},
                },
                "End": True,
            },
            r"State 'I' uses JSONPath \(Result\)",
        ),
        (
            {
                "Type": "Map",
                "ItemProcessor": {"ProcessorConfig": {"Mode": "DISTRIBUTED"}, "StartAt": "I", "States": {}},
                "End": True,
            },
            "State 'S' is a distributed Map; use an inline Map",
        ),
    ],
)
def test_what_cannot_stand_in_a_machine_of_ours_is_refused(body: dict[str, object], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        from_graph({"StartAt": "S", "States": {"S": body}})


def test_a_graph_without_its_start_is_refused() -> None:
    with pytest.raises(ValueError, match="graph has no state 'X'"):
        from_graph({"StartAt": "X", "States": {}})


def test_nested_states_are_known_by_name() -> None:
    branch = {"StartAt": "B", "States": {"B": {"Type": "Pass", "End": True}}}
    inner = {"Type": "Parallel", "Branches": [branch], "End": True}
    state = Foreign(name="S", body={"Type": "Map", "ItemProcessor": {"States": {"P": inner}}, "End": True})
    assert [name for name, _ in state.nested()] == ["P", "B"]
    assert list(Machine((state,)).names()) == ["S", "P", "B"]
