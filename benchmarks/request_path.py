"""Latency and cost of the request path: ``python -m benchmarks.request_path`` prints the tables.

It compares the serving container with a classic one, and the decision function's own time with the
endpoint's. All measurements alternate in one run, so that ratios are taken under the same conditions;
absolute times depend on the machine.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from rich.console import Console

from benchmarks import containers, decisions, prices, shapes, tables
from benchmarks.containers import ONNX, ROOT, TEMPLATE, TWIN, ContainerLoads
from benchmarks.decisions import item_bytes, looked_up_item
from benchmarks.embedded import embedded, variables
from benchmarks.shapes import Way
from mdlc_constructs.asl.transitions import entered_states
from mdlc_constructs.resources import bundles
from mdlc_constructs.workflows.decision.machine import decision_machine
from mdlc_constructs.workflows.decision.settings import DecisionSettings

LOADS = {"1 row, 1 caller": (1, 1), "1 row, 8 callers": (1, 8), "100 rows, 8 callers": (100, 8)}
"""Rows per request and number of connections, by the name of the load."""

GOAL = "1 row, 8 callers"
GOAL_RATIO = 3.0
GOAL_OWN_MS = 3.0
GOAL_IMPORT_MS = 300.0

BUSY = 0.8
"""A load generator that uses a larger share of its core than this may be the bottleneck."""

ASSUMED_MS = (10.0, 50.0, 150.0)
"""Assumed durations of a decision on AWS, which are not measured here: costs are shown for each."""

EXPRESS_FUNCTION_MS = 5.0
"""The assumed billed duration of the state machine's rules function."""

_IMPORT = """
import time
wall, cpu = time.perf_counter(), time.process_time()
import lambdas.functions.decide.handler
print(time.perf_counter() - wall, time.process_time() - cpu)
"""


def serving(
    folder: Path, model: Path, *, rounds: int, seconds: float
) -> dict[tuple[str, str], ContainerLoads]:
    """The measurements of both containers under every load."""
    return containers.compare(model, folder / "containers.log", LOADS, rounds=rounds, seconds=seconds)


