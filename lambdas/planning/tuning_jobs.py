"""The tuning jobs of a training: the current one, and those that were stopped, from which it goes on.

A tuning job that was stopped, for example with its execution, has trials that are done. They are not trained
again: the next tuning job starts warm from them and does what is left. SageMaker's warm start is not
recursive, so each tuning job names all earlier ones.
"""

from collections.abc import Callable
from dataclasses import dataclass

from lambdas.planning.steps import Job, Status, StepJob
from mdlc_constructs.settings.payloads.tuning import (
    MAX_ATTEMPT,
    ParentJob,
    Tuned,
    TuningPlan,
    TuningSection,
    tuning_name,
)

MAX_PARENTS = 5
"""SageMaker's limit for the parents of a warm start."""


class TooManyAttempts(Exception):
    """The tuning jobs of this work have failed or were stopped too often."""


@dataclass(frozen=True, kw_only=True)
class TuningJob:
    """What is known of a tuning job.

    Attributes:
        status: Failed for one that was stopped, too.
        completed: how many of its trials completed.
        succeeded: how many of its trials have a metric, with those that were stopped early.
    """

    status: Status
    completed: int = 0
    succeeded: int = 0


TuningLookUp = Callable[[str], TuningJob]
"""Takes a name; returns the tuning job of that name."""


@dataclass(frozen=True, kw_only=True)
class TuningLookUps:
    """What is looked up of tunings.

    Attributes:
        job: the tuning job of a name.
        outcome: the outcome of a tuning, by the S3 URI of its trials; None when they are not collected.
    """

    job: TuningLookUp
    outcome: Callable[[str], Tuned | None]


def find_tuning(
    model: str, digest: str, section: TuningSection, look_up: TuningLookUp
) -> tuple[StepJob, TuningPlan]:
    """The current tuning job of a work, and what is left of it.

    Args:
        digest: of everything that the work depends on.
        look_up: takes a name; returns its tuning job, with the status Absent when there is none.

    Raises:
        TooManyAttempts: when there is no name left for another one.
    """
    earlier: list[tuple[str, int]] = []
    for attempt in range(1, MAX_ATTEMPT + 1):
        name = tuning_name(model, digest, attempt)
        job = look_up(name)
        if job.status != "Failed":
            break
        done = job.succeeded if section.counts_stopped else job.completed
        if section.continues and done:
            earlier.append((name, done))
    else:
        raise TooManyAttempts(
            f"The tuning jobs of this work failed or were stopped {MAX_ATTEMPT} times, the last is {name}: "
            "change the data or a setting, or delete their records in SageMaker."
        )
    names = tuple(name for name, _ in earlier)
    remaining = max(section.trials - sum(done for _, done in earlier), 0)
    if job.status == "Absent" and names and not remaining:
        # It was stopped after its last trial was done.
        current = StepJob(name=names[-1], job=Job(status="Completed"), attempt=attempt - 1)
        return current, TuningPlan(jobs=names, attempt=attempt - 1)
    parents = (*section.parents, *names)[-MAX_PARENTS:] if names else ()
    return StepJob(name=name, job=Job(status=job.status), attempt=attempt), TuningPlan(
        jobs=(*names, name),
        parents=tuple(ParentJob(name=parent) for parent in parents),
        remaining=remaining,
        attempt=attempt,
    )
