"""A model version's lineage: its training, retraining, triggers and release. Pure functions.

All functions read a model's audit items (`docs/contracts.md`), in any order.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from mdlc_client import approvals
from mdlc_client.audit import EXECUTION_PREFIX, TRIGGER_PREFIX, WINDOW_PREFIX, Item, parsed

TRAINING, BATCH, RELEASE, RETRAINING = "training", "batch-inference", "release", "retraining"
REGISTERED = ("Succeeded", "PendingApproval", "Refused")
"""Outcomes of trainings that registered a package; the others did not register one."""
SERVED = "Succeeded"
BY_HAND = ("", "manual")
"""Values of `trigger` in an execution that a person started."""


@dataclass(frozen=True, kw_only=True)
class Lineage:
    """What is recorded about a version of a model; an item is empty when there is none.

    Attributes:
        training: the training execution that registered the version.
        retraining: the retraining execution that started the training.
        triggers: the triggers of the retraining: `trigger`, `reason`, `at`, `report` (S3 URI).
        release: the release execution that deployed the version to an endpoint.
        decision: the item of who approved or rejected it; empty when nobody did by a command.
    """

    model: str
    version: int
    package_arn: str
    training: Item
    retraining: Item
    triggers: tuple[Item, ...]
    release: Item
    decision: Item = field(default_factory=dict)


def of(items: Sequence[Item], model: str, version: int, at: str | None = None) -> Lineage:
    """The lineage of a version.

    Args:
        items: the model's audit items.
        model: the model's name.
        version: the package version.
        at: the time of a prediction, in ISO 8601, which selects the release that was then the last to have
            started; None selects the last successful release.
    """
    training = training_of(items, version)
    retraining = retraining_of(items, training, version)
    arns = (str(item["package_arn"]) for item in items if version_of(item) == version)
    return Lineage(
        model=model,
        version=version,
        package_arn=next(arns, ""),
        training=training,
        retraining=retraining,
        triggers=triggers_of(items, retraining, training),
        release=release_of(items, version, at),
        decision=approvals.decision_of(items, version),
    )


def executions(items: Iterable[Item], *workflows: str) -> list[Item]:
    """The execution items of these workflows, oldest first."""
    chosen = (
        item
        for item in items
        if str(item["sk"]).startswith(EXECUTION_PREFIX) and item.get("workflow") in workflows
    )
    return sorted(chosen, key=lambda item: str(item["sk"]))


def version_of(item: Item) -> int | None:
    """The package version in an item's `package_arn`, or None."""
    number = str(item.get("package_arn") or "").rpartition("/")[2]
    return int(number) if number.isdecimal() else None


def training_of(items: Iterable[Item], version: int) -> Item:
    """The training that registered a version; empty when there is none."""
    trained = executions(items, TRAINING)
    trainings = (
        item for item in trained if version_of(item) == version and item.get("outcome") in REGISTERED
    )
    return next(trainings, {})


def retraining_of(items: Sequence[Item], training: Item, version: int) -> Item:
    """The retraining that started a training; empty when there is none."""
    started = executions(items, RETRAINING)
    by_execution = [
        execution
        for execution in started
        if training and execution.get("training_execution") == training["execution_arn"]
    ]
    by_version = [
        execution
        for execution in started
        if version_of(execution) == version and execution.get("outcome") not in ("Duplicate", "Unchanged")
    ]
    return next(iter([*by_execution, *by_version]), {})


def triggers_of(items: Iterable[Item], retraining: Item, training: Item) -> tuple[Item, ...]:
    """The triggers of a retraining, or else the trigger and reason in the training's own input."""
    triggers = parsed(retraining.get("triggers"))
    if isinstance(triggers, list) and triggers:
        return tuple(dict(trigger) for trigger in triggers if isinstance(trigger, Mapping))
    request = str(retraining.get("request_id") or training.get("request_id") or "")
    claimed = [
        {name: item.get(name, "") for name in ("trigger", "reason", "at", "report")}
        for item in sorted(items, key=lambda item: str(item["sk"]))
        if str(item["sk"]).startswith(TRIGGER_PREFIX) and request and item.get("claimed_by") == request
    ]
    if claimed:
        return tuple(claimed)
    if training.get("trigger", "") in BY_HAND and not training.get("reason"):
        return ()
    return (
        {name: training.get(name, "") for name in ("trigger", "reason")}
        | {"at": training.get("started_at", ""), "report": ""},
    )


def release_of(items: Iterable[Item], version: int, at: str | None = None) -> Item:
    """The release that deployed a version to an endpoint; empty when there is none.

    A version that was rolled back also answered requests while its release ran. So with `at`, the time of a
    prediction, this is the last release that had started by then; without, the last that succeeded.
    """
    releases = [item for item in executions(items, RELEASE) if version_of(item) == version]
    if at is None:
        done = [item for item in releases if item.get("outcome") == SERVED]
        return done[-1] if done else {}
    begun = [
        item
        for item in releases
        if item.get("outcome") not in ("Unchanged", "Superseded") and moment(item["started_at"]) <= moment(at)
    ]
    return begun[-1] if begun else {}


def version_at(items: Iterable[Item], at: str) -> int | None:
    """The version of the last successful release that had ended at a time, or None."""
    done = [
        item
        for item in executions(items, RELEASE)
        if item.get("outcome") == SERVED and moment(item["finished_at"]) <= moment(at)
    ]
    return version_of(done[-1]) if done else None


def batch_runs(items: Iterable[Item]) -> list[Item]:
    """The published batches, newest first, with one item per run."""
    newest: dict[str, Item] = {}
    for item in executions(items, BATCH):
        if item.get("manifest"):
            # The first execution of a run made the predictions; later ones reused them.
            newest.setdefault(str(item["run"]), item)
    return sorted(newest.values(), key=lambda item: str(item["sk"]), reverse=True)


def windows(items: Iterable[Item]) -> list[Item]:
    """The items of monitoring windows with stored rows, newest first."""
    latest = (
        item
        for item in items
        if str(item["sk"]).startswith(WINDOW_PREFIX) and item.get("report") and str(item.get("rows")) != "0"
    )
    return sorted(latest, key=lambda item: str(item["end"]), reverse=True)


def window_name(item: Item) -> str:
    """The monitor and the window's name, such as ``endpoint/<window>``, from the window's audit item.

    Both monitors of a model may have a window of the same times.
    """
    _, monitor, name = str(item["sk"]).split("#", 2)
    return f"{monitor}/{name}"


def bucket_of(items: Iterable[Item]) -> str | None:
    """The model's bucket, from the newest execution that names an S3 URI of its results, or None."""
    for item in reversed(executions(items, TRAINING, BATCH, RETRAINING)):
        for name in ("program", "manifest", "evaluation"):
            scheme, _, rest = str(item.get(name) or "").partition("://")
            if scheme == "s3" and rest:
                return rest.partition("/")[0]
    return None


def moment(text: Any) -> datetime:
    """The datetime of an ISO 8601 text; a text without a time zone is in UTC."""
    read = datetime.fromisoformat(str(text))
    return read if read.tzinfo else read.replace(tzinfo=UTC)
