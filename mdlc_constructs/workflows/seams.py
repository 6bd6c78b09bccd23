"""Changes of a workflow by a subclass or a caller: replaced tasks, and states around the steps."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from aws_cdk import aws_stepfunctions as sfn

from mdlc_constructs.asl.sequence import StateSequence
from mdlc_constructs.asl.states import State
from mdlc_constructs.suggestions import nearest
from mdlc_constructs.workflows.assembly import state_name
from mdlc_constructs.workflows.parts import check_names


@dataclass(frozen=True)
class Always:
    """A seam whose states run in every execution, even when the steps around it are skipped.

    An execution on unchanged data skips the steps that an earlier execution completed, and the seams around
    those steps. Put a check that every execution must pass (compliance, a spending limit) into `Always`: its
    states run before the execution resumes, in the order of the steps. They must be idempotent: they run
    again when the execution returns to `Plan` because another execution started one of its jobs first.

    Args:
        part: a state, a chain, or a list of them in order, as for any seam.
    """

    part: "Seam"


Seam = State | StateSequence | sfn.IChainable | Always | list[Any] | tuple[Any, ...]
"""The states before or after a step: a state of this library, a chain of the CDK's own states (JSONata), a
list of them in order, or any of these in `Always`."""

CLOSE = 0.8
"""How like a seam's name (0 to 1) a method's name is to be taken for a misspelt one; others are its own."""

_SEAM = re.compile(r"(before|after)_.+|create_.+_task")


def tasks_of(workflow: object, steps: Iterable[str]) -> dict[str, State]:
    """The task of every step, from the workflow's `create_<step>_task`.

    Raises:
        ValueError: for a method whose name is almost that of a seam, or a return value that is not one state.
    """
    _check_methods(type(workflow))
    return {step: _task(step, getattr(workflow, f"create_{step}_task")()) for step in steps}


def seams_of(
    workflow: object, steps: Iterable[str], arguments: Mapping[str, Seam | None] | None
) -> dict[str, StateSequence]:
    """The states around the steps: those of the workflow's methods, then those of its argument `seams`.

    Raises:
        ValueError: for a seam around a step that does not exist, with the most similar valid name, or for a
            value that is not a state or a chain of states.
    """
    if arguments is not None and not isinstance(arguments, Mapping):
        raise ValueError(f'seams={arguments!r}: give a dict, such as {{"before_train": states}}.')
    kind, steps = type(workflow), tuple(steps)
    methods = [name for name in dir(kind) if name.startswith(("before_", "after_"))]
    check_names(kind.__name__, steps, (), (*methods, *(arguments or {})))
    seams = {}
    for name in (f"{side}_{step}" for step in steps for side in ("before", "after")):
        parts = [getattr(workflow, name)()] if name in methods else []
        parts += [arguments[name]] if arguments and name in arguments else []
        sequences = [_sequence(name, part) for part in parts if part is not None]
        sequence = StateSequence.of(*sequences)
        if sequence:
            seams[name] = replace(sequence, runs_always=any(part.runs_always for part in sequences))
    return seams


def _task(step: str, value: Any) -> State:
    method, name = f"create_{step}_task", state_name(step)
    if isinstance(value, State):
        return value
    if not isinstance(value, StateSequence) and not hasattr(value, "start_state"):
        raise ValueError(
            f"{method}() returns {value!r}: return one state named {name!r}, such as "
            f"dataclasses.replace(super().{method}(), ...), or one of the CDK's own with query language "
            f"JSONata."
        )
    states = _sequence(method, value)
    if len(states) != 1:
        raise ValueError(
            f"{method}() returns {len(states)} states ({', '.join(state.name for state in states)}): a step "
            f"is one state; return the one named {name!r}, and the others from before_{step} and "
            f"after_{step}."
        )
    return states.first


def _sequence(name: str, part: Any) -> StateSequence:
    if isinstance(part, Always):
        return replace(_sequence(name, part.part), runs_always=True)
    if isinstance(part, StateSequence):
        return part
    if isinstance(part, State):
        return StateSequence.of(part)
    if isinstance(part, list | tuple):
        sequences = [_sequence(name, item) for item in part]
        return replace(StateSequence.of(*sequences), runs_always=any(item.runs_always for item in sequences))
    if not hasattr(part, "start_state"):
        raise ValueError(
            f"The seam {name!r} holds {part!r}: give it states, a StateSequence, or a chain of the CDK's own "
            f"states."
        )
    # Imported here, because it starts the jsii kernel and most workflows have no such chain.
    from mdlc_constructs.tasks.chain import sequence_from_chain

    return sequence_from_chain(part)


def _check_methods(kind: type) -> None:
    """Reject a method of a subclass that looks like a seam but would never be called."""
    library = [base for base in kind.__mro__ if _room(base) == "mdlc_constructs"]
    known = {name for base in library for name in vars(base) if _SEAM.fullmatch(name)}
    known |= {f"{side}_{step}" for step in getattr(library[0], "steps", ()) for side in ("before", "after")}
    own = {
        name: base
        for base in kind.__mro__
        if _room(base) not in ("mdlc_constructs", "constructs", "jsii", "builtins")
        for name, member in vars(base).items()
        if callable(member) and not name.startswith("_")
    }
    for name in sorted(own.keys() - known):
        if any(hasattr(base, name) for base in library):
            continue
        method = f"{own[name].__name__}.{name}()"
        near = nearest(name, sorted(known), cutoff=CLOSE)
        if near:
            raise ValueError(
                f"{method} would never be called: did you mean {near!r}? Begin the name with an "
                f"underscore when it is a method of your own."
            )
        if _SEAM.fullmatch(name):
            steps = ", ".join(getattr(library[0], "steps", ()))
            raise ValueError(
                f"{method} would never be called: the steps are {steps}. Begin the name with an underscore "
                f"when it is a method of your own."
            )


def _room(kind: type) -> str:
    return kind.__module__.partition(".")[0]
