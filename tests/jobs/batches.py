"""Small batches of data for the jobs' tests: files, the plan that pins them, and the folders of a run."""

import base64
import json
import random
import zlib
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from jobs.folders import Folders
from jobs.plan import Plan, parse_plan

HEADER = ("id", "at", "who", "amount", "count", "kind", "flag", "y", "after")
DATASET: dict[str, Any] = {
    "format": "csv",
    "label": "y",
    "timestamp": "at",
    "entity": "who",
    "row_key": ["id"],
    "columns": {
        "id": "text",
        "at": "timestamp",
        "who": "text",
        "amount": "number",
        "count": "integer",
        "kind": "category",
        "flag": "boolean",
        "y": "integer",
        "after": "number",
    },
    "known_after": ["after"],
    "features": ["amount", "count", "kind", "flag"],
    "calendar": ["hour"],
    "positive": "1",
    "task": "binary",
    "accepted_leaks": [],
}
QUALITY: dict[str, Any] = {
    "minimum_rows": 10,
    "maximum_missing_share": 0.5,
    "missing_share": {},
    "unique_key": True,
    "ranges": {},
    "accepted_values": {},
    "minimum_class_share": 0.01,
    "leak_auc": 0.98,
}
SPLIT: dict[str, Any] = {
    "intervals": {
        "train": {"start": None, "end": "2024-02-01T00:00:00"},
        "validation": {"start": "2024-02-01T00:00:00", "end": "2024-03-01T00:00:00"},
        "holdout": {"start": "2024-03-01T00:00:00", "end": None},
    }
}
GATE: dict[str, Any] = {
    "at_least": {},
    "at_most": {},
    "better_than_champion": None,
    "margin": 0.0,
    "confidence": 0.95,
}
Row = dict[str, Any]


def rows(number: int = 300, seed: int = 1) -> list[Row]:
    """Rows over January to March 2024, in no order of time; the label depends a little on the amount."""
    chance = random.Random(seed)
    made = []
    for index in range(number):
        at = datetime(2024, 1, 1) + timedelta(minutes=chance.randrange(90 * 24 * 60))
        amount = round(chance.gauss(0, 10), 3)
        made.append(
            {
                "id": f"r{index}",
                "at": at.isoformat(),
                "who": f"w{index % 7}",
                "amount": amount if chance.random() > 0.1 else "",
                "count": chance.randrange(5),
                "kind": chance.choice(["a", "b", "c d", ""]),
                "flag": chance.choice(["true", "false"]),
                "y": int(chance.random() < (0.6 if amount > 0 else 0.3)),
                "after": round(chance.random(), 3),
            }
        )
    return made


class Batch:
    """Files below a folder, and what jobs need to run on them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.data = folder / "data"
        self.data.mkdir(parents=True)

    def write(self, name: str, content: str | bytes | Sequence[Row], header: Sequence[str] = HEADER) -> Path:
        """Write a file: text or bytes as they are, rows as CSV."""
        path = self.data / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(content, bytes):
            path.write_bytes(content)
        elif isinstance(content, str):
            path.write_text(content)
        else:
            lines = [",".join(str(row.get(column, "")) for column in header) for row in content]
            path.write_text("\n".join([",".join(header), *lines]) + "\n")
        return path

    def document(self, **sections: Any) -> dict[str, Any]:
        """The plan of a training run over the files that are there, with sections laid over it."""
        found = sorted(path for path in self.data.rglob("*") if path.is_file())
        plan: dict[str, Any] = {
            "schema_version": 1,
            "workflow": "training",
            "model": "model",
            "run": "0123456789abcdef",
            "dataset": DATASET,
            "data": {"version": "d" * 64, "uri": "s3://b/p/", "files": [self.entry(path) for path in found]},
            "quality": QUALITY,
            "split": SPLIT,
            "gate": GATE,
            "evaluation": {"threshold": 0.5, "bootstrap": 50, "seed": 1},
            "champion": None,
            "importance": {"rows": 1500, "seed": 1},
        }
        for name, section in sections.items():
            mergeable = (
                isinstance(plan.get(name), Mapping) and isinstance(section, Mapping) and name != "split"
            )
            plan[name] = {**plan[name], **section} if mergeable else section
        copied: dict[str, Any] = json.loads(json.dumps(plan))
        return copied

    def entry(self, path: Path) -> dict[str, Any]:
        """A file as the plan names it."""
        content = path.read_bytes()
        value = base64.b64encode(zlib.crc32(content).to_bytes(4, "big")).decode()
        return {
            "name": path.relative_to(self.data).as_posix(),
            "size": len(content),
            "checksum": {"algorithm": "CRC32", "value": value},
        }

    def plan(self, **sections: Any) -> Plan:
        """The plan, read."""
        return parse_plan(self.document(**sections))

    def folders(self, output: str = "out", **inputs: Path) -> Folders:
        """The folders of a run: the data, more inputs, and an output folder by name."""
        return Folders(
            input_base=self.folder / "nothing",
            output_base=self.folder / output,
            inputs={"data": self.data, **inputs},
        )

    def output(self, *path: str, of: str = "out") -> Path:
        """A file that a job wrote."""
        return self.folder.joinpath(of, *path)
