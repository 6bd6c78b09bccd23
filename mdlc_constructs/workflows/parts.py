"""The parts of a workflow's machine: every step's task, replaced or not, and the seams around the steps."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Protocol, TypeVar

from mdlc_constructs.asl.machine import Machine
from mdlc_constructs.asl.sequence import StateSequence
from mdlc_constructs.asl.states import State
from mdlc_constructs.suggestions import nearest

NO_SEAM = StateSequence()

Seams = Mapping[str, StateSequence]
"""`before_<step>` or `after_<step>` to the states that go there."""

Settings = TypeVar("Settings")
Settings_contra = TypeVar("Settings_contra", contravariant=True)


@dataclass(frozen=True, kw_only=True)
class Parts:
    """What a machine is put together from, beside its settings.

    Attributes:
        tasks: the task of every step.
        defaults: the tasks as they are unless they are replaced.
        seams: states before and after steps.
        bindings: values of the placeholders.
    """

    tasks: dict[str, State]
    defaults: Mapping[str, State]
    seams: dict[str, StateSequence]
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
        """Put the machine together.

        Args:
            tasks: replacements of steps' tasks, by step.
            seams: states before and after steps.
            bindings: values of the placeholders.

        Raises:
            ValueError: for an unknown step or seam, or a task that the machine could not go on with.
        """
        ...


def machine_function(
    workflow: Callable[[Settings], str],
    steps: Callable[[Settings], tuple[str, ...]],
    default_tasks: Callable[[Settings], dict[str, State]],
) -> Callable[[Callable[[Settings, Parts], Machine]], MachineFunction[Settings]]:
    """Make a workflow's machine function of the function that puts its parts together.

    Args:
        workflow: the workflow's name.
        steps: the steps that have seams, in order.
        default_tasks: the task of every step, as it is unless it is replaced.
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
    """Refuse tasks and seams of steps that do not exist.

    Raises:
        ValueError: naming what was asked for, the nearest right name, and the steps there are.
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
        ValueError: for a task that the rest of the machine could not go on with.
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
    """Whether a state starts another kind of work than the default, whose work is looked up by its name."""
    return state.to_asl().get("Resource") != default.to_asl().get("Resource")


def assigned(state: State) -> set[str]:
    """The variables that a state assigns when it succeeds."""
    names = state.to_asl().get("Assign")
    return set(names) if isinstance(names, Mapping) else set()
