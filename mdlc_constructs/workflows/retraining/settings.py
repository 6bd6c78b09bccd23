"""The settings from which a retraining machine is built."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TypeVar

from mdlc_constructs.resources.places import AUDIT_TABLE, DATASET_BUCKET, DATASET_PREFIX
from mdlc_constructs.settings.budget import MAX_INSTANCES, Budget
from mdlc_constructs.settings.metric import check_metric_task
from mdlc_constructs.settings.numbers import check_duration, check_whole
from mdlc_constructs.settings.patience import Patience
from mdlc_constructs.settings.payloads.retraining import FleetSettings, RetrainingSections
from mdlc_constructs.settings.payloads.tasks import SUMMARY_CLASSES, is_in_summary
from mdlc_constructs.settings.refusal import refusal
from mdlc_constructs.settings.task_steps import check_step
from mdlc_constructs.settings.training_window import TrainingWindow, window_to_payload
from mdlc_constructs.settings.triggers import (
    OnAccuracyLoss,
    OnCodeChange,
    OnDrift,
    OnNewData,
    OnRequest,
    OnSchedule,
    Trigger,
)
from mdlc_constructs.tasks.execution import machine_arn

WORKFLOW = "retraining"
TRAINING, RELEASE = "training", "release"
"""The workflows whose machines a retraining starts."""

MAX_QUEUE_TIME = timedelta(days=30)
"""How long a retraining waits in the queue for its lease before it fails."""
MAX_EXECUTION = timedelta(days=365)
"""Maximum duration of an execution.

Source: https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html
"""

Kind = TypeVar("Kind", OnSchedule, OnNewData, OnDrift, OnAccuracyLoss, OnCodeChange, OnRequest)

MAX_DELAY = timedelta(days=100 * 365)

_ONCE = (OnSchedule, OnNewData, OnCodeChange, OnRequest)


@dataclass(frozen=True, kw_only=True)
class RetrainingSettings:
    """The settings from which a retraining machine is built; `RetrainingWorkflow` documents most.

    Attributes:
        by_time: whether the training's split is by time intervals.
        releases: whether a winner is released.
        compares: whether the training's gate compares the challenger with the champion.
        training_seconds: the timeout of the training machine.
        release_seconds: the timeout of the release machine.
        task: task of the training's dataset.
        has_time: whether the training's dataset has a timestamp.
        alarmed: the metrics of one class that the monitor has an alarm on.

    Raises:
        ValueError: when settings contradict each other; names the argument, its value and the remedy.
    """

    model: str
    triggers: Sequence[Trigger]
    window: TrainingWindow | None = None
    patience: Patience = field(default_factory=Patience)
    instances: int = 1
    label_delay: timedelta = timedelta(0)
    approval_within: timedelta = timedelta(days=14)
    by_time: bool = True
    releases: bool = True
    compares: bool = True
    without_comparison: str | None = None
    training_seconds: int = 24 * 3600
    release_seconds: int = 24 * 3600
    fleet: str = "fleet"
    budget: Budget = field(default_factory=Budget)
    task: str = "binary"
    has_time: bool = True
    classes: tuple[str, ...] = ()
    alarmed: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        check_step("retraining", self.task, what="retraining")
        object.__setattr__(self, "triggers", tuple(self.triggers))
        self._check_triggers()
        check_whole("instances", self.instances, 1, MAX_INSTANCES, unit="instances")
        if self.instances > self.budget.instances:
            raise refusal(
                "instances",
                self.instances,
                f"the fleet's budget has {self.budget.instances}; a retraining would never get its lease.",
            )
        check_duration("label_delay", self.label_delay, timedelta(0), MAX_DELAY)
        check_duration("approval_within", self.approval_within, timedelta(minutes=1), timedelta(days=180))
        if self.longest > MAX_EXECUTION:
            raise refusal(
                "patience",
                str(self.patience.longest),
                f"with waiting in line, training, approval and release an execution may take {self.longest}, "
                "and Step Functions ends it after a year; shorten patience.longest or approval_within.",
            )
        self._check_comparison()
        self._check_window()

    def _check_triggers(self) -> None:
        if not self.triggers:
            raise refusal("triggers", (), "nothing would ever retrain; give at least OnRequest().")
        for loss in self.of_kind(OnAccuracyLoss):
            check_metric_task("metric", loss.metric, self.task, self.classes)
            if loss.metric not in self.alarmed and not is_in_summary(loss.metric, self.classes):
                raise refusal(
                    "metric",
                    loss.metric,
                    f"is of a class beyond the first {SUMMARY_CLASSES}, of which windows report only metrics "
                    "with an alarm; give the monitor MonitorAlarms(accuracy=...) on it, and give monitoring.",
                )
        for kind in _ONCE:
            if sum(isinstance(trigger, kind) for trigger in self.triggers) > 1:
                raise refusal("triggers", kind.__name__, "is given twice; leave one of them.")

    def _check_comparison(self) -> None:
        if self.compares and self.without_comparison is not None:
            raise refusal(
                "without_comparison",
                self.without_comparison,
                "the training's gate compares with the champion; leave it out.",
            )
        if not self.compares and not (self.without_comparison or "").strip():
            raise refusal(
                "training",
                self.model,
                "its gate compares no challenger with the champion, so that any retraining would win; give "
                "it Gate(better_than_champion=...), or say why not by without_comparison='...'.",
            )

    def _check_window(self) -> None:
        if self.window is None and self.has_time:
            raise refusal(
                "window",
                None,
                "say which rows to train on, such as ExpandingWindow(holdout=timedelta(days=7)).",
            )
        if self.window is not None and not self.has_time:
            raise refusal(
                "window",
                self.window,
                "the dataset has no timestamp, so no row is newer than another; leave window out to train on "
                "all rows, or name the timestamp.",
            )

    @property
    def longest(self) -> timedelta:
        """The longest duration of an execution, with all waits."""
        waiting = self.patience.debounce + self.patience.longest + MAX_QUEUE_TIME + self.approval_within
        release = self.release_seconds if self.releases else 0
        return waiting + timedelta(seconds=self.training_seconds + release) + timedelta(days=1)

    def of_kind(self, kind: type[Kind]) -> list[Kind]:
        """The triggers of a kind."""
        return [trigger for trigger in self.triggers if isinstance(trigger, kind)]

    @property
    def watches(self) -> list[Trigger]:
        """The triggers that are fired by events of monitoring."""
        return [*self.of_kind(OnDrift), *self.of_kind(OnAccuracyLoss)]

    def to_payload(self) -> RetrainingSections:
        """The settings as payload of the machine's functions."""
        requests = self.of_kind(OnRequest)
        return RetrainingSections(
            model=self.model,
            table=AUDIT_TABLE,
            machine=machine_arn(f"{self.model}-{WORKFLOW}"),
            training=machine_arn(f"{self.model}-{TRAINING}"),
            release=machine_arn(f"{self.model}-{RELEASE}") if self.releases else None,
            dataset=f"s3://{DATASET_BUCKET}/{DATASET_PREFIX}",
            patience=self.patience.to_payload(),
            window=None if self.window is None else window_to_payload(self.window),
            label_delay=int(self.label_delay.total_seconds()),
            by_time=self.by_time,
            priority=(requests[0] if requests else OnRequest()).priority,
            instances=self.instances,
            fleet=FleetSettings(table="${FleetTable}", name=self.fleet, budget=self.budget.to_payload()),
        )
