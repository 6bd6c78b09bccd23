from collections.abc import Callable

import pytest

from mdlc_constructs.asl.failures import Catch
from mdlc_constructs.asl.machine import Machine
from mdlc_constructs.asl.sequence import StateSequence
from mdlc_constructs.asl.states import Choice, Fail, Map, Pass, Rule, Task
from mdlc_constructs.asl.transitions import (
    USD_PER_1000_TRANSITIONS,
    cost_usd,
    count_transitions,
    entered_states,
)

SCORE = Machine(StateSequence.of(Pass(name="In"), Pass(name="Out")).states)
MACHINE = Machine(
    (
        *StateSequence.of(
            Pass(name="Plan"),
            Choice(
                name="Resume",
                rules=(Rule(condition="{% $a %}", next="Score"), Rule(condition="{% $b %}", next="Plan")),
            ),
            Task(name="Train", resource="r"),
            Map(name="Score", items="{% $m %}", processor=SCORE, max_concurrency=2),
        )
        .caught(Catch(next="Failed"))
        .states,
        Fail(name="Failed", error="e", cause="c"),
    )
)


def test_the_success_path_takes_defaults() -> None:
    assert entered_states(MACHINE) == ("Plan", "Resume", "Train", "Score", "In", "Out")


def test_branches_taken_and_items_are_parameters() -> None:
    path = entered_states(MACHINE, taken={"Resume": "Score"}, items={"Score": 2})
    assert path == ("Plan", "Resume", "Score", "In", "Out", "In", "Out")
    assert count_transitions(MACHINE, items={"Score": 0}) == 4


def test_a_thousand_transitions_cost_what_aws_says() -> None:
    assert cost_usd(MACHINE, items={"Score": 498}) == pytest.approx(USD_PER_1000_TRANSITIONS)


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        (lambda: entered_states(MACHINE, taken={"Resume": "Plan"}), "comes back to 'Plan'"),
        (
            lambda: entered_states(MACHINE, taken={"Resume": "Failed"}),
            "taken sends 'Resume' to 'Failed'; it goes to",
        ),
        (lambda: entered_states(MACHINE, taken={"Resme": "Plan"}), "taken names the state 'Resme'"),
        (lambda: entered_states(MACHINE, items={"Scor": 2}), "items names the state 'Scor'"),
        (
            lambda: entered_states(Machine((Choice(name="C", rules=(Rule(condition="c", next="C"),)),))),
            "Choice 'C' has no default",
        ),
    ],
)
def test_paths_that_cannot_be_are_refused(asked: Callable[[], object], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        asked()
