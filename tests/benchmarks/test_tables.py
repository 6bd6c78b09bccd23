import io
from typing import Any

from rich.console import Console
from rich.table import Table

from benchmarks import tables
from benchmarks.containers import TEMPLATE, ContainerLoads
from benchmarks.load import Load
from benchmarks.shapes import Way


def printed(table: Table) -> str:
    written = io.StringIO()
    Console(width=160, file=written).print(table)
    return written.getvalue()


def test_a_container_and_its_load() -> None:
    load = Load(latencies=[0.001, 0.002], seconds=0.01, own_cpu_seconds=0.001)
    text = printed(
        tables.serving_table({(TEMPLATE, "1 row"): ContainerLoads(loads=[load], cpu_seconds=[0.001])})
    )
    assert all(cell in text for cell in (TEMPLATE, "1 row", "200", "1.00", "2.00", "0.500", "10%"))


def test_the_function_and_both_shapes() -> None:
    times: dict[str, Any] = {key: [0.001, 0.003] for key in ("total", "own", "cpu", "endpoint")}
    assert printed(tables.handler_table(times)).count("3.00") == 4
    assert "42" in printed(tables.shapes_table({"Lambda shape": Way(latencies=[0.01], per_second=42.0)}))


def test_costs_add_up() -> None:
    row = (10.0, {"API Gateway": 3.5, "Lambda": 0.5}, {"API Gateway": 3.5, "Step Functions": 1.0})
    text = printed(tables.cost_table([row]))
    assert "4.00" in text and "4.50" in text
