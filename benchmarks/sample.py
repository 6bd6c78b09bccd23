"""The measurements of a sample of a fleet in real state machines."""

from collections.abc import Sequence
from dataclasses import dataclass, field


@dataclass(kw_only=True)
class Sample:
    """Executions of real state machines, and the leases that were held meanwhile.

    Attributes:
        models: the number of models.
        starts: how many times each model was started at once.
        time_scale: the factor by which waits were shortened.
        transitions: the number of states that each execution entered, by workflow and outcome.
        looks: the number of times the leases were checked.
        most: the maximum number of jobs that were held.
        seconds: the time from the first start to the last end, on this machine.
    """

    models: int
    starts: int
    time_scale: float
    transitions: dict[tuple[str, str], list[int]] = field(default_factory=dict)
    looks: int = 0
    most: int = 0
    seconds: float = 0.0

    def add(self, workflow: str, outcome: str, states: Sequence[str]) -> None:
        """Count an execution."""
        self.transitions.setdefault((workflow, outcome), []).append(len(states))

    def count(self, workflow: str) -> int:
        """The number of executions of a workflow's machines."""
        return sum(len(states) for (name, _), states in self.transitions.items() if name == workflow)
