"""What is checked of a machine before any resource exists."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mdlc_constructs.asl.machine import Machine


def findings(machine: Machine, *, traced: bool) -> Iterator[str]:
    """Everything wrong with the machine, one sentence a finding."""
    names = {state.name for state in machine.states}
    for state in machine.states:
        for target in state.targets():
            if target not in names:
                yield f"State {state.name!r} goes to {target!r}, which does not exist."
