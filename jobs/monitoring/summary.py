"""The result of monitoring a window, as JSON documents: ``summary.json`` and ``report.json``."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from jobs.findings import Finding
from jobs.monitoring.changes import worse
from jobs.monitoring.drift_comparison import DriftComparison, column_summaries, moved_a_little
from jobs.monitoring.fairness import Difference
from jobs.monitoring.labels import JoinedLabels
from jobs.monitoring.reference import Reference
from jobs.monitoring.rows import Served
from jobs.monitoring.segments import Segment
from jobs.monitoring.settings import Settings
from jobs.plan import Plan
from jobs.statistics.drift import DRIFT
from mdlc_constructs.settings.payloads.codec import decode, encode
from mdlc_constructs.settings.payloads.monitoring import WindowSummary
from mdlc_constructs.settings.payloads.tasks import SUMMARY_CLASSES, is_in_summary
from mdlc_constructs.settings.payloads.verdict import Verdict

SCHEMA_VERSION = 1
MAX_COLUMNS, MAX_ANSWERS, MAX_SEGMENTS, MAX_SENTENCES = 300, 50, 20, 50
"""Maximum length of each list in the summary, which must stay small; the report has all."""

DIGITS = 6
JOINT = ("auc", "low", "high", "drifted", "top")


@dataclass(frozen=True, kw_only=True)
class MonitoringResult:
    """The complete result of monitoring a window."""

    plan: Plan
    settings: Settings
    served: Served
    labels: JoinedLabels
    reference: Reference
    drifting: DriftComparison
    joint: Mapping[str, Any] | None = None
    metrics: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    changes: Mapping[str, str] = field(default_factory=dict)
    segments: Sequence[Segment] = ()
    fairness: Sequence[Difference] = ()
    estimate: Mapping[str, Any] | None = None
    skew: Mapping[str, Any] | None = None
    findings: Sequence[Finding] = ()
    notes: Sequence[str] = ()

    @property
    def columns(self) -> list[str]:
        """The features that drifted against the baseline."""
        return [column.name for column in self.drifting.baseline.drifted if column.name not in self.answers]

    @property
    def answers(self) -> list[str]:
        """The columns of the model's answers in the statistics."""
        return [column.name for column in self.reference.predictions]

    @property
    def moved(self) -> list[str]:
        """The features that moved a little, below their thresholds."""
        return [name for name in moved_a_little(self.drifting.baseline) if name not in self.answers]

    @property
    def worst(self) -> list[str]:
        """All columns of the baseline, including the score, the most drifted first."""
        return list(column_summaries(self.drifting.baseline))

    @property
    def worse(self) -> bool | None:
        """Whether the main metric is significantly worse than on the holdout; None when unknown."""
        task = self.plan.dataset.task
        return worse(self.changes, task, self.labels.labelled, self.settings.least_rows)

    @property
    def drifted(self) -> bool:
        """Whether any column, the score, or all columns together drifted against the baseline."""
        return bool(self.drifting.baseline.drifted) or bool(self.joint and self.joint["drifted"])

    @property
    def reasons(self) -> list[str]:
        """A sentence for each drift finding."""
        sentences = [reason for column in self.drifting.baseline.drifted for reason in column.reasons]
        if self.joint and self.joint["drifted"]:
            sentences.append(self.joint["reason"])
        return sentences


def summary(result: MonitoringResult) -> WindowSummary:
    """The document ``summary.json``, which the recording function reads."""
    settings, drifting = result.settings, result.drifting
    columns = column_summaries(drifting.baseline)
    answers = {name: columns.pop(name) for name in list(columns) if name in result.answers}
    # The first is the most drifted one.
    drift: dict[str, Any] = {
        "columns": dict(list(columns.items())[:MAX_COLUMNS]),
        "prediction": next(iter(answers.values()), None),
    }
    if result.moved:
        drift["moved"] = result.moved[:MAX_COLUMNS]
    if len(result.answers) > 1:
        drift["predictions"] = dict(list(answers.items())[:MAX_ANSWERS])
    document = {
        "schema_version": SCHEMA_VERSION,
        "model": result.plan.model,
        "monitor": settings.kind,
        "window": vars(settings.window),
        "package_version": settings.package.version,
        "package_arn": settings.package.arn,
        "rows": result.served.rows,
        "unreadable": result.served.unreadable,
        "other_versions": dict(result.served.other_versions),
        "drifted": result.drifted,
        "columns": result.columns,
        "reasons": result.reasons[:MAX_SENTENCES],
        "drift": drift,
        "last_window": _last(result),
        "joint": {name: result.joint[name] for name in JOINT} if result.joint else None,
        "accuracy": _accuracy(result, MAX_SEGMENTS),
        "estimate": _estimate(result),
        "skew": _skew(result),
        "quality": _quality(result),
        "notes": list(result.notes)[:MAX_SENTENCES],
    }
    return decode(WindowSummary, plain(document), where="summary.json")


