"""What a training left: a version with its evaluation, the gate's verdict and its origin."""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping
from dataclasses import asdict
from typing import Any

from mdlc_cli.aws import objects
from mdlc_cli.aws.models import Model
from mdlc_cli.aws.target import Target
from mdlc_cli.executions import machines
from mdlc_cli.results.result import ResultSummary, Section, Table, kept, page_of
from mdlc_cli.versions import comparison, versions
from mdlc_cli.versions.comparison import Metric, TrainingFacts
from mdlc_cli.versions.trials import rows_of
from mdlc_cli.versions.versions import Version
from mdlc_client import lineage
from mdlc_client.audit import parsed

MAX_IMPORTANCES = 10
"""How many of the most important features a summary has."""
MAX_HYPERPARAMETERS = 20


def of(target: Target, model: Model, number: int) -> ResultSummary:
    """The result of the training that registered a version.

    Raises:
        CommandError: the model has no such version.
    """
    version = versions.read(target, model, number)
    files = kept(objects.listed(target, version.evaluation)) if version.evaluation else []
    status = str(version.package.get("status", "")) or "not in the registry (any more)"
    champion = versions.champion_of(model)
    title = f"Version {number} of {model.name}: {status}"
    return ResultSummary(
        name=f"{model.name}-v{number}",
        title=f"{title}, the champion" if champion == number else title,
        sections=sections(version),
        files=files,
        page=page_of(files),
        following=following(model, version, champion, machines.workflows(target, model.name)),
        document={
            "model": model.name,
            "version": number,
            "run": run_of(version),
            "package": version.package,
            "training": version.training,
            "report": version.report,
            "facts": asdict(version.facts),
        },
    )


def run_of(version: Version) -> str:
    """The run of the training that registered a version; empty when it is not recorded."""
    return str(version.training.get("run") or version.package.get("metadata", {}).get("run", ""))


def sections(version: Version) -> list[Section]:
    """The summary of a version, for display."""
    facts, training = version.facts, version.training
    notes = [*map(str, version.report.get("notes") or ()), version.not_read]
    return [
        Section(
            title="Training",
            rows=[
                ("outcome", str(training.get("outcome", ""))),
                ("run", run_of(version)),
                ("trained", str(training.get("started_at", ""))[:16].replace("T", " ")),
                ("reason", str(training.get("reason", ""))),
                *data_rows(facts),
                ("evaluation", version.evaluation),
                ("execution", str(training.get("execution_arn", ""))),
            ],
        ),
        Section(title="Gate", rows=gate_rows(version)),
        Section(title=_metrics_title(version), table=metrics_table(version)),
        Section(title="Trials", table=trials(training)),
        Section(title="Feature importance", rows=_importance_rows(version.report), table=importance(version)),
        Section(title="Note", rows=[("", note) for note in notes if note]),
    ]


def trials(training: Mapping[str, Any]) -> Table | None:
    """The trials of the training's tuning, the best first; None when nothing was searched."""
    tuning = parsed(training.get("tuning"))
    rows = rows_of(parsed(training.get("trials")), tuning)
    metric = str(tuning.get("metric", "metric")) if isinstance(tuning, Mapping) else "metric"
    return Table(columns=("trial", metric, "hyperparameters"), rows=rows) if rows else None


def data_rows(facts: TrainingFacts) -> list[tuple[str, str]]:
    """What a version was trained with."""
    hyperparameters = list(facts.hyperparameters.items())
    more = len(hyperparameters) - MAX_HYPERPARAMETERS
    shown = [f"{name} {value}" for name, value in hyperparameters[:MAX_HYPERPARAMETERS]]
    return [
        ("data version", facts.data_version),
        ("data", facts.data),
        ("window", facts.window),
        ("split", facts.split_by),
        *((f"  {name}", part) for name, part in facts.split.items()),
        ("hyperparameters", ", ".join([*shown, f"{more} more"] if more > 0 else shown)),
        ("tuning", facts.search),
        ("code version", facts.code_version),
        ("job code", facts.job_code),
        ("image", facts.image),
    ]


