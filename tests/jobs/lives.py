"""A model's life in data: each job once, from a batch to a monitored window, with a model that is a formula.

What the jobs write is told as plain values without any column's name, so that the lives of two data sets can
be held equal that differ only in what their columns are called, or in how files hold their values.
"""

import csv
import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from io import StringIO
from pathlib import Path
from typing import Any
from unittest.mock import patch

import duckdb

from jobs.commands import check, evaluate, features, monitor, prepare, quality
from jobs.folders import Folders
from jobs.plan import Plan, parse_plan
from jobs.serving.program import Program
from jobs.serving.serve import ROWS, prepare_rows
from tests.jobs.batches import Batch
from tests.jobs.monitoring.windows import RUN, Window

Row = Mapping[str, Any]
PACKAGE = {"arn": "arn:package/7", "version": 7, "run": RUN, "program": "s3://p/", "baseline": "s3://b/"}
HOURS = {"start": "2024-03-01T00:00:00+00:00", "end": "2024-03-02T00:00:00+00:00"}
PREDICTED_AT = "2024-03-01T05:00:00+00:00"


@dataclass(frozen=True, kw_only=True)
class Data:
    """A data set: its section of the plan, and rows of values by the columns' names.

    Args:
        training: rows to train and judge on, with labels.
        fresh: rows to score, which get their labels later.
    """

    section: Mapping[str, Any]
    training: Sequence[Row]
    fresh: Sequence[Row]
    monitor: Mapping[str, Any] = field(default_factory=dict)
    quality: Mapping[str, Any] = field(default_factory=dict)

    @property
    def asked(self) -> list[str]:
        """The columns that are known when a prediction is asked for."""
        return [name for name in self.section["columns"] if name != self.section["label"]]


def text_of(value: Any) -> str:
    """A value as a CSV cell."""
    return "" if value is None else str(value).lower() if isinstance(value, bool) else str(value)


def to_csv(columns: Sequence[str], rows: Sequence[Row]) -> str:
    """Rows as a CSV file."""
    stream = StringIO(newline="")
    writer = csv.writer(stream, lineterminator="\n", quoting=csv.QUOTE_ALL)
    writer.writerow(columns)
    # Quoted without exception: a line of one empty cell would be no line.
    writer.writerows([text_of(row[name]) for name in columns] for row in rows)
    return stream.getvalue()


def scored(line: str) -> float:
    """The model: a number from 0 to 1 for a line of features."""
    total = sum((place + 1) * float(value) for place, value in enumerate(line.split(",")))
    return round(0.5 + math.atan(total / 10) / 4, 6)


def answer(records: Path, target: Path) -> None:
    """Answer a file of records, as a transform job does."""
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text("".join(f"{scored(line)}\n" for line in records.read_text().splitlines()))


def numbers(document: Any) -> Iterator[float | bool | None]:
    """All numbers of a JSON document in their order; no names and no texts."""
    if isinstance(document, Mapping):
        for value in document.values():
            yield from numbers(value)
    elif isinstance(document, list):
        for value in document:
            yield from numbers(value)
    elif not isinstance(document, str):
        yield document


def table(path: Path | str) -> list[tuple[Any, ...]]:
    """A Parquet file's rows, by place."""
    with duckdb.connect() as connection:
        return connection.execute(f"FROM '{path}'").fetchall()


def lived(data: Data, folder: Path) -> dict[str, Any]:
    """What each job makes of the data: by job and file, without the columns' names."""
    batch = Batch(folder / "training")
    batch.write("rows.csv", to_csv(list(data.section["columns"]), data.training))
    sections = {
        "dataset": data.section,
        "quality": {"leak_auc": 1.1, **data.quality},
        "evaluation": {"bootstrap": 5},
        "importance": {"rows": 300},
    }
    found: dict[str, Any] = {}
    plan = parse_plan(batch.document(**sections))
    quality.run(plan, batch.folders("quality"))
    report = json.loads(batch.output("report", "report.json", of="quality").read_text())
    assert report["passed"], report["findings"]
    found["quality"] = [*numbers(report["columns"]), *numbers(report["label"])]
    split = _trained(plan, batch, found)
    scoring = Batch(folder / "scoring")
    scoring.write("rows.csv", to_csv(data.asked, data.fresh))
    found["batch"] = _batch(data, scoring, split, sections)
    program = Program.read(batch.output("program"))
    lines = [json.dumps({name: row[name] for name in data.asked}) for row in data.fresh]
    served = prepare_rows(program, "\n".join(lines).encode(), ROWS)
    assert isinstance(served, tuple) and isinstance(served[0], str), served
    found["endpoint"] = sorted(served[0].splitlines())
    scores = [scored(line) for line in served[0].splitlines()]
    for kind in ("endpoint", "batch"):
        window = Window(folder / f"window-{kind}")
        found[f"monitor {kind}"] = _monitored(data, window, batch, scoring, lines, scores, kind)
    return found


