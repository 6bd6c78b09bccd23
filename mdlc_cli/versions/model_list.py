"""The versions of models as a list: stage, main metric, age, and what waits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from mdlc_cli.aws.models import Model
from mdlc_cli.aws.target import Target
from mdlc_cli.executions import waiting
from mdlc_cli.versions import comparison, versions
from mdlc_cli.versions.comparison import Metric
from mdlc_client import approvals, family, lineage, registered
from mdlc_client.family import APPROVED, REJECTED, WAITING, Version

CHAMPION, SERVED_BEFORE, EXPIRED = "champion", "served before", "expired"
_STAGES = {APPROVED: "approved", REJECTED: "rejected", WAITING: "pending"}
COLUMNS = ("model", "version", "stage", "metric", "age")


@dataclass(frozen=True, kw_only=True)
class Listed:
    """A version in the list.

    Attributes:
        stage: champion, served before, approved, pending, rejected or expired; `champion, rejected` for a
            champion that was rejected since.
        metrics: its metrics, the main one first.
        trained_at: when its training began, ISO 8601.
        decided: who approved or rejected it, when and why; empty when nobody did by a command.
        waits_for: the command that a pending version waits for, or empty.
    """

    model: str
    version: int
    package_arn: str
    stage: str
    metrics: tuple[Metric, ...]
    trained_at: str
    decided: str
    waits_for: str

    def to_json(self) -> dict[str, Any]:
        """All fields as plain dictionaries, lists and values."""
        return asdict(self)

    def row(self, now: datetime) -> tuple[str, ...]:
        """The cells of a table with the columns `COLUMNS`."""
        main = self.metrics[0] if self.metrics else None
        metric = f"{main.name} {main.number}" if main is not None and main.number else ""
        metric += f" ({main.interval})" if main is not None and main.interval else ""
        return (self.model, str(self.version), self.stage, metric, age(self.trained_at, now))


def read(target: Target, model: Model, *, limit: int) -> list[Listed]:
    """The newest versions of a model, newest first, at most `limit`."""
    numbered = {
        number: arn
        for arn in registered.arns(target, model.name)
        if (number := lineage.version_of({"package_arn": arn})) is not None
    }
    newest = sorted(numbered, reverse=True)[:limit]
    packages = [registered.describe(target, numbered[number]) for number in newest]
    whole = family.of(model.name, model.items, [package for package in packages if package])
    # Versions that were deleted from the registry cannot be used any more, and are not listed.
    kept = reversed(whole.versions)
    by_number = {int(package["version"]): package for package in packages if package}
    return [
        _listed(
            model.name,
            whole.champion,
            each,
            versions.report(
                target,
                versions.evaluation_of(
                    by_number[each.version], lineage.training_of(model.items, each.version)
                ),
            ),
        )
        for each in kept
        if each.version in by_number
    ]


def _listed(model: str, champion: int | None, version: Version, report: Mapping[str, Any]) -> Listed:
    metrics = comparison.metrics_of(report) or comparison.plain_metrics(version.metrics)
    stage = _stage(version, champion)
    return Listed(
        model=model,
        version=version.version,
        package_arn=version.package_arn,
        stage=stage,
        metrics=main_first(metrics, report),
        trained_at=version.trained_at,
        decided=approvals.sentence(version.decision),
        waits_for=waiting.approve_command(model, version.version) if version.verdict == WAITING else "",
    )


def _stage(version: Version, champion: int | None) -> str:
    if version.version == champion:
        # Rejected after its release had begun, or elsewhere than by `mdlc reject`.
        return f"{CHAMPION}, rejected" if version.verdict == REJECTED else CHAMPION
    if version.decision.get("decision") == approvals.EXPIRED:
        return EXPIRED
    if version.verdict == APPROVED and version.champion_periods:
        return SERVED_BEFORE
    return _STAGES.get(version.verdict, version.verdict)


def main_first(metrics: Sequence[Metric], report: Mapping[str, Any]) -> tuple[Metric, ...]:
    """The metrics with that of the gate's first condition first, by which versions are compared."""
    judged = [str(check.get("metric", "")) for check in report.get("checks") or ()]
    return tuple(sorted(metrics, key=lambda metric: metric.name not in judged[:1]))


def age(moment: str, now: datetime) -> str:
    """How long ago a time was, in its largest unit; empty without a time."""
    if not moment:
        return ""
    passed = max(now.astimezone(UTC) - lineage.moment(moment), timedelta(0))
    for unit, size in (("d", timedelta(days=1)), ("h", timedelta(hours=1)), ("min", timedelta(minutes=1))):
        if passed >= size:
            return f"{passed // size} {unit}"
    return f"{int(passed.total_seconds())} s"