def gate_rows(version: Version) -> list[tuple[str, str]]:
    """The gate's verdict, and a row for each of its conditions."""
    passed = version.report.get("passed", version.training.get("passed"))
    verdict = {True: "passed", "true": "passed", False: "refused", "false": "refused"}.get(passed, "")
    missed, met = (comparison.checks(version.report, passed=each) for each in (False, True))
    sentences = [("fails", sentence) for sentence in missed] + [("passes", sentence) for sentence in met]
    if not sentences and version.training.get("reasons"):
        sentences = [("because", str(version.training["reasons"]))]
    return [("verdict", verdict), *sentences]


def metrics_table(version: Version) -> Table | None:
    """The metrics with intervals, beside those of the champion on the same holdout."""
    champion = comparison.metrics_of(version.report, comparison.CHAMPION)
    pairs = comparison.side_by_side(version.metrics, champion)
    if not pairs:
        return None
    if not champion:
        return Table(
            columns=("metric", "value", _interval(version.report)),
            rows=[(own.name, own.number, own.interval) for own, _ in pairs],
        )
    other = comparison.compared_with(version.report)
    called = "champion" if other is None else f"version {other}"
    return Table(
        columns=("metric", f"version {version.number}", called),
        rows=[(own.name or theirs.name, spelt(own), spelt(theirs)) for own, theirs in pairs],
    )


def spelt(metric: Metric) -> str:
    """A metric with its interval in one cell, such as ``0.7345 (0.7102 to 0.7563)``."""
    return f"{metric.number} ({metric.interval})" if metric.interval else metric.number


def importance(version: Version) -> Table | None:
    """The most important features: what the main metric loses without them, and their share of the gain."""
    measured = version.report.get("importance")
    columns = measured.get("columns") if isinstance(measured, Mapping) else None
    if not isinstance(columns, Iterable) or isinstance(columns, str | Mapping):
        return None
    rows = [
        (
            str(each.get("column", "")),
            spelt(loss(each)) or "not defined",
            f"{float(each['gain']):.1%}" if isinstance(each.get("gain"), int | float) else "",
        )
        for each in columns
        if isinstance(each, Mapping)
    ]
    with_gain = any(gain for _, _, gain in rows)
    lost = measured.get("metric", "metric") if isinstance(measured, Mapping) else "metric"
    names = ("column", f"{lost} lost when permuted", "gain")
    kept_rows = rows[:MAX_IMPORTANCES] if with_gain else [row[:2] for row in rows[:MAX_IMPORTANCES]]
    return Table(columns=names if with_gain else names[:2], rows=kept_rows) if rows else None


def _importance_rows(report: Mapping[str, Any]) -> list[tuple[str, str]]:
    measured = report.get("importance")
    columns = measured.get("columns") if isinstance(measured, Mapping) else None
    more = len(columns) - MAX_IMPORTANCES if isinstance(columns, list) else 0
    return [("not shown", f"{more} less important columns")] if more > 0 else []


def loss(values: Mapping[str, Any]) -> Metric:
    """What the main metric loses when a column is permuted, from an item of the report's importance."""
    numbers = {
        name: each if isinstance(each := values.get(name), int | float) else None
        for name in ("value", "low", "high")
    }
    return Metric(name="", **numbers)


def _metrics_title(version: Version) -> str:
    rows = version.report.get("rows")
    return f"Metrics on {rows:,} holdout rows" if isinstance(rows, int) else "Metrics"


def _interval(report: Mapping[str, Any]) -> str:
    confidence = (report.get("bootstrap") or {}).get("confidence")
    return f"{confidence:.0%} interval" if isinstance(confidence, int | float) else "interval"


def following(model: Model, version: Version, champion: int | None, workflows: Container[str]) -> list[str]:
    """What a version can be used for next, by the workflows that the model has."""
    option = f" --model {model.name}"
    lines = []
    status = version.package.get("status")
    if status == "PendingManualApproval":
        lines.append(f"`mdlc approve {version.number}{option}` approves it, `mdlc reject` rejects it.")
    if status == "Approved" and champion != version.number:
        if lineage.RELEASE in workflows:
            lines.append(f"`mdlc release --version {version.number}{option}` brings it to the endpoint.")
        elif lineage.BATCH in workflows:
            lines.append(f"`mdlc run {lineage.BATCH}{option}` scores with the newest approved version.")
    if champion not in (None, version.number):
        lines.append(f"`mdlc compare {champion} {version.number}{option}` compares it with the champion.")
    return lines
