"""Compares the cost of drift detection: our data jobs, Evidently's drift preset, NannyML's univariate drift.

    python -m benchmarks.drift

Each reads the same two Parquet files, a baseline and a window, in its own process; CPU seconds, time and peak
memory are those of the whole process. All measurements alternate in one run, so that ratios are taken under
the same conditions. Ours has the same memory limit at every size.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from benchmarks import drift_data
from benchmarks.drift_data import Pair
from benchmarks.environments import environment_of

ROOT = Path(__file__).resolve().parent.parent
TWINS = ROOT / "benchmarks" / "drift_twins"

OURS, ALL, WINDOW = "ours, the preset's statistics", "ours, all that the job computes", "ours, window alone"
EVIDENTLY, NANNYML = "Evidently", "NannyML"
PARTS = {OURS: "preset", ALL: "all", WINDOW: "window"}
PROGRAMS = {EVIDENTLY: TWINS / "evidently_preset.py", NANNYML: TWINS / "nannyml_univariate.py"}

MILLIONS = (1.0, 10.0, 50.0)
ROUNDS = 3
BIG = 20.0
"""With more million cells than this, only one round is measured, as the twins take minutes."""

MEMORY = "256MB"
GOAL_MILLIONS = 10.0
GOAL_RATIO = 15.0
GOAL_BYTES = 256e6

QUIET = {"DO_NOT_TRACK": "1", "NML_DISABLE_USAGE_LOGGING": "1"}
"""Switches off the usage reports that both twins send over the network, which must not be measured."""


@dataclass(frozen=True, kw_only=True)
class Took:
    """The time and memory that one process used."""

    wall_seconds: float
    cpu_seconds: float
    peak_bytes: int


@dataclass(frozen=True, kw_only=True)
class Difference:
    """Evidently's value of a column's statistic, our difference from it, and the difference's bound."""

    statistic: str
    value: float
    difference: float
    bound: float


def run(name: str, pair: Pair, folder: Path) -> Took:
    """Run a program on a pair of files; it writes its statistics to `answer_of`."""
    target, took = answer_of(name, pair, folder), folder / "took.json"
    files = [str(pair.baseline), str(pair.window), str(target)]
    if name in PARTS:
        command = [sys.executable, "-m", "benchmarks.drift_ours", PARTS[name], MEMORY, *files]
    else:
        command = [
            str(environment_of(TWINS / "requirements.lock")),
            "-W",
            "ignore",
            str(PROGRAMS[name]),
            *files,
        ]
    if name == WINDOW:
        _keep_baseline(pair, target)
    subprocess.run(
        [sys.executable, "-I", "-S", str(ROOT / "benchmarks" / "measured.py"), str(took), *command],
        cwd=ROOT,
        env={**os.environ, **QUIET},
        stdout=subprocess.DEVNULL,
        check=True,
    )
    return Took(**json.loads(took.read_text()))


def answer_of(name: str, pair: Pair, folder: Path) -> Path:
    """The JSON file of a program's statistics by column."""
    return folder / f"{'-'.join([*name.split(), *pair.name.split()])}.json"


def measure(
    pairs: Sequence[Pair], names: Sequence[str], folder: Path, *, rounds: int
) -> dict[tuple[str, str], list[Took]]:
    """Measure all programs on all pairs, alternately, after one warm-up run of each program."""
    measured: dict[tuple[str, str], list[Took]] = {(name, pair.name): [] for pair in pairs for name in names}
    for name in names:
        run(name, min(pairs, key=lambda pair: pair.cells), folder)
    for pair in pairs:
        for _ in range(1 if pair.cells > BIG * 1e6 else rounds):
            for name in names:
                measured[name, pair.name].append(run(name, pair, folder))
    return measured


def differences(ours: Mapping[str, Any], theirs: Mapping[str, Any]) -> dict[str, Difference]:
    """The differences of our statistics from Evidently's, by column, with their bounds.

    Raises:
        AssertionError: when a difference exceeds its bound, or the columns differ.
    """
    assert ours.keys() == theirs.keys(), f"columns differ: {ours.keys() ^ theirs.keys()}"
    compared = {}
    for column, statistics_of_column in theirs.items():
        ((statistic, value),) = statistics_of_column.items()
        difference = abs(ours[column][statistic] - value)
        bound = ours[column]["bound"]
        assert difference <= bound + 1e-9, f"{column}: {statistic} is off by {difference}, not {bound}"
        compared[column] = Difference(statistic=statistic, value=value, difference=difference, bound=bound)
    return compared


