"""Windows of served rows for the monitor's tests: what an endpoint captured, labels, a baseline, a plan."""

import base64
import json
import math
import random
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import duckdb

from jobs.database import connect
from jobs.folders import Folders, write_json
from jobs.monitoring.labels import JoinedLabels, join_labels
from jobs.monitoring.rows import Served, stage_served
from jobs.monitoring.settings import Settings, read_settings
from jobs.plan import Plan, parse_plan
from jobs.serving.program import FILE, Program, Step
from jobs.statistics.baseline import statistics
from tests.jobs.batches import DATASET, QUALITY
from tests.jobs.columns import relation

START, END = datetime(2024, 3, 1), datetime(2024, 3, 2)
RUN, VERSION = "0123456789abcdef", 7
FEATURES = {"amount": "number", "count": "integer", "kind": "category", "flag": "boolean"}
PROGRAM = Program(
    columns={**FEATURES, "at": "timestamp"},
    steps=(
        Step(feature="amount", column="amount", kind="number", fill=0.0),
        Step(feature="count", column="count", kind="number", fill=2.0),
        Step(
            feature="kind", column="kind", kind="category", fill=0.0, values={"a": 1.0, "b": 2.0, "c d": 3.0}
        ),
        Step(feature="flag", column="flag", kind="boolean", fill=0.0),
        Step(feature="at_hour", column="at", kind="calendar", fill=-1.0, part="hour"),
    ),
    origin={"run": RUN},
)
RULES: dict[str, Any] = {
    "kind": "endpoint",
    "thresholds": {},
    "segments": [],
    "protected": [],
    "least_rows": 50,
    "joint": False,
    "sample": 20,
    "seed": 3,
    "threshold": 0.5,
    "bootstrap": 40,
}
"""How the monitor judges its windows."""
HOLDOUT = {"auc": 0.72, "accuracy": 0.66}

Row = dict[str, Any]


def rows(number: int, seed: int = 1, start: datetime = START) -> list[Row]:
    """Rows with the chance of a positive, as score, and a label drawn by it."""
    chance = random.Random(seed)
    made = []
    for index in range(number):
        amount = round(chance.gauss(0, 10), 3)
        score = round(1 / (1 + math.exp(-amount / 10)), 6)
        made.append(
            {
                "id": f"r{seed}-{index}",
                "at": (start + timedelta(seconds=86_000 * index / number)).isoformat(timespec="seconds"),
                "who": f"w{index % 7}",
                "amount": None if chance.random() < 0.1 else amount,
                "count": chance.randrange(5),
                "kind": chance.choice(["a", "b", "c d"]),
                "flag": chance.random() < 0.5,
                "score": score,
                "y": int(chance.random() < score),
            }
        )
    return made


def asked(row: Mapping[str, Any]) -> Row:
    """What a caller sends of a row."""
    return {name: value for name, value in row.items() if name not in ("score", "y")}


def event(
    given: Mapping[str, Any] | Sequence[Mapping[str, Any]],
    *,
    version: int | None = VERSION,
    at: datetime | None = None,
    identity: str | None = None,
    number: int = 0,
    encoding: str = "JSON",
    answers: Sequence[str] | None = None,
) -> str:
    """A line of a capture file: one request of one or several rows."""
    some = [given] if isinstance(given, Mapping) else list(given)
    answered = answers or [
        json.dumps({"score": row["score"]} | ({"version": version} if version else {})) for row in some
    ]
    bodies = ["\n".join(json.dumps(asked(row)) for row in some), "".join(f"{line}\n" for line in answered)]
    if encoding == "BASE64":
        bodies = [base64.b64encode(body.encode()).decode() for body in bodies]
    sides = [
        {"observedContentType": "application/jsonlines", "mode": mode, "data": body, "encoding": encoding}
        for mode, body in zip(("INPUT", "OUTPUT"), bodies, strict=True)
    ]
    moment = at or datetime.fromisoformat(some[0]["at"])
    about = {
        "eventId": f"event-{some[0]['id']}-{version}-{number}",
        "inferenceTime": f"{moment:%Y-%m-%dT%H:%M:%SZ}",
    }
    if identity:
        about["inferenceId"] = identity
    return json.dumps(
        {
            "captureData": {"endpointInput": sides[0], "endpointOutput": sides[1]},
            "eventMetadata": about,
            "eventVersion": "0",
        }
    )