def deciding(
    folder: Path, model: Path, number: int, *, rounds: int, seconds: float
) -> tuple[dict[str, Any], dict[str, Way]]:
    """The decision function's times in its own process (see `benchmarks.handler`), and both shapes' times."""
    target = folder / "handler.json"
    with embedded(folder, model / "model" / "xgboost-model") as url:
        subprocess.run(
            [sys.executable, "-m", "benchmarks.handler", str(number), str(target)],
            cwd=ROOT,
            env={**os.environ, **variables(url)},
            stdout=subprocess.DEVNULL,  # lines of metrics
            check=True,
        )
        measured: dict[str, Any] = json.loads(target.read_text())
        asks = shapes.ways(url, shapes.deploy(url, folder))
        # Fewer requests: each takes much longer than the function alone.
        ways = shapes.measure(url, asks, requests=number // 5, rounds=rounds, seconds=seconds)
    return measured, ways


def hops() -> tuple[str, ...]:
    """The states that an Express execution enters when nothing fails."""
    settings = DecisionSettings(
        api=decisions.API,
        model=decisions.MODEL,
        endpoint_name=decisions.ENDPOINT,
        decisions=decisions.decisions(),
    )
    return tuple(entered_states(decision_machine(settings)))


def cold_import(folder: Path, repeat: int) -> list[tuple[float, float]]:
    """Seconds and CPU seconds that fresh processes take to import the decision function.

    They import from the unpacked bundle, without compiled modules of ours, as Lambda's copy has none and is
    read-only.
    """
    place = folder / "bundle"
    with zipfile.ZipFile(bundles.lambda_code().path) as bundle:
        bundle.extractall(place)
    imports = []
    for _ in range(repeat + 1):
        answer = subprocess.run(
            [sys.executable, "-B", "-c", _IMPORT],
            cwd=place,
            check=True,
            capture_output=True,
            text=True,
        )
        wall, cpu = map(float, answer.stdout.split())
        imports.append((wall, cpu))
    return imports[1:]  # the first one reads from the disk


def ratios(
    measured: Mapping[tuple[str, str], ContainerLoads], other: str = TWIN
) -> dict[str, dict[str, float]]:
    """The template's requests per second divided by another container's, and the same ratio by CPU time.

    They are medians over rounds, in each of which both are measured one after the other. The ratio by CPU
    time is 0 when CPU time is not known.
    """
    return {
        kind: {
            "requests": _median_ratio(
                [load.per_second for load in measured[TEMPLATE, kind].loads],
                [load.per_second for load in measured[other, kind].loads],
            ),
            "cpu": _median_ratio(
                measured[other, kind].cpu_milliseconds_each, measured[TEMPLATE, kind].cpu_milliseconds_each
            ),
        }
        for kind in LOADS
    }


def costs(record_bytes: int) -> list[tuple[float, dict[str, float], dict[str, float]]]:
    """US dollars per million decisions of both shapes, by the assumed duration of a decision."""
    looked_up = item_bytes(looked_up_item())
    return [
        (
            assumed,
            prices.lambda_shape(
                prices.Request(milliseconds=assumed, record_bytes=record_bytes, looked_up_bytes=looked_up)
            ),
            prices.express_shape(
                prices.Request(
                    milliseconds=assumed,
                    record_bytes=record_bytes,
                    looked_up_bytes=looked_up,
                    function_calls=1,
                    function_milliseconds=EXPRESS_FUNCTION_MS,
                )
            ),
        )
        for assumed in ASSUMED_MS
    ]


def _median_ratio(ones: Sequence[float], others: Sequence[float]) -> float:
    pairs = [(first, other) for first, other in zip(ones, others, strict=True) if other]
    return statistics.median(first / other for first, other in pairs) if pairs else 0.0


def _as_json(measured: Mapping[tuple[str, str], ContainerLoads]) -> list[dict[str, Any]]:
    return [
        {
            "container": name,
            "load": kind,
            "requests_per_second": [load.per_second for load in measurement.loads],
            "p50_ms": [load.milliseconds(0.5) for load in measurement.loads],
            "p99_ms": [load.milliseconds(0.99) for load in measurement.loads],
            "cpu_ms_a_request": measurement.cpu_milliseconds_each,
            "generator_busy": [load.busy for load in measurement.loads],
        }
        for (name, kind), measurement in measured.items()
    ]


def main() -> None:
    """Measure, print, and write JSON if requested."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--rounds", type=int, default=9, help="of every load and container, in turn")
    parser.add_argument("--seconds", type=float, default=1.5, help="of each")
    parser.add_argument("--requests", type=int, default=1000, help="to the deciding function")
    parser.add_argument("--json", type=Path, help="a file that takes all of it")
    chosen = parser.parse_args()
    console, progress = Console(), Console(stderr=True)
    with tempfile.TemporaryDirectory(prefix="mdlc-benchmark-") as name:
        folder = Path(name)
        began = os.getloadavg()[0]
        progress.print("... model and environments")
        model = containers.write_model(folder)
        progress.print("... serving containers")
        served = serving(folder, model, rounds=chosen.rounds, seconds=chosen.seconds)
        progress.print("... deciding function, and both shapes deployed")
        decided, ways = deciding(folder, model, chosen.requests, rounds=chosen.rounds, seconds=chosen.seconds)
        progress.print("... cold imports")
        imports = cold_import(folder, 10)
    ended = os.getloadavg()[0]
    servers, generator = containers.halves()
    states = hops()
    console.print(f"Load of the machine: {began:.1f} before, {ended:.1f} after; cores: {os.cpu_count()}.")
    console.print(f"Servers on cores {sorted(servers)}, load generator on {sorted(generator)}.\n")
    console.print(tables.serving_table(served))
    compared = ratios(served)
    for kind, ratio in compared.items():
        console.print(
            f"{kind}: {ratio['requests']:.1f} times the requests a second, {ratio['cpu']:.1f} in CPU time"
        )
    for kind, ratio in ratios(served, ONNX).items():
        console.print(
            f"{kind}: {ratio['requests']:.2f} times ONNX Runtime's requests a second, "
            f"{ratio['cpu']:.2f} in CPU time"
        )
    console.print(f"(medians of {chosen.rounds} rounds; the goal is {GOAL_RATIO:g} requests at {GOAL})\n")
    if any(measurement.best.busy > BUSY for measurement in served.values()):
        console.print("The load generator was busy: what it measured is a lower bound.\n")
    console.print(tables.handler_table(decided))
    console.print(f"(the goal for its own time is {GOAL_OWN_MS:g} ms p50)\n")
    console.print(tables.shapes_table(ways))
    console.print("Lambda shape: API Gateway, one function, and its calls: look-up, endpoint, record.")
    console.print(
        f"Express shape: API Gateway, one execution of {len(states)} states: {', '.join(states)}.\n"
    )
    wall, cpu = (statistics.median(times) * 1000 for times in zip(*imports, strict=True))
    console.print(
        f"Cold import of the deciding function: {wall:.0f} ms, of CPU time {cpu:.0f} ms (median of 10)"
    )
    console.print(f"(the goal is {GOAL_IMPORT_MS:g} ms)\n")
    rows = costs(decided["record_bytes"])
    console.print(tables.cost_table(rows))
    if chosen.json:
        content = {
            "load_average": [began, ended],
            "containers": _as_json(served),
            "ratios": compared,
            "handler": decided,
            "shapes": {name: asdict(way) for name, way in ways.items()},
            "express_states": states,
            "import_seconds": imports,
            "dollars_a_million": [
                {"ms": ms, "lambda": measurement, "express": two} for ms, measurement, two in rows
            ],
            "prices": {name: asdict(price) for name, price in prices.PRICES.items()},
        }
        chosen.json.write_text(json.dumps(content, indent=1) + "\n")


if __name__ == "__main__":
    main()
