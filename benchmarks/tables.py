"""Renders the tables of `benchmarks.request_path`."""

from collections.abc import Mapping, Sequence
from typing import Any

from rich.table import Table

from benchmarks import prices, shapes
from benchmarks.containers import ContainerLoads
from benchmarks.load import percentile
from benchmarks.shapes import Way


def serving_table(measured: Mapping[tuple[str, str], ContainerLoads]) -> Table:
    columns = ("", "load", "requests/s", "p50 ms", "p99 ms", "CPU ms a request", "generator's core")
    table = _table("Serving containers, best of the rounds", *columns)
    for (name, kind), measurement in measured.items():
        best = measurement.best
        table.add_row(
            name,
            kind,
            f"{best.per_second:,.0f}",
            f"{best.milliseconds(0.5):.2f}",
            f"{best.milliseconds(0.99):.2f}",
            f"{measurement.cpu_milliseconds:.3f}",
            f"{best.busy:.0%}",
        )
    return table


def handler_table(measured: Mapping[str, Any]) -> Table:
    table = _table("The deciding function, in process", "", "p50 ms", "p99 ms")
    for name, key in (
        ("a decision: look-up, endpoint, rules, record", "total"),
        ("of it the function's own time", "own"),
        ("CPU time of its process, sending and receiving included", "cpu"),
        ("the endpoint alone, by the same call", "endpoint"),
    ):
        ordered = sorted(measured[key])
        table.add_row(name, *(f"{percentile(ordered, share) * 1000:.2f}" for share in (0.5, 0.99)))
    return table


def shapes_table(measured: Mapping[str, Way]) -> Table:
    columns = ("", "p50 ms", "p99 ms", f"requests/s, {shapes.CALLERS} callers")
    table = _table("Behind the embedded API Gateway", *columns)
    for name, way in measured.items():
        ordered = sorted(way.latencies)
        times = [f"{percentile(ordered, share) * 1000:.1f}" for share in (0.5, 0.99)]
        table.add_row(name, *times, f"{way.per_second:.0f}")
    return table


def cost_table(rows: Sequence[tuple[float, Mapping[str, float], Mapping[str, float]]]) -> Table:
    names = ("API Gateway", "Step Functions", "Lambda", "DynamoDB")
    title = f"US dollars a million decisions, {prices.REGION}, without the endpoint's instances"
    table = _table(title, "shape", "assumed ms", *names, "all")
    for assumed, function, machine in rows:
        for shape, cost in (("Lambda", function), ("Express", machine)):
            parts = [f"{cost[name]:.2f}" if name in cost else "" for name in names]
            table.add_row(shape, f"{assumed:.0f}", *parts, f"{sum(cost.values()):.2f}")
    return table


def _table(title: str, *columns: str) -> Table:
    table = Table(title=title, title_justify="left")
    for number, name in enumerate(columns):
        table.add_column(name, justify="right" if number else "left")
    return table