class Window:
    """The folders of one run of the monitor job."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.captured: list[str] = []
        self.labels: list[str] = []
        for name in ("captured", "labels", "program", "baseline", "previous", "raw"):
            (folder / name).mkdir(parents=True)
        (folder / "program" / FILE).write_text(PROGRAM.to_json())

    def capture(
        self, lines: Iterable[str] | bytes, name: str = "e/v/2024/03/01/00/00-00-000-a.jsonl"
    ) -> None:
        """Write a capture file: lines, or bytes as they are."""
        path = self.folder / "captured" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(
            lines if isinstance(lines, bytes) else "".join(f"{line}\n" for line in lines).encode()
        )
        self.captured.append(name)

    def label(self, given: Iterable[Mapping[str, Any]], name: str = "labels.csv", **header: str) -> None:
        """Write a file of labels as rows of the training data; or as JSON Lines, by its name."""
        path = self.folder / "labels" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if name.endswith(".jsonl"):
            path.write_text("".join(json.dumps(line) + "\n" for line in given))
        else:
            columns = list(DATASET["columns"])
            lines = [",".join(_cell(row.get(column)) for column in columns) for row in given]
            path.write_text("\n".join([",".join(columns), *lines]) + "\n")
        self.labels.append(name)

    def baseline(
        self,
        given: Sequence[Mapping[str, Any]],
        *,
        run: str | None = RUN,
        performance: Mapping[str, Any] | None = None,
    ) -> None:
        """Make the baseline of rows, whose scores are calibrated."""
        write_statistics(self.folder / "baseline" / "statistics.json", given, run=run)
        edges = [round(step / 10, 1) for step in range(11)]
        document = {
            "schema_version": 1,
            "task": "binary",
            "rows": len(given),
            "threshold": 0.5,
            "metrics": {
                name: {"value": value, "low": value - 0.01, "high": value + 0.01}
                for name, value in HOLDOUT.items()
            },
            "calibration": {
                "edges": edges,
                "rates": [round((low + high) / 2, 2) for low, high in pairwise(edges)],
                "counts": [len(given) // 10] * 10,
            },
            "residual": None,
            "mdlc": {"run": run},
        }
        write_json(self.folder / "baseline" / "performance.json", {**document, **(performance or {})})

    def entry(self, name: str) -> dict[str, Any]:
        """A file of labels as the plan names it."""
        content = (self.folder / "labels" / name).read_bytes()
        value = base64.b64encode(zlib.crc32(content).to_bytes(4, "big")).decode()
        return {"name": name, "size": len(content), "checksum": {"algorithm": "CRC32", "value": value}}

    def document(self, *, dataset: Mapping[str, Any] | None = None, **monitor: Any) -> dict[str, Any]:
        """The plan, with settings of the monitor laid over it: of the section, or of the rules in it."""
        rules = {**RULES, **{name: value for name, value in monitor.items() if name in RULES}}
        about = {name: value for name, value in monitor.items() if name not in RULES}
        return {
            "schema_version": 1,
            "workflow": "monitoring",
            "model": "model",
            "run": "fedcba9876543210",
            "dataset": {**DATASET, **(dataset or {})},
            "quality": {**QUALITY, "ranges": {"count": [0, 10]}},
            "data": {
                "version": "d" * 64,
                "uri": "s3://b/labels/",
                "files": [self.entry(name) for name in self.labels],
            },
            "package": {
                "arn": "arn:package/7",
                "version": VERSION,
                "run": RUN,
                "program": "s3://p/",
                "baseline": "s3://b/",
            },
            "monitor": {
                "rules": rules,
                "window": {"start": START.isoformat() + "+00:00", "end": END.isoformat() + "+00:00"},
                "id": "20240301T000000Z_20240302T000000Z",
                "captured": self.captured,
                "published": [],
                "labels": {"by": "row_key", "format": "csv"} if self.labels else None,
                **about,
            },
            "previous": None,
        }

    def plan(self, **monitor: Any) -> Plan:
        """The plan, read."""
        return parse_plan(json.loads(json.dumps(self.document(**monitor))))

    def settings(self, **monitor: Any) -> Settings:
        """The monitor's settings."""
        return read_settings(self.plan(**monitor))

    def folders(self) -> Folders:
        """The folders of a run."""
        return Folders(input_base=self.folder, output_base=self.folder / "out")

    def output(self, name: str) -> Any:
        """A JSON document that the job wrote."""
        return json.loads((self.folder / "out" / "monitoring" / name).read_text())


@dataclass(frozen=True, kw_only=True)
class Opened:
    """A window with its rows and labels read, as the modules of the job find it."""

    connection: duckdb.DuckDBPyConnection
    plan: Plan
    settings: Settings
    served: Served
    labels: JoinedLabels
    scratch: Path

    def query(self, text: str) -> list[tuple[Any, ...]]:
        """The rows that a query answers."""
        return self.connection.execute(text).fetchall()


@contextmanager
def opened(window: Window, **monitor: Any) -> Iterator[Opened]:
    """Read a window's rows and labels."""
    plan = window.plan(**monitor)
    settings = read_settings(plan)
    with connect() as (connection, scratch):
        served = stage_served(connection, plan, settings, window.folders(), PROGRAM, scratch)
        labels = join_labels(connection, plan, settings, window.folder / "labels", served.columns, scratch)
        yield Opened(
            connection=connection, plan=plan, settings=settings, served=served, labels=labels, scratch=scratch
        )


def write_statistics(path: Path, given: Sequence[Mapping[str, Any]], *, run: str | None = RUN) -> None:
    """Statistics of rows as a baseline has them."""
    with duckdb.connect() as connection:
        relation(connection, "t", {name: [row.get(name) for row in given] for name in (*FEATURES, "score")})
        document = statistics(connection, "t", {**FEATURES, "score": "number"})
    write_json(path, {**document, **({"mdlc": {"run": run, "model": "model"}} if run else {})})


def _cell(value: Any) -> str:
    return "" if value is None else str(value).lower() if isinstance(value, bool) else str(value)
