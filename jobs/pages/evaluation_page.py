"""The evaluation report as one HTML page, which also fits a phone.

It has no scripts; pictures are inline, and nothing is loaded from elsewhere. It shows what ``report.json``
holds, so that both always say the same.
"""

import base64
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from jobs.evaluation.calibration import ReliabilityBin
from jobs.gate import CHALLENGER, CHAMPION
from jobs.monitoring.segments import Segment
from jobs.pages.formats import day, metric_name, number
from jobs.pages.headline import BAD, GOOD, LOOK, UNKNOWN, Sentence
from jobs.pages.rendering import render
from jobs.pages.svg import intervals, reliability
from jobs.pages.trials import by_parameter, progress
from mdlc_constructs.settings.payloads.split_text import part_texts
from mdlc_constructs.settings.payloads.tasks import BY_CLASS, arrow, main_metric

MAX_SEGMENTS, MAX_COLUMNS, MAX_CLASSES = 12, 25, 25

_MARKS = {BAD: "✗", LOOK: "!", GOOD: "✓", UNKNOWN: "?"}


@dataclass(frozen=True, kw_only=True)
class _Metric:
    """A row of the metrics table: values with ``value``, ``low`` and ``high``."""

    name: str
    arrow: str
    own: Mapping[str, float | None]
    champion: Mapping[str, float | None] | None
    baseline: float | None


@dataclass(frozen=True, kw_only=True)
class _Class:
    """A row of the table of classes: metrics of the challenger with ``value``, ``low`` and ``high``."""

    name: str
    rows: int
    recall: Mapping[str, float | None]
    precision: Mapping[str, float | None]
    calibration_error: Mapping[str, float | None]


def to_html(report: Mapping[str, Any], picture: bytes | None) -> str:
    """The HTML page of a report.

    Args:
        report: the content of ``report.json``.
        picture: the PNG of the charts; None for a page without.
    """
    segments = [Segment(**segment) for segment in report["segments"]]
    calibration, importance = report["calibration"], report["importance"]
    bins = [ReliabilityBin(**point) for point in (calibration or {}).get("bins", ())]
    classes = list(_classes(report))
    columns = importance["columns"] if importance else []
    tuning = report.get("tuning")
    return render(
        "evaluation.html.j2",
        report=report,
        marks=_MARKS,
        verdict=_verdict(report),
        level=(GOOD if report["checks"] else UNKNOWN) if report["passed"] else BAD,
        headline=_headline(report),
        checks=[
            Sentence(level=GOOD if check["passed"] else BAD, text=check["sentence"])
            for check in sorted(report["checks"], key=lambda check: check["passed"])
        ],
        notes=[Sentence(level=LOOK, text=note) for note in report["notes"]],
        unmeasured=[Sentence(level=UNKNOWN, text=note) for note in report["unmeasured"]],
        metrics=list(_metrics(report)),
        has_champion=CHAMPION in report["metrics"],
        classes=classes[:MAX_CLASSES],
        hidden_classes=max(0, len(classes) - MAX_CLASSES),
        main_metric=main_metric(report["task"]),
        picture=base64.b64encode(picture).decode() if picture else None,
        worse_segments=sum(segment.worse for segment in segments),
        segments_picture=intervals(segments[:MAX_SEGMENTS]) if segments else None,
        hidden_segments=max(0, len(segments) - MAX_SEGMENTS),
        reliability_picture=reliability(bins) if bins else None,
        columns=columns[:MAX_COLUMNS],
        hidden_columns=max(0, len(columns) - MAX_COLUMNS),
        has_gain=any(column["gain"] is not None for column in columns),
        facts=list(_facts(report)),
        parts=list(_parts(report)),
        tuning=tuning,
        search_pictures=[each for each in (progress(tuning), *by_parameter(tuning)) if each is not None]
        if tuning
        else [],
        hyperparameters=sorted(((report["algorithm"] or {}).get("hyperparameters") or {}).items()),
    )


def _verdict(report: Mapping[str, Any]) -> str:
    if not report["passed"]:
        return "Refused by the gate"
    return "Passed the gate" if report["checks"] else "No gate is set"


def _headline(report: Mapping[str, Any]) -> str:
    """The main metric with its interval, beside the champion's, in one sentence."""
    metric = main_metric(report["task"])
    own, rows = report["metrics"][CHALLENGER][metric], f"{report['rows']:,} rows of the holdout"
    if own["value"] is None:
        return f"{metric_name(metric)} is not defined on the {rows}."
    champion = report["metrics"].get(CHAMPION, {}).get(metric)
    beside = f"; the champion's is {number(champion['value'])}" if champion else ", without a champion"
    return (
        f"{metric_name(metric)} is {number(own['value'])} ({number(own['low'])} to {number(own['high'])}) on "
        f"the {rows}{beside}."
    )


def _metrics(report: Mapping[str, Any]) -> Iterator[_Metric]:
    champion, baseline = report["metrics"].get(CHAMPION), report["baseline"] or {"metrics": {}}
    for name, own in report["metrics"][CHALLENGER].items():
        if BY_CLASS in name:
            continue
        yield _Metric(
            name=name,
            arrow=arrow(name),
            own=own,
            champion=champion[name] if champion else None,
            baseline=baseline["metrics"].get(name),
        )


def _classes(report: Mapping[str, Any]) -> Iterator[_Class]:
    """The classes of a multiclass task, those with the lowest recall first."""
    matrix, metrics = report.get("confusion_matrix", {}), report["metrics"][CHALLENGER]

    def of(metric: str, name: str) -> Mapping[str, float | None]:
        value: Mapping[str, float | None] = metrics[f"{metric}{BY_CLASS}{name}"]
        return value

    def recall(name: str) -> tuple[bool, float]:
        value = of("recall", name)["value"]
        return value is None, value or 0.0

    for name in sorted(matrix, key=recall):
        yield _Class(
            name=name,
            rows=sum(matrix[name].values()),
            recall=of("recall", name),
            precision=of("precision", name),
            calibration_error=of("expected_calibration_error", name),
        )


def _parts(report: Mapping[str, Any]) -> Iterator[tuple[str, str, int]]:
    """Each part of the split: its name, its time or what else says which rows it has, its rows."""
    split = report["split"] or {"rows": {}}
    for name, text in part_texts(split.get("split") or {}).items():
        yield name, text, split["rows"][name]
    for name, interval in split.get("intervals", {}).items():
        start = day(interval["start"]) if interval["start"] else "the first row"
        end = f"to before {day(interval['end'])}" if interval["end"] else "to the last row"
        yield name, f"from {start} {end}", split["rows"][name]


def _facts(report: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    algorithm, champion = report["algorithm"] or {}, report["champion"]
    yield "run", report["run"]
    yield "data version", report["data_version"]
    if report["code_version"]:
        yield "code version", report["code_version"]
    if algorithm.get("name"):
        yield "algorithm", algorithm["name"]
    if algorithm.get("image"):
        yield "image", algorithm["image"]
    yield "champion", f"version {champion['version']}" if champion else "none"
    yield "threshold", f"{report['threshold']:g}"
    resamples = report["bootstrap"]["resamples"]
    yield "intervals", f"{report['bootstrap']['confidence']:.0%}, by {resamples:,} bootstrap resamples"
