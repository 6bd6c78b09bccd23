"""What a monitoring execution computed: its windows, with their columns, reasons and metrics."""

from __future__ import annotations

from collections.abc import Sequence

from mdlc_cli.results.result import Section, Table
from mdlc_cli.results.window import metrics, verdict
from mdlc_cli.versions.comparison import Metric
from mdlc_client.audit import Item, parsed

MAX_METRICS = 4
"""How many metrics of a window are shown, the main one first."""


def sections(windows: Sequence[Item], names: Sequence[str]) -> list[Section]:
    """The windows of an execution: one line each, and the reasons and metrics of those with rows."""
    if not windows:
        return []
    rows = [
        (name, str(item.get("rows", "")), ", ".join(_columns(item)), verdict(item))
        for name, item in zip(names, windows, strict=True)
    ]
    table = Table(columns=("window", "rows", "drifted columns", "verdict"), rows=rows)
    parts = [Section(title="Windows", table=table)]
    for name, item in zip(names, windows, strict=True):
        if str(item.get("rows", "0")) == "0":
            continue
        parts.append(
            Section(
                title=name,
                rows=[
                    ("version", str(item.get("version", ""))),
                    ("columns", ", ".join(_columns(item))),
                    ("because", str(item.get("reasons", ""))),
                    ("metrics", _metrics(item)),
                    ("estimated", "" if _metrics(item) else _estimates(item)),
                    ("report", str(item.get("page") or item.get("report") or "")),
                ],
            )
        )
    return parts


def _columns(item: Item) -> list[str]:
    return [str(name) for name in parsed(item.get("columns")) or ()]


def _metrics(item: Item) -> str:
    """The first metrics with intervals, each beside the holdout's."""
    values, baseline = parsed(item.get("metrics")) or {}, parsed(item.get("baseline_metrics")) or {}
    return "; ".join(
        f"{metric.name} {metric.number}"
        + (f" ({metric.interval})" if metric.interval else "")
        + _holdout(baseline.get(metric.name))
        for metric in metrics(values)[:MAX_METRICS]
    )


def _estimates(item: Item) -> str:
    """Metrics that were estimated without labels, each beside the holdout's."""
    values, baseline = parsed(item.get("estimates")) or {}, parsed(item.get("baseline_metrics")) or {}
    return "; ".join(
        f"{name} {Metric(name=name, value=value).number}{_holdout(baseline.get(name))}"
        for name, value in list(values.items())[:MAX_METRICS]
        if isinstance(value, int | float)
    )


def _holdout(value: object) -> str:
    number = Metric(name="", value=value).number if isinstance(value, int | float) else ""
    return f", holdout {number}" if number else ""
