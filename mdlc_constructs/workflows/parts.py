"""The parts of a workflow's machine: the tasks of its steps, with replacements, and the seams around them."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Protocol, TypeVar

from mdlc_constructs.asl.machine import Machine
from mdlc_constructs.asl.sequence import StateSequence
from mdlc_constructs.asl.states import State
from mdlc_constructs.suggestions import nearest

NO_SEAM = StateSequence()

Seams = Mapping[str, StateSequence]
"""Maps `before_<step>` or `after_<step>` to the states that are inserted there."""

Settings = TypeVar("Settings")
Settings_contra = TypeVar("Settings_contra", contravariant=True)


@dataclass(frozen=True, kw_only=True)
class Parts:
    """The parts from which a machine is assembled, besides its settings.

    Attributes:
        tasks: the task of every step, with replacements.
        defaults: the default task of every step.
        seams: states before and after steps.
        bindings: values of the placeholders.
    """

    tasks: Mapping[str, State]
    defaults: Mapping[str, State]
    seams: Seams
    bindings: Mapping[str, object]


class MachineFunction(Protocol[Settings_contra]):
    """A pure function from a workflow's settings to its machine."""

    def __call__(
        self,
        settings: Settings_contra,
        *,
        tasks: Mapping[str, State] | None = None,
        seams: Seams | None = None,
        bindings: Mapping[str, object] | None = None,
    ) -> Machine:
        """Assemble the machine.

        Args:
            settings: the workflow's settings.
            tasks: replacements of steps' tasks, by step.
            seams: states before and after steps.
            bindings: values of the placeholders.

        Raises:
            ValueError: for an unknown step or seam, or a task that does not fit the machine.
        """
        ...


def machine_function(
    workflow: Callable[[Settings], str],
    steps: Callable[[Settings], tuple[str, ...]],
    default_tasks: Callable[[Settings], dict[str, State]],
) -> Callable[[Callable[[Settings, Parts], Machine]], MachineFunction[Settings]]:
    """A decorator that turns a function of settings and parts into a workflow's machine function.

    Args:
        workflow: returns the workflow's name.
        steps: returns the steps that have seams, in order.
        default_tasks: returns the default task of every step.
    """

    def decorate(put_together: Callable[[Settings, Parts], Machine]) -> MachineFunction[Settings]:
        def machine(
            settings: Settings,
            *,
            tasks: Mapping[str, State] | None = None,
            seams: Seams | None = None,
            bindings: Mapping[str, object] | None = None,
        ) -> Machine:
            name, defaults = workflow(settings), default_tasks(settings)
            check_names(name, steps(settings), tasks or {}, seams or {})
            parts = Parts(
                tasks=chosen_tasks(name, defaults, tasks),
                defaults=defaults,
                seams=dict(seams or {}),
                bindings=bindings or {},
            )
            return put_together(settings, parts)

        machine.__name__, machine.__module__ = put_together.__name__, put_together.__module__
        machine.__doc__ = MachineFunction.__call__.__doc__
        return machine

    return decorate


def check_names(workflow: str, steps: Iterable[str], tasks: Iterable[str], seams: Iterable[str]) -> None:
    """Reject tasks and seams of steps that do not exist.

    Raises:
        ValueError: names the unknown step or seam, the most similar valid name, and the workflow's steps.
    """
    steps = tuple(steps)
    around = tuple(f"{side}_{step}" for step in steps for side in ("before", "after"))
    for what, names, known in (("step", tasks, steps), ("seam", seams, around)):
        for name in names:
            if name not in known:
                near = nearest(name, known)
                hint = f" Did you mean {near!r}?" if near else ""
                raise ValueError(
                    f"{name!r} is no {what} of the {workflow} workflow: it has {', '.join(steps)}, with "
                    f"a seam before_ and after_ each.{hint}"
                )


def chosen_tasks(
    workflow: str, defaults: Mapping[str, State], tasks: Mapping[str, State] | None
) -> dict[str, State]:
    """The task of every step: the default, unless `tasks` replaces it.

    Raises:
        ValueError: for a task with another name than the default, or without variables that states read.
    """
    for step, task in (tasks or {}).items():
        default = defaults.get(step)
        if default is None:
            continue
        if task.name != default.name:
            raise ValueError(
                f"The task of the step {step!r} of the {workflow} workflow is named {task.name!r}: name it "
                f"{default.name!r}, by which the plan and the other states know it."
            )
        missing = sorted(assigned(default) - assigned(task))
        if missing:
            raise ValueError(
                f"The task of the step {step!r} of the {workflow} workflow assigns no variable "
                f"{missing[0]!r}, which following states read: give it assign={{{missing[0]!r}: ...}}, as "
                f"docs/change-a-step.md says."
            )
    return {**defaults, **(tasks or {})}


def starts_otherwise(state: State, default: State) -> bool:
    """Whether a state calls another API than the default; such work cannot be looked up by its name."""
    return state.to_asl().get("Resource") != default.to_asl().get("Resource")


def assigned(state: State) -> set[str]:
    """The variables that a state assigns when it succeeds."""
    names = state.to_asl().get("Assign")
    return set(names) if isinstance(names, Mapping) else set()
