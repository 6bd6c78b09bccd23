"""The triggers of a retraining. All start the same state machine; the audit records which ones did."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar, TypeAlias

from mdlc_constructs.settings.budget import check_priority
from mdlc_constructs.settings.metric import comparable_metric, metric
from mdlc_constructs.settings.numbers import check_above, check_whole
from mdlc_constructs.settings.payloads.codec import JsonValue, PayloadError, decode, encode
from mdlc_constructs.settings.refusal import refusal

MAX_WINDOWS = 100
_SCHEDULE = re.compile(r"(cron|rate)\(.+\)")


@dataclass(frozen=True, kw_only=True)
class OnSchedule:
    """Retrains on a schedule.

    Args:
        schedule: ``cron(...)`` or ``rate(...)`` in EventBridge's syntax, in UTC.
        priority: priority of the retraining in the fleet's queue, 0 to 9 (highest).

    Raises:
        ValueError: naming the argument, its value and the remedy.
    """

    name: ClassVar[str] = "schedule"

    schedule: str
    priority: int = 0

    def __post_init__(self) -> None:
        if not _SCHEDULE.fullmatch(self.schedule):
            raise refusal("schedule", self.schedule, "give cron(...) or rate(...), such as 'rate(7 days)'.")
        check_priority(self.priority)


@dataclass(frozen=True, kw_only=True)
class OnNewData:
    """Retrains when enough rows or enough files are new since the last training, whichever comes first.

    Args:
        rows: the number of new rows, which is estimated; it counts only after the first retraining.
        files: the number of new objects below the dataset's uri.
        priority: priority of the retraining in the fleet's queue, 0 to 9 (highest).

    Raises:
        ValueError: naming the argument, its value and the remedy.
    """

    name: ClassVar[str] = "new-data"

    rows: int | None = None
    files: int | None = None
    priority: int = 1

    def __post_init__(self) -> None:
        if self.files is None:
            raise refusal(
                "files",
                None,
                "new rows are estimated by those of the last retraining, and before the first nothing would "
                "ever be enough; give a number of files, beside rows or alone.",
            )
        for name, most in (("rows", 10**12), ("files", 10**7)):
            value = getattr(self, name)
            if value is not None:
                check_whole(name, value, 1, most, unit=name)
        check_priority(self.priority)

    def is_due(self, *, rows: int, files: int) -> bool:
        """Whether these numbers of rows and files, new since the last training, are enough."""
        return (self.rows is not None and rows >= self.rows) or (
            self.files is not None and files >= self.files
        )


@dataclass(frozen=True, kw_only=True)
class OnDrift:
    """Retrains when the monitor finds drift of inputs or predictions.

    Args:
        windows: how many consecutive windows must have drifted, so that one unusual day starts nothing.
        columns: only drift of these columns counts; empty for all columns.
        priority: priority of the retraining in the fleet's queue, 0 to 9 (highest).

    Raises:
        ValueError: naming the argument, its value and the remedy.
    """

    name: ClassVar[str] = "drift"

    windows: int = 1
    columns: Sequence[str] = ()
    priority: int = 2

    def __post_init__(self) -> None:
        check_whole("windows", self.windows, 1, MAX_WINDOWS, unit="windows")
        if isinstance(self.columns, str):
            raise refusal("columns", self.columns, f"give a tuple of names: ({self.columns!r},).")
        object.__setattr__(self, "columns", tuple(self.columns))
        if not all(self.columns):
            raise refusal("columns", self.columns, "holds an empty name; leave it out.")
        check_priority(self.priority)


@dataclass(frozen=True, kw_only=True)
class OnAccuracyLoss:
    """Retrains when labels show that the served model became less accurate.

    A window is too bad when one of ``bound``, ``loss`` and ``beyond_chance`` says so.

    Args:
        metric: one of the evaluation's metrics.
        bound: the worst value that is still good enough.
        loss: how much worse than on the model's own holdout the metric may be, in the metric's unit.
        beyond_chance: whether a loss of any size counts when chance does not explain it. The monitor decides
            that by the confidence intervals of the window and of the holdout.
        windows: how many consecutive windows must be too bad.
        least_rows: windows with fewer labelled rows do not count, because their metric is not reliable.
        priority: priority of the retraining in the fleet's queue, 0 to 9 (highest).

    Raises:
        ValueError: naming the argument, its value and the remedy.
    """

    name: ClassVar[str] = "accuracy-loss"

    metric: str
    bound: float | None = None
    loss: float | None = None
    beyond_chance: bool = False
    windows: int = 1
    least_rows: int = 100
    priority: int = 3

    def __post_init__(self) -> None:
        known = comparable_metric("metric", self.metric)
        if not isinstance(self.beyond_chance, bool):
            raise refusal("beyond_chance", self.beyond_chance, "give True or False.")
        if self.bound is None and self.loss is None and not self.beyond_chance:
            raise refusal(
                "bound", None, "without loss nothing is too bad; give one of bound, loss and beyond_chance."
            )
        if self.bound is not None and (
            isinstance(self.bound, bool)
            or not isinstance(self.bound, (int, float))
            or not abs(self.bound) <= 1e12
            or (known.lowest is not None and self.bound < known.lowest)
            or (known.highest is not None and self.bound > known.highest)
        ):
            raise refusal("bound", self.bound, f"give a value that {self.metric} can have.")
        if self.loss is not None:
            check_above("loss", self.loss, 0, 1e12)
        check_whole("windows", self.windows, 1, MAX_WINDOWS, unit="windows")
        check_whole("least_rows", self.least_rows, 1, 10**9, unit="rows")
        check_priority(self.priority)

    def is_due(self, value: float, at_training: float | None, *, worse: bool = False) -> bool:
        """Whether a window's value is too bad; False for NaN.

        Args:
            value: the metric's value in the window.
            at_training: the metric's value on the model's own holdout, if known.
            worse: whether the monitor found the value worse than on the holdout, beyond chance.
        """
        if self.beyond_chance and worse:
            return True
        sign = 1 if metric("metric", self.metric).higher_is_better else -1
        if self.bound is not None and sign * value < sign * self.bound:
            return True
        return self.loss is not None and at_training is not None and sign * (at_training - value) > self.loss


@dataclass(frozen=True, kw_only=True)
class OnCodeChange:
    """Retrains when a deployment changed the training's code, image, features or hyperparameters.

    Args:
        priority: priority of the retraining in the fleet's queue, 0 to 9 (highest).

    Raises:
        ValueError: naming the argument, its value and the remedy.
    """

    name: ClassVar[str] = "code-change"

    priority: int = 4

    def __post_init__(self) -> None:
        check_priority(self.priority)


@dataclass(frozen=True, kw_only=True)
class OnRequest:
    """Retrains when a person or another system requests it, without waiting for the cool-down.

    Args:
        priority: priority of the retraining in the fleet's queue, 0 to 9 (highest).

    Raises:
        ValueError: naming the argument, its value and the remedy.
    """

    name: ClassVar[str] = "request"

    priority: int = 5

    def __post_init__(self) -> None:
        check_priority(self.priority)


Trigger: TypeAlias = OnSchedule | OnNewData | OnDrift | OnAccuracyLoss | OnCodeChange | OnRequest


def encode_trigger(trigger: Trigger) -> dict[str, JsonValue]:
    """A trigger as JSON for the Lambda functions: its name and its arguments."""
    return {"trigger": trigger.name, **encode(trigger)}


def decode_trigger(document: Mapping[str, JsonValue]) -> Trigger:
    """The trigger in a document that `encode_trigger` returned.

    Raises:
        PayloadError: when the document is not a valid trigger.
    """
    kinds: tuple[type[Trigger], ...] = (
        *(OnSchedule, OnNewData, OnDrift),
        *(OnAccuracyLoss, OnCodeChange, OnRequest),
    )
    name = document.get("trigger")
    kind = next((kind for kind in kinds if kind.name == name), None)
    if kind is None:
        raise PayloadError(f"trigger is {name!r}: give {' or '.join(repr(kind.name) for kind in kinds)}.")
    arguments = {key: value for key, value in document.items() if key != "trigger"}
    return decode(kind, arguments, where=f"trigger {name!r}")
