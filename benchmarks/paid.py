"""The cost of a month of retraining without instances: state transitions, function calls, tables, events."""

from dataclasses import dataclass
from datetime import timedelta

from benchmarks.prices import PRICES
from mdlc_constructs.asl.transitions import entered_states
from mdlc_constructs.settings.training_window import SlidingWindow
from mdlc_constructs.settings.triggers import OnRequest
from mdlc_constructs.workflows.real_time_inference.machine import release_machine
from mdlc_constructs.workflows.retraining.machine import retraining_machine
from mdlc_constructs.workflows.retraining.settings import RetrainingSettings
from mdlc_constructs.workflows.training.machine import training_machine
from scripts.draw_workflows import releases, trainings

FUNCTION_SECONDS, FUNCTION_MB = 0.2, 512
"""The duration of a retraining function on AWS is an assumption, not measured; the memory is as deployed."""
BESIDE = 15
"""The states of the second release execution, which the version's approval starts besides the retraining's
own one. It waits and skips what is done. The sample of `benchmarks.machines` counted them.
"""
EVENTS_A_RETRAINING = 2
"""Events of a retraining: started and completed. The gate's decision and a release publish one each."""


@dataclass(frozen=True, kw_only=True)
class Month:
    """The billed quantities of a fleet in a month.

    Attributes:
        transitions: state transitions of the retraining machines.
        trainings: executions of training machines.
        releases: executions of release machines.
        calls: calls of the retraining functions.
        reads: read units of the tables.
        writes: write units of the tables.
    """

    transitions: int
    trainings: int
    releases: int
    calls: int
    reads: int
    writes: int


def retraining_path() -> tuple[str, ...]:
    """The states of a retraining whose challenger wins and is released."""
    window = SlidingWindow(length=timedelta(days=90), holdout=timedelta(days=7))
    machine = retraining_machine(RetrainingSettings(model="model", triggers=(OnRequest(),), window=window))
    return entered_states(machine, taken={"ApprovalNeeded": "ReleaseNeeded", "ReleaseVerdict": "Won"})


def training_path() -> tuple[str, ...]:
    """The states of its training, in which challenger and champion score the holdout."""
    return entered_states(training_machine(trainings()), items={"ScoreHoldout": 2})


def release_path() -> tuple[str, ...]:
    """The states of its release, with golden rows and scaling; the endpoint is probed once."""
    return entered_states(
        release_machine(releases()), taken={"ProbeVerdict": "Probed", "GoldenVerdict": "CreateConfig"}
    )


def dollars(month: Month) -> dict[str, float]:
    """The cost in US dollars, by what is billed."""
    gigabyte_seconds = FUNCTION_SECONDS * FUNCTION_MB / 1024
    transition = PRICES["Standard transition"].dollars
    call = PRICES["Lambda request"].dollars + gigabyte_seconds * PRICES["Lambda arm64"].dollars
    events = month.trainings * (EVENTS_A_RETRAINING + 1) + month.releases
    return {
        "transitions of retraining machines": month.transitions * transition,
        "transitions of training machines": month.trainings * len(training_path()) * transition,
        "transitions of release machines": month.releases * (len(release_path()) + BESIDE) * transition,
        "functions": month.calls * call,
        "tables": month.reads * PRICES["DynamoDB read"].dollars
        + month.writes * PRICES["DynamoDB write"].dollars,
        "events": events * PRICES["EventBridge event"].dollars,
    }
