"""The number of state transitions of an execution, by which a Standard workflow is billed."""

from __future__ import annotations

from collections.abc import Mapping

from mdlc_constructs.asl.machine import Machine
from mdlc_constructs.asl.states import Choice, NestedMachine, State

USD_PER_1000_TRANSITIONS = 0.025
"""Price of Standard workflows in us-east-1 after the free tier: https://aws.amazon.com/step-functions/pricing/"""


def entered_states(
    machine: Machine, *, taken: Mapping[str, str] | None = None, items: Mapping[str, int] | None = None
) -> tuple[str, ...]:
    """The names of the states that an execution without errors enters, in order, with repetitions.

    Args:
        taken: by the name of a Choice, the state that it goes to; without an entry it goes to its default.
        items: by the name of a Map, its number of items; without an entry its processor runs once.

    Raises:
        ValueError: for a Choice without a default and without an entry in `taken`, for names of states that
            do not exist, and for a path that never ends.
    """
    taken, items = taken or {}, items or {}
    known = set(machine.names())
    for argument, names in (("taken", taken), ("items", items)):
        for name in names:
            if name not in known:
                raise ValueError(f"{argument} names the state {name!r}, which the machine does not have.")
    return tuple(_entered(machine, taken, items))


def count_transitions(
    machine: Machine, *, taken: Mapping[str, str] | None = None, items: Mapping[str, int] | None = None
) -> int:
    """The number of states that an execution without errors enters: see `entered_states`."""
    return len(entered_states(machine, taken=taken, items=items))


def cost_usd(
    machine: Machine, *, taken: Mapping[str, str] | None = None, items: Mapping[str, int] | None = None
) -> float:
    """The price of such an execution's transitions in US dollars, without retries and without jobs."""
    return count_transitions(machine, taken=taken, items=items) * USD_PER_1000_TRANSITIONS / 1000


def _entered(machine: NestedMachine, taken: Mapping[str, str], items: Mapping[str, int]) -> list[str]:
    by_name = {state.name: state for state in machine.states}
    entered: list[str] = []
    passed: set[str] = set()
    name: str | None = machine.entry
    while name is not None:
        if name in passed:
            raise ValueError(
                f"The path comes back to {name!r}; name in taken where a choice leaves the loop."
            )
        passed.add(name)
        state = by_name[name]
        entered.append(name)
        for nested in state.machines():
            entered.extend(_entered(nested, taken, items) * items.get(name, 1))
        name = _following(state, taken)
    return entered


def _following(state: State, taken: Mapping[str, str]) -> str | None:
    targets = list(state.normal_targets())
    chosen = taken.get(state.name)
    if chosen is not None:
        if chosen not in targets:
            raise ValueError(f"taken sends {state.name!r} to {chosen!r}; it goes to {', '.join(targets)}.")
        return chosen
    if isinstance(state, Choice):
        if state.default is None:
            raise ValueError(f"Choice {state.name!r} has no default; name in taken where it goes.")
        return state.default
    # A foreign choice's default comes last too.
    return targets[-1] if targets else None
