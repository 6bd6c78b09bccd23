"""A model's version history: parents, champions over time, and what triggered each version.

Pure functions of the audit items and the model registry.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from mdlc_client import approvals, lineage
from mdlc_client.audit import TRIGGER_PREFIX, Item, parsed
from mdlc_client.registered import Package

APPROVED, REJECTED, WAITING, UNKNOWN = "approved", "rejected", "waits for approval", "not known"
_STATUS = {"Approved": APPROVED, "Rejected": REJECTED, "PendingManualApproval": WAITING}
_OUTCOME = {"Succeeded": APPROVED, "Refused": REJECTED, "PendingApproval": WAITING}
COMPARED_WITH_CHAMPION = "champion's"
"""Text in the gate's reasons (`jobs/gate.py`) when a version was compared with the champion."""
LOST = ("RolledBack", "ShadowDropped", "ChallengerLost")
"""Errors of releases in which the version served next to the champion and lost."""
NO_VERSION = ("Unchanged", "Failed")
"""Outcomes of retrainings that made no version; `Duplicate` is left out, as it did no work of its own."""


@dataclass(frozen=True, kw_only=True)
class ChampionPeriod:
    """A period in which a version was the champion; `end` is empty while it still is."""

    version: int
    start: str
    end: str
    by: str


@dataclass(frozen=True, kw_only=True)
class SentBack:
    """A failed release of a version."""

    at: str
    error: str
    cause: str


@dataclass(frozen=True, kw_only=True)
class Version:
    """One version of a model with its history.

    Attributes:
        parent: the champion when this version was trained; None for the first.
        verdict: approved, rejected, waiting for approval or not known; `why` has the reasons.
        beat: True when it became champion, False when it lost a comparison with its parent, None when that
            is undecided or it was rejected for another reason.
        champion_periods: the times in which it was champion.
        sent_back: its releases that failed.
        retraining: ARN of the execution that started its training.
        decision: the audit item of who approved or rejected it; empty when the registry says otherwise since,
            or nobody decided by a command.
    """

    version: int
    package_arn: str
    trained_at: str
    data_version: str
    run: str
    triggers: tuple[Item, ...]
    metrics: Any
    verdict: str
    why: str
    parent: int | None
    beat: bool | None
    champion_periods: tuple[ChampionPeriod, ...]
    sent_back: tuple[SentBack, ...]
    retraining: str
    decision: Item = field(default_factory=dict)

    @property
    def is_champion(self) -> bool:
        """Whether it is the champion now."""
        return any(not period.end for period in self.champion_periods)


@dataclass(frozen=True, kw_only=True)
class Family:
    """A model's versions (oldest first), its retrainings without a version, and its waiting triggers.

    Attributes:
        retrainings_without_version: `at`, `outcome`, `error` and `triggers` of each.
    """

    model: str
    champion: int | None
    versions: tuple[Version, ...]
    retrainings_without_version: tuple[Item, ...]
    waiting: tuple[Item, ...]

    def to_json(self) -> dict[str, Any]:
        """All fields as plain dictionaries, lists and values."""
        return asdict(self)


def of(model: str, items: Sequence[Item], packages: Iterable[Package]) -> Family:
    """The version history of a model.

    Args:
        model: the model's name.
        items: the model's audit items, in any order.
        packages: its versions in the registry; deleted versions are known from the audit items only.
    """
    registered = {
        int(package["version"]): package for package in packages if package.get("version") is not None
    }
    recorded = {lineage.version_of(item) for item in lineage.executions(items, lineage.TRAINING)}
    numbers = sorted({*registered, *(number for number in recorded if number is not None)})
    reigned = champion_periods(items)
    pointer = next((item for item in items if item["sk"] == "CHAMPION"), {})
    return Family(
        model=model,
        champion=int(pointer["version"]) if pointer.get("version") is not None else None,
        versions=tuple(_version(items, number, registered.get(number, {}), reigned) for number in numbers),
        retrainings_without_version=tuple(
            {
                "at": item.get("started_at", ""),
                "outcome": item.get("outcome", ""),
                "error": item.get("error", ""),
                "triggers": lineage.triggers_of(items, item, item),
            }
            for item in lineage.executions(items, lineage.RETRAINING)
            if item.get("outcome") in NO_VERSION
        ),
        waiting=tuple(
            item
            for item in sorted(items, key=lambda item: str(item["sk"]))
            if str(item["sk"]).startswith(TRIGGER_PREFIX) and not item.get("claimed_by")
        ),
    )