def ratios(
    measured: Mapping[tuple[str, str], Sequence[Took]], twin: str, pair: str, ours: str = OURS
) -> dict[str, float]:
    """The twin's CPU time, time and memory divided by ours: the medians over rounds."""
    rounds = list(zip(measured[ours, pair], measured[twin, pair], strict=True))
    return {
        "cpu": statistics.median(other.cpu_seconds / ours_took.cpu_seconds for ours_took, other in rounds),
        "wall": statistics.median(other.wall_seconds / ours_took.wall_seconds for ours_took, other in rounds),
        "memory": statistics.median(other.peak_bytes / ours_took.peak_bytes for ours_took, other in rounds),
    }


def table(measured: Mapping[tuple[str, str], Sequence[Took]]) -> Table:
    """The table of the minimum times and the maximum memory over rounds."""
    grid = Table(title="Drift of a window against its baseline", title_justify="left")
    for place, column in enumerate(("", "cells", "CPU s", "wall s", "peak MB")):
        grid.add_column(column, justify="right" if place > 1 else "left")
    for (name, pair), rounds in measured.items():
        grid.add_row(
            name,
            pair,
            f"{min(took.cpu_seconds for took in rounds):.2f}",
            f"{min(took.wall_seconds for took in rounds):.2f}",
            f"{max(took.peak_bytes for took in rounds) / 1e6:.0f}",
        )
    return grid


def accuracy(pairs: Sequence[Pair], folder: Path) -> dict[str, dict[str, Difference]]:
    """The differences of our statistics from Evidently's, by pair and column."""
    return {
        pair.name: differences(
            *(json.loads(answer_of(name, pair, folder).read_text()) for name in (OURS, EVIDENTLY))
        )
        for pair in pairs
    }


def _keep_baseline(pair: Pair, target: Path) -> None:
    """Compute the baseline's statistics in advance, as training does."""
    command = [sys.executable, "-m", "benchmarks.drift_ours", "baseline", MEMORY]
    subprocess.run(
        [*command, str(pair.baseline), str(pair.window), str(target)], cwd=ROOT, check=True, timeout=600
    )


def main() -> None:
    """Measure, print, and write JSON if requested."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--millions", type=float, nargs="+", default=MILLIONS, help="of cells, wide table")
    parser.add_argument("--rounds", type=int, default=ROUNDS, help=f"up to {BIG:g} million cells")
    parser.add_argument("--no-flights", action="store_true")
    parser.add_argument("--json", type=Path, help="a file that takes all of it")
    chosen = parser.parse_args()
    console, progress = Console(), Console(stderr=True)
    names = [OURS, ALL, WINDOW, EVIDENTLY, NANNYML]
    with tempfile.TemporaryDirectory(prefix="mdlc-benchmark-") as name:
        folder = Path(name)
        began = os.getloadavg()[0]
        progress.print("... tables, and the twins' environment")
        pairs = [drift_data.wide(folder, round(millions * 1e6)) for millions in chosen.millions]
        if not chosen.no_flights:
            pairs.append(drift_data.flights(folder))
        environment_of(TWINS / "requirements.lock")
        progress.print("... drift")
        measured = measure(pairs, names, folder, rounds=chosen.rounds)
        compared = accuracy(pairs, folder)
    ended = os.getloadavg()[0]
    console.print(f"Load of the machine: {began:.1f} before, {ended:.1f} after; cores: {os.cpu_count()}.\n")
    console.print(table(measured))
    for pair in pairs:
        for twin in (EVIDENTLY, NANNYML):
            ratio = ratios(measured, twin, pair.name)
            console.print(
                f"{pair.name}: {twin} takes {ratio['cpu']:.1f} times the CPU time, {ratio['wall']:.1f} "
                f"the time, {ratio['memory']:.1f} the memory"
            )
    console.print(
        f"(medians; the goal is {GOAL_RATIO:g} of Evidently's, CPU and wall, at {GOAL_MILLIONS:g} million "
        f"cells, and {GOAL_BYTES / 1e6:g} MB at every size)\n"
    )
    for table_name, columns in compared.items():
        for statistic in ("jensen_shannon", "wasserstein"):
            off = [column.difference for column in columns.values() if column.statistic == statistic]
            console.print(
                f"{table_name}, {statistic} of {len(off)} columns: at most {max(off):.2g} off, "
                f"median {statistics.median(off):.2g}"
            )
    if chosen.json:
        content = {
            "load_average": [began, ended],
            "took": [
                {"name": name, "cells": pair, "rounds": [asdict(took) for took in rounds]}
                for (name, pair), rounds in measured.items()
            ],
            "accuracy": {
                pair: {column: asdict(difference) for column, difference in columns.items()}
                for pair, columns in compared.items()
            },
        }
        chosen.json.write_text(json.dumps(content, indent=1) + "\n")


if __name__ == "__main__":
    main()
