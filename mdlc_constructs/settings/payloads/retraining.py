"""Payloads of a retraining: of the state machine's own steps, of triggers and of the fleet's leases."""

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
    """A fleet: its table, its name and the budget that its models share."""

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
        labelled_until: time until which labels are complete, ISO 8601.
        drifted_at: time since which the data have drifted, ISO 8601.
        for_pending: whether the execution only handles pending triggers, without a request of its own.
    """

    labelled_until: str | None = None
    drifted_at: str | None = None
    for_pending: bool = field(default=False, metadata={KEY: "noted"})


@dataclass(frozen=True, kw_only=True)
class RetrainingSections:
    """The settings of a retraining as its functions receive them.

    Attributes:
        table: name of the audit table.
        machine: ARN of the retraining machine.
        training: ARN of the training machine.
        release: ARN of the release machine; None for batch inference.
        dataset: S3 URI of the training data.
        window: None for a dataset without a timestamp: all rows are used.
        label_delay: seconds after which a row has its label.
        by_time: whether the training splits by time, with a holdout.
        priority: priority of a retraining that was started by hand.
        instances: number of instances that a training uses.
    """

    model: str
    table: str
    machine: str
    training: str
    release: str | None
    dataset: str
    patience: PatienceSettings
    window: WindowSettings | None
    label_delay: int
    by_time: bool
    priority: int
    instances: int
    fleet: FleetSettings


@dataclass(frozen=True, kw_only=True)
class CoalescedTriggers:
    """The retraining to run, and how long the state machine waits before it.

    Attributes:
        step: `Wait`; `Nothing` when other executions do the work; `Replaced` when the version that the
            triggers are about is no longer the champion.
        past: end of the last retraining, ISO 8601; it changes when another retraining ends.
        resumed: whether it continues the work of a dead execution.
    """

    step: str = ""
    request_id: str = ""
    priority: int = 0
    seconds: int = 0
    past: str = ""
    resumed: bool = False


@dataclass(frozen=True, kw_only=True)
class ExecutionToFollow:
    """A training or release execution that the machine starts, or waits for when it runs already."""

    name: str
    arn: str
    input: JsonValue = field(default=None, metadata={OMIT_NONE: True})


@dataclass(frozen=True, kw_only=True)
class CountedData:
    """The amount of training data: number of files, and their size in bytes."""

    files: int
    size: int


@dataclass(frozen=True, kw_only=True)
class RetrainingWork:
    """Everything that the states after `Claim` need.

    Attributes:
        step: `Train`, or `Trained` when the training has succeeded already.
        trigger: names of the triggers.
        triggers: the triggers with their reasons, as JSON.
        trained: output of a training that has succeeded; None without one.
        released: output of a release that has succeeded; None without one.
        window: `window` of the training's input, as JSON.
        holdout: `holdout` of the training's input, as JSON.
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
    """What the state machine sends to its function in every step.

    Attributes:
        step: name of the step, a key of the function's `_STEPS`.
    """

    step: str
    settings: RetrainingSections = field(metadata={KEY: "plan"})
    execution: ExecutionContext


@dataclass(frozen=True, kw_only=True)
class CoalesceRequest(StepRequest):
    """`Gather`: records and coalesces triggers into the next retraining."""

    input: JsonValue = None


@dataclass(frozen=True, kw_only=True)
class AcquireRequest(StepRequest):
    """`AskLease`: requests the lease; the answer is sent to the task token."""

    coalesced: CoalescedTriggers = field(metadata={KEY: "gathered"})
    token: str


@dataclass(frozen=True, kw_only=True)
class ClaimRequest(StepRequest):
    """`Claim`: claims the triggers under the lease. Also for `ReleaseCapacity`, after the training."""

    coalesced: CoalescedTriggers = field(metadata={KEY: "gathered"})


@dataclass(frozen=True, kw_only=True)
class ApprovalRequest(StepRequest):
    """`AwaitApproval`: waits by task token until somebody approves or rejects the package."""

    package_arn: str
    token: str


@dataclass(frozen=True, kw_only=True)
class ConcludeRequest(StepRequest):
    """`Conclude` and `ConcludeFailure`.

    Attributes:
        counted: the amount of training data; None when nothing was claimed.
        rows: how many rows were trained on, as text; empty without a training.
        error: name of the error; empty without one.
    """

    request_id: str
    outcome: str
    counted: CountedData | None = None
    rows: str = ""
    error: str = ""


@dataclass(frozen=True, kw_only=True)
class TriggerRequest:
    """What an EventBridge rule, or a deployment, sends to the function that records triggers.

    Attributes:
        table: name of the audit table.
        machine: ARN of the retraining machine.
        triggers: the triggers that the event may fire (see `settings.triggers.decode_trigger`).
        dataset: S3 URI of the training data; empty when no trigger measures them.
        event: the EventBridge event; None for a rule that only looks for killed retrainings.
        resume: whether to restart killed retrainings instead of recording triggers.
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
    """How many triggers fired, how many of them were new, and the ARN of the execution that handles them."""

    fired: int
    new: int
    execution: str | None


@dataclass(frozen=True, kw_only=True)
class LeaseAnswer:
    """The answer that ends an execution's wait for a lease.

    Attributes:
        lease: `Held`, `Duplicate`, `Ended` or `TooLarge`.
        owner: for `Duplicate` and `Ended`, ARN of the execution that owns the request; empty otherwise.
        expires_at: when the lease expires, ISO 8601.
    """

    lease: str
    owner: str = ""
    request_id: str = ""
    expires_at: str = ""
