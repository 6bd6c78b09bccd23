"""Where an answer comes from: the version, its training, what led to it, and what brought it into use. Pure.

All functions read a model's audit items as `docs/contracts.md` describes them, in any order.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from mdlc_cli.audit import EXECUTION_PREFIX, TRIGGER_PREFIX, WINDOW_PREFIX, Item, parsed

TRAINING, BATCH, RELEASE, RETRAINING = "training", "batch-inference", "release", "retraining"
REGISTERED = ("Succeeded", "PendingApproval", "Refused")
"""Outcomes of trainings that registered a package; others found one that was there."""
SERVED = "Succeeded"
BY_HAND = ("", "manual")
"""What an execution says as its trigger when nothing but a person's start led to it."""


@dataclass(frozen=True, kw_only=True)
class Lineage:
    """What is recorded about a version of a model; an empty item is one that was not found.

    Attributes:
        training: the execution that registered the version.
        retraining: the retraining that started it.
        triggers: what led to that: `trigger`, `reason`, `at`, `report` (S3 URI).
        release: the execution that brought it to an endpoint.
    """

    model: str
    version: int
    package_arn: str
    training: Item
    retraining: Item
    triggers: tuple[Item, ...]
    release: Item


def of(items: Sequence[Item], model: str, version: int, at: str | None = None) -> Lineage:
    """The lineage of a version.

    Args:
        at: when it answered, ISO; the release before is its release. Without, the last one that succeeded.
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
    )


def executions(items: Iterable[Item], *workflows: str) -> list[Item]:
    """The executions of workflows, oldest first."""
    chosen = (
        item
        for item in items
        if str(item["sk"]).startswith(EXECUTION_PREFIX) and item.get("workflow") in workflows
    )
    return sorted(chosen, key=lambda item: str(item["sk"]))


def version_of(item: Item) -> int | None:
    """The package version that an item is about, or None."""
    number = str(item.get("package_arn") or "").rpartition("/")[2]
    return int(number) if number.isdecimal() else None


def training_of(items: Iterable[Item], version: int) -> Item:
    """The training that registered a version, or nothing."""
    trained = executions(items, TRAINING)
    trainings = (
        item for item in trained if version_of(item) == version and item.get("outcome") in REGISTERED
    )
    return next(trainings, {})


def retraining_of(items: Sequence[Item], training: Item, version: int) -> Item:
    """The retraining that started a training, or nothing."""
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
    """What led to a retraining; of a training that no retraining started, what its own start said."""
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
    """The release that brought a version to an endpoint, or nothing.

    A version that was rolled back answered some requests too, while its release ran. So of an answer's
    moment, it is the last release that had begun by then; without a moment, the last that succeeded.
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
    """The version that an endpoint's last successful release before a moment brought, or None."""
    done = [
        item
        for item in executions(items, RELEASE)
        if item.get("outcome") == SERVED and moment(item["finished_at"]) <= moment(at)
    ]
    return version_of(done[-1]) if done else None


def batch_runs(items: Iterable[Item]) -> list[Item]:
    """The published batches, newest first, one item a run."""
    newest: dict[str, Item] = {}
    for item in executions(items, BATCH):
        if item.get("manifest"):
            # What was published first made the predictions; later executions of the run found them.
            newest.setdefault(str(item["run"]), item)
    return sorted(newest.values(), key=lambda item: str(item["sk"]), reverse=True)


def windows(items: Iterable[Item]) -> list[Item]:
    """The windows that monitors looked at and kept rows of, newest first."""
    latest = (
        item
        for item in items
        if str(item["sk"]).startswith(WINDOW_PREFIX) and item.get("report") and str(item.get("rows")) != "0"
    )
    return sorted(latest, key=lambda item: str(item["end"]), reverse=True)


def bucket_of(items: Iterable[Item]) -> str | None:
    """The model's bucket: where its newest execution says that its results are."""
    for item in reversed(executions(items, TRAINING, BATCH, RETRAINING)):
        for name in ("program", "manifest", "evaluation"):
            scheme, _, rest = str(item.get(name) or "").partition("://")
            if scheme == "s3" and rest:
                return rest.partition("/")[0]
    return None


def moment(text: Any) -> datetime:
    """A moment from its ISO text; without a zone it is in UTC."""
    read = datetime.fromisoformat(str(text))
    return read if read.tzinfo else read.replace(tzinfo=UTC)
