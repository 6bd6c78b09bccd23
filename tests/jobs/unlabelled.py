"""Batches of tasks that need no label: features, trained on files, with answers by a formula."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from jobs.commands import evaluate, features
from jobs.folders import Folders
from tests.jobs.batches import Batch, rows

Answer = Callable[[list[float]], object]
"""A model: the line of its answer to a row's features amount, count, kind, flag and hour."""


def section(task: str, *, label: bool = False) -> dict[str, Any]:
    """The dataset section of such a task."""
    return {"task": task, "label": "y" if label else None}


def trained(folder: Path, task: str, *, label: bool = False, number: int = 600) -> Batch:
    """A batch whose features job has run."""
    batch = Batch(folder)
    batch.write("rows.csv", rows(number))
    features.run(batch.plan(dataset=section(task, label=label), importance=None), batch.folders())
    return batch


def evaluated(batch: Batch, task: str, answer: Answer, *, label: bool = False, **sections: Any) -> Any:
    """The report of an evaluation of the model's answers."""
    records = batch.output("split", "holdout", "holdout.csv").read_text().splitlines()
    answers = batch.folder / "answers"
    answers.mkdir(exist_ok=True)
    lines = [str(answer([float(value) for value in line.split(",")])) for line in records]
    (answers / "holdout.csv.out").write_text("\n".join(lines) + "\n")
    inputs = {
        "holdout_keys": batch.output("split", "holdout_keys"),
        "predictions": answers,
        "trained_on": batch.output("split", "baseline"),
    }
    folders = Folders(input_base=batch.folder, output_base=batch.folder / "evaluated", inputs=inputs)
    plan = batch.plan(dataset=section(task, label=label), importance=None, **sections)
    evaluate.run(plan, folders)
    folder = batch.folder / "evaluated" / "evaluation"
    assert (folder / "evaluation.png").stat().st_size > 10_000
    return json.loads((folder / "report.json").read_text())
