from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mdlc_constructs.asl.checks import check
from mdlc_constructs.asl.failures import Catch
from mdlc_constructs.asl.machine import Machine
from mdlc_constructs.asl.sequence import StateSequence
from mdlc_constructs.asl.states import Choice, Fail, Pass, Rule, Succeed, Task


def rows(sizes: list[int]) -> list[StateSequence]:
    return [
        StateSequence.of(*(Pass(name=f"S{row}.{column}") for column in range(size)))
        for row, size in enumerate(sizes)
    ]


@given(st.lists(st.integers(0, 3), min_size=3, max_size=3))
def test_joining_is_associative_and_empty_is_neutral(sizes: list[int]) -> None:
    a, b, c = rows(sizes)
    assert a.then(b).then(c) == a.then(b.then(c)) == StateSequence.of(a, b, c)
    assert StateSequence().then(a) == a == a.then(StateSequence())


@given(st.lists(st.integers(0, 3), max_size=6).filter(any))
def test_whatever_is_joined_can_be_walked_from_first_to_last(sizes: list[int]) -> None:
    joined = StateSequence.of(*rows(sizes))
    by_name = {state.name: state for state in joined}
    walked: list[str] = []
    name: str | None = joined.first.name
    while name is not None:
        walked.append(name)
        name = by_name[name].next
    assert walked == [state.name for state in joined]
    check(Machine(joined.states))


def test_explicit_targets_are_kept() -> None:
    sequence = StateSequence.of(Pass(name="A", next="C"), Pass(name="B"), Pass(name="C"))
    assert [state.next for state in sequence] == ["C", "C", None]


def test_a_choice_defaults_to_what_follows() -> None:
    rule = Rule(condition="{% true %}", next="C")
    sequence = StateSequence.of(Choice(name="A", rules=(rule,)), Pass(name="B"), Pass(name="C"))
    assert list(sequence.first.targets()) == ["C", "B"]


def test_ends_are_not_linked() -> None:
    assert StateSequence.of(Succeed(name="A"), Pass(name="B")).first == Succeed(name="A")
    assert StateSequence.of(Fail(name="A", error="e", cause="c")).open_ends == frozenset()


def test_all_that_can_fail_is_caught() -> None:
    own = Task(name="B", resource="r", catch=(Catch(next="Own"),))
    sequence = StateSequence.of(Task(name="A", resource="r"), own, Pass(name="C")).caught(Catch(next="F"))
    assert [[catch.next for catch in state.catchers()] for state in sequence] == [["F"], ["Own"], []]
    assert sequence.then(Pass(name="D")).states[2].next == "D"


@pytest.mark.parametrize(
    ("build", "said"),
    [
        (lambda: StateSequence.of(Pass(name="A"), Pass(name="A")), "State 'A' occurs twice"),
        (lambda: StateSequence().first, "no first state"),
        (lambda: StateSequence().last, "no last state"),
    ],
)
def test_what_cannot_be_is_refused(build: Callable[[], object], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        build()


def test_an_empty_sequence_is_false() -> None:
    assert not StateSequence()
    assert StateSequence.of(Pass(name="A"))
    assert StateSequence.of(Pass(name="A"), Pass(name="B")).last.name == "B"
