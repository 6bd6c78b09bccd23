"""Which algorithms train which task of a dataset, by the table."""

from mdlc_constructs.settings.algorithms.table import AlgorithmFacts, algorithm_facts, algorithm_names
from mdlc_constructs.settings.payloads.tasks import TASKS
from mdlc_constructs.settings.refusal import refusal


def algorithms_of(task: str) -> tuple[str, ...]:
    """The names of the algorithms that train a task of a dataset."""
    return tuple(name for name in algorithm_names() if task in algorithm_facts(name).tasks)


def check_trained(facts: AlgorithmFacts, task: str) -> None:
    """Refuse a task of a dataset that an algorithm does not train for.

    Raises:
        ValueError: naming the task, the algorithm, and the algorithms that do.
    """
    if not facts.tasks:
        raise refusal(
            "algorithm",
            facts.name,
            f"answers {facts.purpose} and trains on files, not on a Dataset; give them as Channels(...).",
        )
    if task not in facts.tasks:
        others = " or ".join(
            f"BuiltInAlgorithm.{algorithm_facts(name).method}(...)" for name in algorithms_of(task)
        )
        raise refusal(
            "algorithm",
            facts.name,
            f"trains no model that predicts {TASKS[task].meaning} (task {task!r}); give {others} or "
            "CustomImage(...).",
        )
