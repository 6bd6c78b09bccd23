from dataclasses import FrozenInstanceError, replace
from typing import Any

import pytest

from mdlc_constructs.asl.failures import Catch, Retry
from mdlc_constructs.asl.machine import Machine
from mdlc_constructs.asl.states import Choice, Fail, Map, Parallel, Pass, Rule, State, Succeed, Task, Wait

RETRY = (Retry(errors=("A",)),)


@pytest.mark.parametrize(
    ("state", "body"),
    [
        (Pass(name="P"), {"Type": "Pass", "End": True}),
        (
            Pass(name="P", output={"a": 1}, assign={"b": "{% 1 %}"}, next="Q", comment="c"),
            {"Type": "Pass", "Comment": "c", "Output": {"a": 1}, "Assign": {"b": "{% 1 %}"}, "Next": "Q"},
        ),
        (
            Wait(name="W", seconds="{% $pause %}", next="P"),
            {"Type": "Wait", "Seconds": "{% $pause %}", "Next": "P"},
        ),
        (Succeed(name="S", output="{% 1 %}"), {"Type": "Succeed", "Output": "{% 1 %}"}),
        (Fail(name="F", error="E", cause="C"), {"Type": "Fail", "Error": "E", "Cause": "C"}),
        (
            Choice(
                name="C",
                rules=(Rule(condition="{% $a %}", next="X", assign={"v": 1}, output={}),),
                default="Y",
                assign={"w": 2},
            ),
            {
                "Type": "Choice",
                "Choices": [{"Condition": "{% $a %}", "Assign": {"v": 1}, "Output": {}, "Next": "X"}],
                "Assign": {"w": 2},
                "Default": "Y",
            },
        ),
        (
            Task(
                name="T",
                resource="arn:x",
                arguments={"a": 1},
                output="{% $states.result %}",
                assign={"v": 1},
                retry=RETRY,
                catch=(Catch(next="F"),),
                timeout_seconds=60,
                heartbeat_seconds=5,
                next="U",
            ),
            {
                "Type": "Task",
                "Resource": "arn:x",
                "Arguments": {"a": 1},
                "TimeoutSeconds": 60,
                "HeartbeatSeconds": 5,
                "Output": "{% $states.result %}",
                "Assign": {"v": 1},
                "Retry": [RETRY[0].to_asl()],
                "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "F"}],
                "Next": "U",
            },
        ),
        (
            Map(
                name="M",
                items="{% $list %}",
                item_selector={"x": "{% $states.context.Map.Item.Value %}"},
                processor=Machine((Pass(name="I"),)),
                max_concurrency=2,
            ),
            {
                "Type": "Map",
                "Items": "{% $list %}",
                "ItemSelector": {"x": "{% $states.context.Map.Item.Value %}"},
                "MaxConcurrency": 2,
                "ItemProcessor": {
                    "ProcessorConfig": {"Mode": "INLINE"},
                    "StartAt": "I",
                    "States": {"I": {"Type": "Pass", "End": True}},
                },
                "End": True,
            },
        ),
        (
            Parallel(name="B", branches=(Machine((Pass(name="I"),)),), arguments={"a": 1}),
            {
                "Type": "Parallel",
                "Branches": [{"StartAt": "I", "States": {"I": {"Type": "Pass", "End": True}}}],
                "Arguments": {"a": 1},
                "End": True,
            },
        ),
    ],
)
def test_body_in_the_states_language(state: State, body: dict[str, object]) -> None:
    assert state.to_asl() == body


def test_a_task_retries_throttling_unless_told_otherwise() -> None:
    assert "SageMaker.ThrottlingException" in str(Task(name="T", resource="r").to_asl()["Retry"])
    assert "Retry" not in Task(name="T", resource="r", retry=()).to_asl()


def test_states_are_frozen_and_misspelt_arguments_are_type_errors() -> None:
    made: Any = Pass
    state = made(name="P")
    with pytest.raises(FrozenInstanceError):
        state.name = "Q"
    with pytest.raises(TypeError, match="outptu"):
        made(name="P", outptu={})


def test_linking_fills_in_only_what_is_open() -> None:
    assert Pass(name="P").linked("Q").next == "Q"
    assert Pass(name="P", next="R").linked("Q").next == "R"
    assert list(Choice(name="C", rules=(Rule(condition="c", next="X"),)).linked("Q").targets()) == ["X", "Q"]
    end = Succeed(name="S")
    assert end.linked("Q") is end


def test_a_linked_state_equals_the_one_written_out() -> None:
    assert Task(name="T", resource="r").linked("Q") == Task(name="T", resource="r", next="Q")


def test_catching_all_comes_last_and_is_not_added_twice() -> None:
    everything, narrow = Catch(next="F"), Catch(next="N", errors=("A",))
    task = Task(name="T", resource="r")
    assert task.caught(everything).catchers() == (everything,)
    assert replace(task, catch=(everything,)).caught(Catch(next="G")).catchers() == (everything,)
    assert replace(task, catch=(everything,)).caught(narrow).catchers() == (narrow, everything)
    assert replace(task, catch=(narrow,)).caught(everything).catchers() == (narrow, everything)


def test_request_digest_follows_the_request_and_nothing_else() -> None:
    task = Task(name="T", resource="r", arguments={"a": "${X}", "b": {"c": 1}})
    assert replace(task, name="U", next="V", retry=()).request_digest() == task.request_digest()
    reordered = replace(task, arguments={"b": {"c": 1}, "a": "${X}"})
    assert reordered.request_digest() == task.request_digest()
    assert replace(task, arguments={"a": "${X}", "b": {"c": 2}}).request_digest() != task.request_digest()
    assert replace(task, resource="s").request_digest() != task.request_digest()


def test_request_digest_does_not_follow_the_numbers_of_tokens() -> None:
    first = Task(name="T", resource="r", arguments={"a": "s3://${Token[TOKEN.11]}/${Token[TOKEN.12]}"})
    second = Task(name="T", resource="r", arguments={"a": "s3://${Token[TOKEN.97]}/${Token[TOKEN.3]}"})
    assert first.request_digest() == second.request_digest()


def test_digest_of_a_map_is_that_of_its_tasks() -> None:
    def scoring(argument: int) -> Map:
        task = Task(name="T", resource="r", arguments={"a": argument})
        return Map(name="M", items=[1], processor=Machine((task,)), max_concurrency=1)

    assert scoring(1).request_digest() == scoring(1).request_digest() != scoring(2).request_digest()


@pytest.mark.parametrize(
    ("rules", "following", "said"),
    [((), None, "rules of the choice 'C' are empty"), ((Rule(condition="c", next="X"),), "Y", "set default")],
)
def test_choices_that_cannot_be_are_refused(
    rules: tuple[Rule, ...], following: str | None, said: str
) -> None:
    with pytest.raises(ValueError, match=said):
        Choice(name="C", rules=rules, next=following)
