"""What a monitoring window showed: drift, accuracy by labels, and whether answers are consistent."""

from __future__ import annotations

from collections.abc import Container, Mapping
from typing import Any

from mdlc_cli.aws import objects
from mdlc_cli.aws.target import Target
from mdlc_cli.executions import machines
from mdlc_cli.predictions.prediction_files import Records
from mdlc_cli.predictions.published import ROWS
from mdlc_cli.results.references import WindowReference
from mdlc_cli.results.result import ResultSummary, Section, Table, kept, page_of
from mdlc_cli.versions import splits
from mdlc_cli.versions.comparison import Metric
from mdlc_client import lineage
from mdlc_client.audit import Item, parsed

COMPARISONS: Mapping[str, str] = {
    "package_and_captured": "package against captured",
    "now_and_captured": "endpoint now against captured",
    "now_and_package": "endpoint now against package",
    "golden": "golden rows",
}
"""What the replay of a window's requests compared, in words."""
MAX_COLUMNS = 20
"""How many columns of a summary are shown, those that drifted first."""


def of(target: Target, reference: WindowReference) -> ResultSummary:
    """The result of a monitoring window, from its audit item and its report's folder."""
    item = reference.item
    report = str(item.get("report", ""))
    folder = f"{report.rpartition('/')[0]}/" if report else ""
    listed = objects.listed(target, folder) if folder else []
    summary = objects.document(target, f"{folder}summary.json") if folder else {}
    rows = [file for file in listed if file.name == ROWS]
    name = reference.name
    return ResultSummary(
        name=name.replace("/", "-"),
        title=f"Window {name} of {reference.model.name}: {verdict(item)}",
        sections=sections(item, summary),
        files=kept(listed),
        page=page_of(kept(listed)),
        records=Records(what=f"rows of window {name}", parts=rows) if rows else None,
        following=following(item, machines.workflows(target, reference.model.name)),
        document={
            "window": name,
            **{key: _value(value) for key, value in item.items() if key not in ("pk", "sk")},
            "summary": summary,
        },
    )


def verdict(item: Item) -> str:
    """A window's outcome in a phrase."""
    if str(item.get("rows", "0")) == "0":
        return "nothing was served"
    phrases = ["drifted" if item.get("drifted") == "true" else "no drift"]
    worse = {"true": "accuracy is worse than on the holdout", "false": "accuracy holds"}
    phrases.append(worse.get(str(item.get("worse", "")), "accuracy is not known"))
    return ", ".join(phrases)


def sections(item: Item, summary: Mapping[str, Any]) -> list[Section]:
    """The summary of a window, for display."""
    version = str(item.get("version", ""))
    labelled = str(item.get("labelled", ""))
    coverage = parsed(item.get("coverage"))
    share = f" ({coverage:.0%} of the rows)" if isinstance(coverage, int | float) else ""
    parts = [
        Section(
            title="Window",
            rows=[
                ("time", f"{splits.moment(item.get('start'))} to {splits.moment(item.get('end'))}"),
                ("version", version),
                ("rows", str(item.get("rows", ""))),
                ("labelled", f"{labelled} rows{share}" if labelled else ""),
                ("not read", str(summary.get("unreadable") or "")),
                ("report", str(item.get("page") or item.get("report") or "")),
            ],
        )
    ]
    if str(item.get("rows", "0")) == "0":
        return parts
    reasons = [str(reason) for reason in summary.get("reasons") or ()]
    reasons = reasons or [text for text in [str(item.get("reasons", ""))] if text]
    parts.append(
        Section(
            title="Drift from the baseline",
            rows=[
                ("columns", ", ".join(map(str, parsed(item.get("columns")) or ())) or "none"),
                *(("because", reason) for reason in reasons),
            ],
            table=_drift(summary),
        )
    )
    parts.append(_accuracy(item))
    if item.get("consistency"):
        parts.append(_consistency(parsed(item.get("consistency")) or {}))
    notes = [("", str(note)) for note in summary.get("notes") or ()]
    return [*parts, Section(title="Note", rows=notes)]


def following(item: Item, workflows: Container[str]) -> list[str]:
    """What to do after a window, by the workflows that the model has."""
    name = lineage.window_name(item)
    if str(item.get("rows", "0")) == "0":
        return []
    option = f" --model {item['model']}"
    lines = [f"`mdlc show {name}{option} --predictions rows.csv` writes its rows with their scores."]
    if lineage.RETRAINING in workflows and "true" in (item.get("drifted"), item.get("worse")):
        lines.append(f"`mdlc run {lineage.RETRAINING}{option}` trains a challenger.")
    return lines


def _drift(summary: Mapping[str, Any]) -> Table | None:
    drift = summary.get("drift") or {}
    columns = dict(drift.get("columns") or {})
    if drift.get("prediction"):
        columns["the score"] = drift["prediction"]
    ordered = sorted(columns.items(), key=lambda pair: pair[1].get("verdict") == "quiet")[:MAX_COLUMNS]
    rows = [
        (
            name,
            {"quiet": "no drift"}.get(str(values.get("verdict")), str(values.get("verdict"))),
            _number(values.get("effect")),
            _number(values.get("threshold")),
        )
        for name, values in ordered
    ]
    return Table(columns=("column", "verdict", "effect", "threshold"), rows=rows) if rows else None


def _accuracy(item: Item) -> Section:
    measured, baseline = parsed(item.get("metrics")) or {}, parsed(item.get("baseline_metrics")) or {}
    estimates, changes = parsed(item.get("estimates")) or {}, parsed(item.get("changes")) or {}
    if measured:
        rows = [
            (
                metric.name,
                metric.number,
                metric.interval,
                _number(baseline.get(metric.name)),
                str(changes.get(metric.name, "")),
            )
            for metric in metrics(measured)
        ]
        columns = ("metric", "by labels", "95% interval", "holdout", "change")
        return Section(title="Accuracy", table=Table(columns=columns, rows=rows))
    if not estimates:
        return Section(title="Accuracy", rows=[("labels", "none has arrived")])
    rows_of_estimates = [
        (name, _number(value), _number(baseline.get(name))) for name, value in estimates.items()
    ]
    return Section(
        title="Accuracy",
        rows=[("labels", "none has arrived; this is estimated from the scores")],
        table=Table(columns=("metric", "estimate", "holdout"), rows=rows_of_estimates),
    )


def metrics(values: Mapping[str, Any]) -> list[Metric]:
    """The metrics in a window's item, which have intervals."""
    return [
        Metric(name=str(name), value=each.get("value"), low=each.get("low"), high=each.get("high"))
        for name, each in values.items()
        if isinstance(each, Mapping)
    ]


def _consistency(values: Mapping[str, Any]) -> Section:
    moved = values.get("moved")
    texts = [
        (
            COMPARISONS.get(str(name), str(name)),
            f"{each.get('rows')} rows, {_percent(each.get('moved'))} moved",
        )
        for name, each in (values.get("comparisons") or {}).items()
        if isinstance(each, Mapping)
    ]
    summary = "" if moved is None else f"{_percent(moved)} of the answers changed when scored again"
    return Section(title="Consistency", rows=[("answers", summary), *texts])


def _number(value: Any) -> str:
    return Metric(name="", value=value).number if isinstance(value, int | float) else ""


def _percent(value: Any) -> str:
    return f"{value:.1%}" if isinstance(value, int | float) else str(value)


def _value(value: Any) -> Any:
    """An attribute of the item, with JSON read."""
    inside = parsed(value)
    return inside if isinstance(inside, dict | list) else value
