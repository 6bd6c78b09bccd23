"""What starts a retraining. Any of them starts the same machine; which ones did is kept for the audit."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar, TypeAlias

from mdlc_constructs.settings.budget import check_priority
from mdlc_constructs.settings.metric import metric
from mdlc_constructs.settings.numbers import check_above, check_whole
from mdlc_constructs.settings.payloads.codec import JsonValue, PayloadError, decode, encode
from mdlc_constructs.settings.refusal import refusal

MAX_WINDOWS = 100
_SCHEDULE = re.compile(r"(cron|rate)\(.+\)")


@dataclass(frozen=True, kw_only=True)
class OnSchedule:
    """On a schedule, whatever happened.

    Args:
        schedule: ``cron(...)`` or ``rate(...)`` as EventBridge reads them, in UTC.
        priority: how important a retraining for this reason is, 0 to 9.

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
    """When enough came since the last training: rows or files, whichever is first.

    Args:
        rows: new rows, estimated; none before the first retraining.
        files: new objects below the dataset's uri.
        priority: how important a retraining for this reason is, 0 to 9.

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
        """Whether so much, new since the last training, is enough."""
        return (self.rows is not None and rows >= self.rows) or (
            self.files is not None and files >= self.files
        )


@dataclass(frozen=True, kw_only=True)
class OnDrift:
    """When the monitor finds that inputs or predictions drifted.

    Args:
        windows: consecutive windows that must have drifted, so that one odd day retrains nothing.
        columns: only drift of these columns counts; none for all.
        priority: how important a retraining for this reason is, 0 to 9.

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
    """When labels show that the served model got worse.

    Args:
        metric: one of the evaluation's metrics.
        bound: the worst value that is still good.
        loss: how much worse than on its own holdout the model may get, in the metric's unit.
        beyond_chance: whether any loss against its own holdout is too much that chance does not explain,
            however small: the monitor says so by both intervals. Of several reasons one is enough.
        windows: consecutive windows that must be too bad.
        least_rows: labelled rows from which a window counts: a metric of a few rows says little.
        priority: how important a retraining for this reason is, 0 to 9.

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
        known = metric("metric", self.metric)
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
        """Whether a window's value is too bad, compared with the value on the model's own holdout.

        A value that is not a number says nothing.

        Args:
            worse: whether the value is worse than that one beyond chance.
        """
        if self.beyond_chance and worse:
            return True
        sign = 1 if metric("metric", self.metric).higher_is_better else -1
        if self.bound is not None and sign * value < sign * self.bound:
            return True
        return self.loss is not None and at_training is not None and sign * (at_training - value) > self.loss


@dataclass(frozen=True, kw_only=True)
class OnCodeChange:
    """When a deployment changed what training would do: its code, image, features or hyperparameters.

    Args:
        priority: how important a retraining for this reason is, 0 to 9.

    Raises:
        ValueError: naming the argument, its value and the remedy.
    """

    name: ClassVar[str] = "code-change"

    priority: int = 4

    def __post_init__(self) -> None:
        check_priority(self.priority)


@dataclass(frozen=True, kw_only=True)
class OnRequest:
    """When a person or another system asks. A request waits for no cool-down.

    Args:
        priority: how important a retraining for this reason is, 0 to 9.

    Raises:
        ValueError: naming the argument, its value and the remedy.
    """

    name: ClassVar[str] = "request"

    priority: int = 5

    def __post_init__(self) -> None:
        check_priority(self.priority)


Trigger: TypeAlias = OnSchedule | OnNewData | OnDrift | OnAccuracyLoss | OnCodeChange | OnRequest


def encode_trigger(trigger: Trigger) -> dict[str, JsonValue]:
    """A trigger as functions get it: its name and its arguments."""
    return {"trigger": trigger.name, **encode(trigger)}


def decode_trigger(document: Mapping[str, JsonValue]) -> Trigger:
    """The trigger of `encode_trigger`.

    Raises:
        PayloadError: when the document holds no trigger.
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