def champion_periods(items: Sequence[Item]) -> list[ChampionPeriod]:
    """The champions in chronological order, each with its start and end.

    A release may set an older or a newer version as champion; batch inference only sets a newer one. When
    the model has successful releases, batch inference is ignored, because only releases set the champion.
    """
    moves = [
        item for item in lineage.executions(items, lineage.RELEASE) if item.get("outcome") == lineage.SERVED
    ]
    forward_only = not moves
    if forward_only:
        moves = [
            item for item in lineage.executions(items, lineage.BATCH) if item.get("outcome") == "Succeeded"
        ]
    spans: list[ChampionPeriod] = []
    for item in sorted(moves, key=lambda item: str(item["finished_at"])):
        version, at = lineage.version_of(item), str(item["finished_at"])
        if version is None:
            continue
        if spans:
            last = spans[-1]
            if version == last.version or (forward_only and version < last.version):
                continue
            spans[-1] = ChampionPeriod(version=last.version, start=last.start, end=at, by=last.by)
        spans.append(ChampionPeriod(version=version, start=at, end="", by=str(item["execution_arn"])))
    return spans


def _version(
    items: Sequence[Item], number: int, package: Package, reigned: Sequence[ChampionPeriod]
) -> Version:
    training = lineage.training_of(items, number)
    retraining = lineage.retraining_of(items, training, number)
    began = str(training.get("started_at") or package.get("created_at") or "")
    before = (
        period
        for period in reversed(reigned)
        if began and lineage.moment(period.start) <= lineage.moment(began)
    )
    parent = next((period.version for period in before), None)
    own = tuple(period for period in reigned if period.version == number)
    verdict, why = _verdict(training, retraining, package)
    sent_back = tuple(
        SentBack(
            at=str(item["finished_at"]), error=str(item.get("error", "")), cause=str(item.get("cause", ""))
        )
        for item in lineage.executions(items, lineage.RELEASE)
        if item.get("outcome") == "Failed" and lineage.version_of(item) == number
    )
    compared = COMPARED_WITH_CHAMPION in str(training.get("reasons", "")) or any(
        period.error in LOST for period in sent_back
    )
    lost = retraining.get("outcome") == "Lost" or (verdict == REJECTED and compared)
    return Version(
        version=number,
        package_arn=str(package.get("package_arn") or training.get("package_arn", "")),
        trained_at=began,
        data_version=str(training.get("data_version") or package.get("metadata", {}).get("data_version", "")),
        run=str(training.get("run") or package.get("metadata", {}).get("run", "")),
        triggers=lineage.triggers_of(items, retraining, training),
        metrics=parsed(training.get("metrics")) or {},
        verdict=verdict,
        why=why,
        parent=None if parent == number else parent,
        beat=True if own else False if lost else None,
        champion_periods=own,
        sent_back=sent_back,
        retraining=str(retraining.get("execution_arn", "")),
        decision=approvals.standing(approvals.decision_of(items, number), str(package.get("status", ""))),
    )


def _verdict(training: Item, retraining: Item, package: Package) -> tuple[str, str]:
    """A version's verdict and its reasons; the registry has priority, as people and releases change it."""
    reasons = str(training.get("reasons", ""))
    if package.get("status"):
        return _STATUS.get(str(package["status"]), UNKNOWN), str(package.get("description") or reasons)
    if retraining.get("outcome") == "Lost":
        return REJECTED, str(retraining.get("reasons") or reasons)
    return _OUTCOME.get(str(training.get("outcome")), UNKNOWN), reasons