def report(result: MonitoringResult) -> dict[str, Any]:
    """The document ``report.json``: the summary with complete lists, and all other results."""
    served, drifting = result.served, result.drifting
    document = {
        **encode(summary(result)),
        "run": result.plan.run,
        "labels_version": result.plan.data_version,
        "reasons": result.reasons,
        "notes": list(result.notes),
        "faults": dict(served.faults),
        "repeated": served.duplicates,
        "not_sent": [name for name in served.columns if name not in served.sent],
        "accuracy": {
            **_accuracy(result, None),
            "unknown": result.labels.unknown,
            "unreadable": result.labels.unreadable,
        },
        "joint": result.joint,
        "estimate": result.estimate,
        "skew": result.skew,
        "baseline": drifting.baseline.to_json(),
        "since_last_window": drifting.last.to_json() if drifting.last else None,
        "quality": {**_quality(result), "findings": [finding.to_json() for finding in result.findings]},
        "settings": asdict(result.settings),
    }
    return dict(plain(document))


def plain(value: Any) -> Any:
    """The value for JSON: floats are rounded to `DIGITS`, and NaN and infinities become None."""
    if isinstance(value, float):
        return float(f"{value:.{DIGITS}g}") if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {str(name): plain(held) for name, held in value.items()}
    if isinstance(value, list | tuple):
        return [plain(held) for held in value]
    return value


def _last(result: MonitoringResult) -> dict[str, Any] | None:
    last, window = result.drifting.last, result.settings.previous
    if last is None or window is None:
        return None
    columns = [column.name for column in last.drifted]
    return {"drifted": bool(columns), "columns": columns, "window": vars(window)}


def _accuracy(result: MonitoringResult, most: int | None) -> dict[str, Any]:
    labels = result.labels
    return {
        "labelled": labels.labelled,
        "coverage": labels.coverage,
        "duplicates": labels.duplicates,
        "contradictory": labels.contradictory,
        "labelled_until": labels.labelled_until,
        "delay_seconds": labels.delay_seconds,
        "metrics": _of_classes(result, result.metrics, most),
        "baseline": _of_classes(result, result.reference.metrics, most),
        "changes": _of_classes(result, result.changes, most),
        "worse": result.worse,
        "segments": [segment.to_json() for segment in result.segments[:most]],
        "fairness": [difference.to_json() for difference in result.fairness],
    }


def _of_classes(result: MonitoringResult, metrics: Mapping[str, Any], most: int | None) -> dict[str, Any]:
    """Metrics without those of late classes that no alarm names; all metrics when ``most`` is None."""
    names, asked = result.settings.names, result.settings.by_class or ()
    return {
        name: value
        for name, value in metrics.items()
        if most is None or name in asked or is_in_summary(name, names)
    }


def _estimate(result: MonitoringResult) -> dict[str, Any] | None:
    if result.estimate is None:
        return None
    kept = {
        part: _of_classes(result, result.estimate[part], SUMMARY_CLASSES)
        for part in ("metrics", "error")
        if result.estimate[part] is not None
    }
    return {**result.estimate, **kept}


def _skew(result: MonitoringResult) -> dict[str, Any] | None:
    """The skew result with the `MAX_COLUMNS` features that differ most; None without a result."""
    if result.skew is None:
        return None
    features = sorted(result.skew["features"].items(), key=lambda item: -(item[1]["mismatch_share"] or 0.0))
    return {**result.skew, "features": dict(features[:MAX_COLUMNS])}


def _quality(result: MonitoringResult) -> dict[str, Any]:
    failing = [finding.message for finding in result.findings if finding.fails]
    return {"passed": not failing, "reasons": failing[:MAX_SENTENCES]}


def verdict(result: MonitoringResult) -> Verdict:
    """The verdict for the exit message. It always passes, because drift does not fail the job."""
    columns = sum(column.verdict == DRIFT for column in result.drifting.baseline.columns)
    metrics: dict[str, Any] = {"drifted": columns, "coverage": result.labels.coverage}
    metrics |= {name: entry["value"] for name, entry in list(result.metrics.items())[:3]}
    return Verdict(
        passed=True, reasons=tuple(result.reasons), metrics=plain(metrics), rows=result.served.rows
    )
