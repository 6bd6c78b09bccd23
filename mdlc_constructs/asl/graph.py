"""The graph of a machine: its transitions, which states are reachable, and where failures are handled."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from mdlc_constructs.asl.foreign import CAN_FAIL, Foreign
from mdlc_constructs.asl.machine import Machine
from mdlc_constructs.asl.states import Fail, Failable, NestedMachine, State, Succeed

MAX_NAME_CHARACTERS = 80
"""The maximum for a state's name: https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html"""


def name_findings(machine: Machine) -> Iterator[str]:
    """Findings about names that occur twice in the machine, or that AWS refuses."""
    seen: set[str] = set()
    for name in machine.names():
        if name in seen:
            yield (
                f"State {name!r} occurs twice; names are unique in the whole machine, nested states included."
            )
        seen.add(name)
        if not 1 <= len(name) <= MAX_NAME_CHARACTERS:
            yield f"State {name!r} has {len(name)} characters in its name; use 1 to {MAX_NAME_CHARACTERS}."


def structure_findings(machine: NestedMachine) -> Iterator[str]:
    """Findings about missing targets, unreachable states, and machines without an end; also nested ones."""
    by_name = {state.name: state for state in machine.states}
    if machine.entry not in by_name:
        yield f"The machine starts at {machine.entry!r}, which does not exist."
    for state in machine.states:
        for target in state.targets():
            if target not in by_name:
                yield f"State {state.name!r} goes to {target!r}, which does not exist beside it."
    reached = _closure([machine.entry], {name: list(state.targets()) for name, state in by_name.items()})
    for state in machine.states:
        if state.name not in reached:
            yield f"State {state.name!r} is never reached; link it, or leave it out."
    if not any(_ends(state) for state in machine.states):
        yield f"No state after {machine.entry!r} ends the machine; leave next unset on the last one."
    for state in machine.states:
        for nested in state.machines():
            yield from structure_findings(nested)


def trace_findings(machine: Machine) -> Iterator[str]:
    """Findings about states whose failure is not recorded.

    A state that can fail must catch all errors, unless it is itself part of the failure handling. The target
    of that catcher must not be a Fail state: a task must record or publish the failure first. Errors inside a
    Map or a Parallel reach its own catcher.
    """
    by_name = {state.name: state for state in machine.states}
    handling = failure_path(machine)
    untraced: set[str] = set()
    for state in machine.states:
        if state.name in handling or not _can_fail(state):
            continue
        targets = _catching_all(state)
        if not targets:
            yield (
                f"State {state.name!r} can fail without a trace; add Catch(next=...) to it, "
                "or sequence.caught(Catch(next=...)) to all."
            )
        untraced.update(name for name in targets if name in by_name and _is_fail(by_name[name]))
    for name in sorted(untraced):
        yield f"Errors are caught by {name!r}, which ends the machine before any task has recorded them."


def failure_path(machine: Machine) -> frozenset[str]:
    """The names of the top-level states that handle failures.

    They are reachable only after an error, or only Fail states are reachable from them.
    """
    by_name = {state.name: state for state in machine.states}
    normal = _closure(
        [machine.entry], {name: list(state.normal_targets()) for name, state in by_name.items()}
    )
    sources: dict[str, list[str]] = {}
    for name, state in by_name.items():
        for target in state.normal_targets():
            sources.setdefault(target, []).append(name)
    good_ends = [name for name, state in by_name.items() if _ends(state) and not _is_fail(state)]
    return frozenset(by_name.keys() - (normal & _closure(good_ends, sources)))


def _is_fail(state: State) -> bool:
    return isinstance(state, Fail) or (isinstance(state, Foreign) and state.kind == "Fail")


def _closure(starts: Iterable[str], following: Mapping[str, Iterable[str]]) -> set[str]:
    reached: set[str] = set()
    waiting = list(starts)
    while waiting:
        name = waiting.pop()
        if name not in reached:
            reached.add(name)
            waiting.extend(following.get(name, ()))
    return reached


def _ends(state: State) -> bool:
    if isinstance(state, Foreign):
        return ("End" in state.body and state.next is None) or state.kind in ("Succeed", "Fail")
    return isinstance(state, (Succeed, Fail)) or (state.linkable and state.next is None)


def _can_fail(state: State) -> bool:
    if isinstance(state, Foreign):
        return state.kind in CAN_FAIL
    return isinstance(state, Failable)


def _catching_all(state: State) -> list[str]:
    return [catch.next for catch in state.catchers() if "States.ALL" in catch.errors]
