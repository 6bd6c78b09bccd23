"""Payloads of a retraining: of the machine's own steps, of triggers and of the fleet's leases."""

from dataclasses import dataclass, field
from typing import Literal

from mdlc_constructs.settings.payloads.codec import KEY, OMIT_NONE, JsonValue
from mdlc_constructs.settings.payloads.planning import ExecutionContext, Section
from mdlc_constructs.settings.payloads.training import TrainingInput


@dataclass(frozen=True, kw_only=True)
class BudgetSettings:
    """A fleet's budget; see `Budget`. `head_start` and `lease` are in seconds."""

    jobs: int
    instances: int
    head_start: float
    lease: float


@dataclass(frozen=True, kw_only=True)
class FleetSettings:
    """A fleet: its table, its name and what its models may hold together."""

    table: str
    name: str
    budget: BudgetSettings


@dataclass(frozen=True, kw_only=True)
class PatienceSettings:
    """How long a retraining waits; see `Patience`. Durations are in seconds."""

    debounce: float
    cool_down: float
    grows: float
    longest: float


@dataclass(frozen=True, kw_only=True)
class WindowSettings:
    """Which rows a retraining uses; see `TrainingWindow`. Durations are in seconds."""

    kind: Literal["sliding", "expanding", "since-drift"]
    holdout: float
    length: float | None = field(default=None, metadata={OMIT_NONE: True})
    shortest: float | None = field(default=None, metadata={OMIT_NONE: True})
    longest: float | None = field(default=None, metadata={OMIT_NONE: True})


@dataclass(frozen=True, kw_only=True)
class RetrainingInput(TrainingInput):
    """The input of a retraining.

    Attributes:
        labelled_until: up to when labels are complete, ISO 8601.
        drifted_at: since when data are distributed otherwise, ISO 8601.
        for_pending: whether the execution works for pending triggers, and asks for nothing of its own.
    """

    labelled_until: str | None = None
    drifted_at: str | None = None
    for_pending: bool = field(default=False, metadata={KEY: "noted"})


@dataclass(frozen=True, kw_only=True)
class RetrainingSections:
    """The settings of a retraining as its functions get them.

    Attributes:
        table: the audit table.
        machine: ARN of the retraining machine; so are `training` and `release`, which is None for batch
            inference.
        dataset: S3 URI of the training data.
        label_delay: seconds after which a row has its label.
        by_time: whether the training's split takes a holdout.
        priority: of a retraining that somebody starts.
        instances: that a training uses.
    """

    model: str
    table: str
    machine: str
    training: str
    release: str | None
    dataset: str
    patience: PatienceSettings
    window: WindowSettings
    label_delay: int
    by_time: bool
    priority: int
    instances: int
    fleet: FleetSettings


@dataclass(frozen=True, kw_only=True)
class CoalescedTriggers:
    """What there is to work for, and how long the machine waits before.

    Attributes:
        step: `Wait`; `Nothing` where other executions do what there is; `Replaced` where the version that it
            was for is not the champion any more.
        past: when the last retraining ended, ISO 8601; it changes when another one ends.
        resumed: whether it goes on with what a dead execution left.
    """

    step: str = ""
    request_id: str = ""
    priority: int = 0
    seconds: int = 0
    past: str = ""
    resumed: bool = False


@dataclass(frozen=True, kw_only=True)
class ExecutionToFollow:
    """A training or a release that the machine starts, or follows where it runs already."""

    name: str
    arn: str
    input: JsonValue = field(default=None, metadata={OMIT_NONE: True})


@dataclass(frozen=True, kw_only=True)
class CountedData:
    """How much there is to train on: files, and their size in bytes."""

    files: int
    size: int


@dataclass(frozen=True, kw_only=True)
class RetrainingWork:
    """Everything that the states behind `Claim` need.

    Attributes:
        step: `Train`, or `Trained` with a training that is done.
        trigger: names of the triggers; `triggers` holds them with their reasons, as JSON.
        trained: output of a training that is done; None without.
        released: output of a release that is done; None without.
        window: of the training's input, as JSON; so is `holdout`.
    """

    step: str
    request_id: str
    trigger: str
    reason: str
    triggers: str
    training: ExecutionToFollow
    trained: Section | None
    release: ExecutionToFollow | None
    released: Section | None
    window: str
    holdout: str
    counted: CountedData


@dataclass(frozen=True, kw_only=True)
class StepRequest:
    """What the machine gives its function in every step.

    Attributes:
        step: which.
    """

    step: str
    settings: RetrainingSections = field(metadata={KEY: "plan"})
    execution: ExecutionContext


@dataclass(frozen=True, kw_only=True)
class CoalesceRequest(StepRequest):
    """`Gather`: what is there to work for?"""

    input: JsonValue = None


@dataclass(frozen=True, kw_only=True)
class AcquireRequest(StepRequest):
    """`AskLease`: the answer goes to the task's token."""

    coalesced: CoalescedTriggers = field(metadata={KEY: "gathered"})
    token: str


@dataclass(frozen=True, kw_only=True)
class ClaimRequest(StepRequest):
    """`Claim`: what is done under the lease? Also `ReleaseCapacity`, once the training is over."""

    coalesced: CoalescedTriggers = field(metadata={KEY: "gathered"})


@dataclass(frozen=True, kw_only=True)
class ApprovalRequest(StepRequest):
    """`AwaitApproval`: the token is sent back once somebody decided on the package."""

    package_arn: str
    token: str


@dataclass(frozen=True, kw_only=True)
class ConcludeRequest(StepRequest):
    """`Conclude` and `ConcludeFailure`.

    Attributes:
        counted: what there was to train on; None where nothing was claimed.
        rows: how many rows were trained on, as text; empty where nothing was.
        error: name of the failure; empty without.
    """

    request_id: str
    outcome: str
    counted: CountedData | None = None
    rows: str = ""
    error: str = ""


@dataclass(frozen=True, kw_only=True)
class TriggerRequest:
    """What a rule of events, or a deployment, gives the function that records triggers.

    Attributes:
        table: the audit table.
        machine: ARN of the retraining machine.
        triggers: those that the event may fire (see `settings.triggers.decode_trigger`).
        dataset: S3 URI of the training data; empty where no trigger counts them.
        event: as EventBridge delivers it; None for a rule that only looks for killed retrainings.
        resume: whether killed retrainings are to be started again, and nothing is recorded.
    """

    model: str
    table: str
    machine: str
    triggers: tuple[Section, ...] = ()
    dataset: str = ""
    event: Section | None = None
    resume: bool = False


@dataclass(frozen=True, kw_only=True)
class TriggerResult:
    """How many triggers fired, how many were new, and which execution works for them."""

    fired: int
    new: int
    execution: str | None


@dataclass(frozen=True, kw_only=True)
class LeaseAnswer:
    """What ends the wait for a lease.

    Attributes:
        lease: `Held`, `Duplicate`, `Ended` or `TooLarge`.
        owner: ARN of the execution that has the request; empty otherwise.
        expires_at: until when the lease is held, ISO 8601.
    """

    lease: str
    owner: str = ""
    request_id: str = ""
    expires_at: str = ""
