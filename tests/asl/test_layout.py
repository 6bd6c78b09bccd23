from itertools import combinations

from hypothesis import given
from hypothesis import strategies as st

from mdlc_constructs.asl.failures import Catch
from mdlc_constructs.asl.layout import Box, lay_out
from mdlc_constructs.asl.machine import Machine
from mdlc_constructs.asl.sequence import StateSequence
from mdlc_constructs.asl.states import Choice, Fail, Map, Parallel, Pass, Rule, State, Task


@st.composite
def machines(draw: st.DrawFn) -> Machine:
    """Machines of up to eight steps with jumps, loops, nested machines and a failure's path."""
    names = [f"S{number}" for number in range(draw(st.integers(1, 8)))]
    steps: list[State] = []
    for name in names:
        inner = Machine(StateSequence.of(Pass(name=f"{name}a"), Task(name=f"{name}b", resource="r")).states)
        rules = tuple(
            Rule(condition="c", next=draw(st.sampled_from(names))) for _ in range(draw(st.integers(1, 3)))
        )
        steps.append(
            draw(
                st.sampled_from(
                    [
                        Pass(name=name),
                        Task(name=name, resource="r"),
                        Choice(name=name, rules=rules),
                        Map(name=name, items=[], processor=inner, max_concurrency=1),
                        Parallel(name=name, branches=(inner, Machine((Pass(name=f"{name}c"),)))),
                    ]
                )
            )
        )
    ending = Pass(name="End")
    failures = (Task(name="Record", resource="r", next="Failed"), Fail(name="Failed", error="e", cause="c"))
    main = StateSequence.of(*steps, ending).caught(Catch(next="Record"))
    return Machine((*main.states, *failures))


def apart(one: Box, other: Box) -> bool:
    return (
        one.x + one.width <= other.x
        or other.x + other.width <= one.x
        or one.y + one.height <= other.y
        or other.y + other.height <= one.y
    )


def within(one: Box, other: Box) -> bool:
    return (
        other.x <= one.x
        and other.y <= one.y
        and one.x + one.width <= other.x + other.width
        and one.y + one.height <= other.y + other.height
    )


@given(machines())
def test_every_state_has_a_box_inside_the_picture_and_none_overlap(machine: Machine) -> None:
    layout = lay_out(machine)
    assert sorted(box.state.name for box in layout.boxes) == sorted(machine.names())
    for box in layout.boxes:
        assert box.x >= 0
        assert box.y >= 0
        assert box.x + box.width <= layout.width
        assert box.y + box.height <= layout.height
    for one, other in combinations(layout.boxes, 2):
        assert apart(one, other) or (other.group and within(one, other)) or (one.group and within(other, one))


@given(machines())
def test_every_line_lies_inside_the_picture(machine: Machine) -> None:
    layout = lay_out(machine)
    for line in layout.lines:
        for x, y in line.points:
            assert 0 <= x <= layout.width
            assert 0 <= y <= layout.height


def test_a_machine_of_one_state_is_one_box() -> None:
    layout = lay_out(Machine((Pass(name="A"),)))
    assert len(layout.boxes) == 1
    assert layout.lines == ()
