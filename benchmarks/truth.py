"""Compares the monitor with NannyML on public sets whose drift is known: alarms, estimates without labels.

    python -m benchmarks.truth

NannyML's package carries the sets (`benchmarks.truth_data`): the second half of each analysis has changed,
the first has not. Both are given the same reference and the same windows. An alarm in the first half is a
false one; a window of the second half without an alarm is missed. Estimates are compared with the metrics by
labels.
"""

import argparse
import json
import os
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console
from rich.table import Table

from benchmarks import truth_data, truth_ours
from benchmarks.drift import QUIET, TWINS
from benchmarks.environments import environment_of
from benchmarks.truth_data import SETS, TruthSet
from mdlc_constructs.settings.payloads.tasks import higher_is_better

SIZES = {"car loan": (5000, 1000), "credit cards": (6000, 1000), "car price": (6000, 1000)}
"""Rows of a window, by set: as in NannyML's own examples, and fewer."""

OURS, NANNYML = "ours", "NannyML"


def nannyml(truth_set: TruthSet, reference: Path, analysis: Path, size: int, python: Path) -> dict[str, Any]:
    """NannyML's result for each window, by its program in its own environment."""
    folder = reference.parent
    settings, result = folder / "settings.json", folder / "result.json"
    settings.write_text(
        json.dumps(
            {
                "task": truth_set.task,
                "chunk_size": size,
                "features": list(truth_set.columns),
                "metrics": list(truth_set.metrics),
                "score": truth_set.score,
            }
        )
    )
    program = TWINS / "nannyml_performance.py"
    files = [str(path) for path in (reference, analysis, settings, result)]
    subprocess.run(
        [str(python), "-W", "ignore", str(program), *files],
        env={**os.environ, **QUIET},
        stdout=subprocess.DEVNULL,
        check=True,
    )
    content: dict[str, Any] = json.loads(result.read_text())
    return content


def halves(flags: Sequence[bool]) -> tuple[int, int]:
    """The number of flags in the first and in the second half."""
    half = len(flags) // 2
    return sum(flags[:half]), sum(flags[half:])


def alarms(ours: Mapping[str, Any], theirs: Mapping[str, Any]) -> dict[str, dict[str, tuple[int, int]]]:
    """Windows with an alarm about drift, in the first and the second half, by program and kind of alarm."""
    windows = ours["windows"]
    columns = [bool(window["columns"]) for window in windows]
    answers = [bool(window["answers"]) for window in windows]
    joint = [bool(window["joint"]) for window in windows]
    drifted = [count > 0 for count in theirs["columns_drifted"][: len(windows)]]
    together = theirs["joint_drifted"][: len(windows)]
    return {
        OURS: {
            "columns": halves(columns),
            "answers": halves(answers),
            "all columns together": halves(joint),
            "any": halves([any(each) for each in zip(columns, answers, joint, strict=True)]),
        },
        NANNYML: {
            "columns": halves(drifted),
            "all columns together": halves(together),
            "any": halves([any(each) for each in zip(drifted, together, strict=True)]),
        },
    }


def losses(name: str, of_nannyml: str, ours: Mapping[str, Any], theirs: Mapping[str, Any]) -> dict[str, Any]:
    """Windows whose metric by labels is said to be worse than the reference's, in both halves, by program.

    NannyML says that a metric is outside its thresholds; it counts where the metric is on the worse side.
    """
    windows, before = ours["windows"], ours["reference"][name]
    sign = 1 if higher_is_better(name) else -1
    measured = theirs["realized"][of_nannyml]
    worse = [
        alert and sign * value < sign * before
        for alert, value in zip(measured["alert"], measured["value"], strict=True)
    ][: len(windows)]
    return {OURS: halves([name in window["worse"] for window in windows]), NANNYML: halves(worse)}


def errors(name: str, of_nannyml: str, ours: Mapping[str, Any], theirs: Mapping[str, Any]) -> dict[str, Any]:
    """The estimate's mean absolute error by program, and that of the reference's metric, in both halves."""
    windows = ours["windows"]
    realized = np.array([window["realized"][name] for window in windows])
    estimated = np.array([window["estimated"][name] for window in windows])
    truth = np.array(theirs["realized"][of_nannyml]["value"][: len(windows)])
    other = np.array(theirs["estimated"][of_nannyml]["value"][: len(windows)])
    offs = {
        OURS: np.abs(estimated - realized),
        NANNYML: np.abs(other - truth),
        "the reference's metric": np.abs(ours["reference"][name] - realized),
    }
    half = len(windows) // 2
    return {program: (float(off[:half].mean()), float(off[half:].mean())) for program, off in offs.items()}


def tables(results: Mapping[tuple[str, int], Mapping[str, Any]]) -> list[Table]:
    """The tables of alarms and of estimates."""
    drift = Table(title="Windows with an alarm about drift", title_justify="left")
    for column in ("set", "rows", "alarm of", "by", "false", "missed", "windows a half"):
        drift.add_column(column)
    metrics = Table(title="Metrics: losses by labels, and estimates without", title_justify="left")
    for column in (
        *("set", "rows", "metric", "by", "false losses", "losses found"),
        *("estimate off, unchanged", "changed"),
    ):
        metrics.add_column(column)
    for (name, size), result in results.items():
        half = result["windows"] // 2
        for program, kinds in result["alarms"].items():
            for kind, (first, second) in kinds.items():
                drift.add_row(name, f"{size:,}", program, kind, str(first), str(half - second), str(half))
        for metric, measured in result["metrics"].items():
            for program, (unchanged, changed) in measured["off"].items():
                worse = measured["worse"].get(program, ("", ""))
                metrics.add_row(
                    *(name, f"{size:,}", metric, program, str(worse[0]), str(worse[1])),
                    *(f"{unchanged:.4g}", f"{changed:.4g}"),
                )
    return [drift, metrics]


def main() -> None:
    """Measure, print, and write JSON if requested."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--python", type=Path, help="a Python with NannyML, instead of a new environment")
    parser.add_argument("--json", type=Path, help="a file that takes all of it")
    chosen = parser.parse_args()
    python = chosen.python or environment_of(TWINS / "requirements.lock")
    results, raw = {}, []
    with tempfile.TemporaryDirectory(prefix="mdlc-benchmark-") as name:
        source = truth_data.data_folder(python)
        for truth_set in SETS:
            paths = truth_data.write(truth_set, source, Path(name))
            for size in SIZES[truth_set.name]:
                ours = truth_ours.measure(truth_set, *paths, size)
                theirs = nannyml(truth_set, *paths, size, python)
                raw.append({"set": truth_set.name, "rows": size, OURS: ours, NANNYML: theirs})
                results[truth_set.name, size] = {
                    "windows": len(ours["windows"]),
                    "alarms": alarms(ours, theirs),
                    "metrics": {
                        metric: {
                            "worse": losses(metric, of_nannyml, ours, theirs),
                            "off": errors(metric, of_nannyml, ours, theirs),
                        }
                        for of_nannyml, metric in truth_set.metrics.items()
                    },
                }
    console = Console(width=140)
    for table in tables(results):
        console.print(table)
    if chosen.json:
        chosen.json.write_text(json.dumps(raw, indent=1) + "\n")


if __name__ == "__main__":
    main()
