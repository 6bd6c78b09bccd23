"""What a sample of a fleet did in real machines."""

from collections.abc import Sequence
from dataclasses import dataclass, field


@dataclass(kw_only=True)
class Sample:
    """Executions of real machines, and how the leases stood meanwhile.

    Attributes:
        models: how many there were, each started `starts` times at once.
        time_scale: how much faster waits went.
        transitions: by workflow and outcome, how many states each execution entered.
        looks: how often the leases were looked at, and `most` the most jobs that were held.
        seconds: from the first start to the last end, on this machine.
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
        """How many executions of a workflow's machines there were."""
        return sum(len(states) for (name, _), states in self.transitions.items() if name == workflow)