def _trained(plan: Plan, batch: Batch, found: dict[str, Any]) -> Path:
    with patch("jobs.permuted_rows.MIN_ROWS", 2):  # lives are short
        features.run(plan, batch.folders())
    split = batch.output("split")
    for part in ("train", "validation", "holdout"):
        (path,) = (split / part).glob(f"{part}.*")
        found[f"{part}/{path.name}"] = path.read_text()
    keys = split / "holdout_keys" / "keys.parquet"
    found["keys"] = [row[:1] + row[2:] for row in table(keys)]
    for name in ("holdout.csv", "importance.csv"):
        answer(split / "holdout" / name, batch.folder / "predictions" / f"{name}.out")
    given = {
        "holdout_keys": keys.parent,
        "predictions": batch.folder / "predictions",
        "trained_on": split / "baseline",
    }
    output = batch.folder / "evaluated"
    with (
        patch("jobs.evaluation.segments.MIN_ROWS", 2),
        patch("jobs.commands.evaluate.draw"),  # the picture names no column, and is a third of a life's time
    ):
        evaluate.run(plan, Folders(input_base=batch.folder, output_base=output, inputs=given))
    statistics = json.loads((output / "baseline" / "statistics.json").read_text())
    found["statistics"] = list(numbers(statistics))
    report = json.loads((output / "evaluation" / "report.json").read_text())
    assert report["importance"] and (report["segments"] or plan.dataset.task == "ranking")
    # By place: columns of equal importance stand in the order of their names.
    for name in ("importance", "segments"):
        found[name] = sorted(list(numbers(part)) for part in _parts_of(report[name]))
    found["sample"] = table(output / "baseline" / "sample.parquet")
    return split


def _parts_of(measured: Any) -> list[Any]:
    """The columns of an importance, or the segments."""
    parts: list[Any] = measured["columns"] if isinstance(measured, dict) else measured
    return parts


def _batch(data: Data, batch: Batch, split: Path, sections: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    program = split.parent / "program"
    plan = parse_plan(
        batch.document(**sections, workflow="batch", split={}, package=PACKAGE, predicted_at=PREDICTED_AT)
    )
    prepare.run(plan, batch.folders("prepared", program=program))
    (records,) = (batch.folder / "prepared" / "shards").rglob("*.csv")
    answer(records, batch.folder / "scores" / f"{records.name}.out")
    given = {"keys": batch.output("keys", of="prepared"), "predictions": batch.folder / "scores"}
    folders = Folders(input_base=batch.folder, output_base=batch.folder / "checked", inputs=given)
    verdict = check.run(plan, folders)
    assert verdict.passed, verdict.reasons
    parts = table(batch.folder / "checked" / "parts" / "*.parquet")
    return [row[2:] for row in parts] + [(line,) for line in sorted(records.read_text().splitlines())]


def _monitored(
    data: Data,
    window: Window,
    batch: Batch,
    scoring: Batch,
    lines: Sequence[str],
    scores: Sequence[float],
    kind: str,
) -> dict[str, Any]:
    baseline = batch.folder / "evaluated" / "baseline"
    for path in baseline.iterdir():
        content = path.read_text().replace(batch.plan().run, RUN) if path.suffix == ".json" else None
        target = window.folder / "baseline" / path.name
        target.write_bytes(path.read_bytes()) if content is None else target.write_text(content)
    (window.folder / "program" / "program.json").write_bytes(
        batch.output("program", "program.json").read_bytes()
    )
    window.capture(_captured(lines, scores))
    path = window.folder / "labels" / "labels.csv"
    path.write_text(to_csv(list(data.section["columns"]), data.fresh))
    window.labels.append(path.name)
    settings: dict[str, Any] = {"least_rows": 5, "kind": kind, **data.monitor}
    if kind == "batch":
        (window.folder / "raw" / "rows.csv").write_bytes((scoring.data / "rows.csv").read_bytes())
        (part,) = (scoring.folder / "checked" / "parts").glob("*.parquet")
        (window.folder / "captured" / part.name).write_bytes(part.read_bytes())
        published = {"run": "aa", "package_version": 7, "predicted_at": PREDICTED_AT}
        settings |= {"published": [{**published, "parts": [part.name], "raw": ["rows.csv"]}]}
    document = window.document(dataset=data.section, **settings)
    document["quality"] = {**document["quality"], "ranges": {}, **data.quality}
    monitor.run(parse_plan(json.loads(json.dumps(document))), window.folders())
    summary, report = window.output("summary.json"), window.output("report.json")
    rows = table(window.folder / "out" / "monitoring" / "rows.parquet")
    replay = window.folder / "out" / "monitoring" / "replay"
    return {
        "summary": list(numbers(summary)),
        "report": list(numbers({name: report[name] for name in ("drift", "accuracy", "skew", "faults")})),
        "notes": len(summary["notes"]),
        "labelled": summary["accuracy"]["labelled"],
        "skewed": len(summary["skew"]["skewed"]),
        "rows": sorted(map(repr, (row[2:] for row in rows))),
        "replay": sorted((replay / "features.csv").read_text().splitlines()) if kind == "endpoint" else [],
    }


def _captured(lines: Sequence[str], scores: Sequence[float]) -> Iterator[str]:
    for number, (line, score) in enumerate(zip(lines, scores, strict=True)):
        sides = [
            {"observedContentType": "application/jsonlines", "data": body, "encoding": "JSON"}
            for body in (line, json.dumps({"score": score, "version": 7}))
        ]
        about = {"eventId": f"event-{number:05d}", "inferenceTime": f"2024-03-01T05:00:{number % 60:02d}Z"}
        yield json.dumps(
            {
                "captureData": {"endpointInput": sides[0], "endpointOutput": sides[1]},
                "eventMetadata": about,
                "eventVersion": "0",
            }
        )
