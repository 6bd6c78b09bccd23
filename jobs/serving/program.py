"""The fitted feature program: it computes the model's input features from a raw row.

It is fitted once and stored with the model, as JSON that depends on no engine. Training and batch scoring run
it as SQL (`jobs.program.to_sql`); serving runs it on one row (`Program.prepare`). A property test checks that
both give the same features, which prevents training-serving skew.
"""

import json
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from jobs.errors import InputError
from jobs.serving.values import canonical, read, text

SCHEMA_VERSION = 1
FILE = "program.json"
OTHER = 0.0
NO_TIME = -1.0
SUM_TOLERANCE = 1e-3
"""How far the sum of a row's probabilities may be from 1: models compute with 32 bits, and some round."""

_SHOWN_CHARACTERS = 40
_SHOWN_NAMES = 8


@dataclass(frozen=True, kw_only=True)
class Step:
    """How one feature is computed from a column.

    ``fill`` replaces a missing value. ``values`` are the codes of the categories; an unknown category becomes
    `OTHER`. ``part`` is the part of a timestamp, such as ``week``. ``mean`` is subtracted from the result,
    and the difference is divided by ``scale``.
    """

    feature: str
    column: str
    kind: str
    fill: float
    values: Mapping[str, float] = field(default_factory=dict)
    part: str = ""
    mean: float = 0.0
    scale: float = 1.0

    @property
    def is_standardized(self) -> bool:
        """Whether the feature is moved and scaled."""
        return (self.mean, self.scale) != (0.0, 1.0)


@dataclass(frozen=True, kw_only=True)
class Program:
    """A fitted feature program.

    Args:
        columns: the raw columns that it reads, with their declared types.
        steps: the features, in the order of the model's input.
        origin: the model, data version and time interval that it was fitted on.
        format: the format of the files that it was fitted on; in ``csv`` an empty text is a missing value.
        classes: the label's values in a multiclass task, in the order of the model's answers.
        task: the task of a model whose answer is no number and no class, ``cluster`` or ``embedding``.
        records: the format of the records that the model's container takes.
    """

    columns: Mapping[str, str]
    steps: tuple[Step, ...]
    origin: Mapping[str, Any] = field(default_factory=dict)
    format: str = "csv"
    classes: tuple[str, ...] = ()
    task: str = ""
    records: str = "csv"

    def reading(self, renamed: Mapping[str, str]) -> "Program":
        """A copy of the program that reads renamed columns.

        Args:
            renamed: the program's column names, to the names to read instead.
        """
        return replace(
            self,
            columns={renamed.get(name, name): kind for name, kind in self.columns.items()},
            steps=tuple(replace(step, column=renamed.get(step.column, step.column)) for step in self.steps),
        )

    def typed(self, row: Mapping[str, Any]) -> dict[str, Any]:
        """The values of a JSON row as their columns' declared types; other columns are left out.

        Raises:
            ValueError: when a value does not fit; names the column, its value and the remedy.
        """
        empty_is_missing = self.format == "csv"
        values = {}
        for name, kind in self.columns.items():
            try:
                values[name] = read(row.get(name), kind, empty_is_missing=empty_is_missing)
            except ValueError as error:
                raise ValueError(f"column {name!r}: {shown(row.get(name))} is {error}.") from None
        return values

    def require_known(self, row: Mapping[str, Any]) -> None:
        """Check that a JSON row has at least one of the program's columns, even as null.

        A row with none of them is a caller's mistake; it would be scored as if all values were missing.

        Raises:
            ValueError: when it has none; names its columns and the expected ones.
        """
        if any(name in row for name in self.columns):
            return
        problem = f"{_listed(row)} are no columns of the model" if row else "the row is empty"
        raise ValueError(f"{problem}: send some of {_listed(self.columns)}.")

    def prepare(self, row: Mapping[str, Any]) -> list[float]:
        """The features of one row of typed values; a missing value is None or an absent key."""
        return [
            (_prepared(step, row.get(step.column)) - step.mean) / step.scale
            if step.is_standardized
            else _prepared(step, row.get(step.column))
            for step in self.steps
        ]

    def to_json(self) -> str:
        """The program as JSON text; equal programs give equal bytes."""
        document = {
            "schema_version": SCHEMA_VERSION,
            **({"classes": list(self.classes)} if self.classes else {}),
            "columns": dict(self.columns),
            "format": self.format,
            "origin": dict(self.origin),
            **({"records": self.records} if self.records != "csv" else {}),
            "steps": [
                {
                    "feature": step.feature,
                    "column": step.column,
                    "kind": step.kind,
                    "fill": step.fill,
                    **({"values": dict(step.values)} if step.kind == "category" else {}),
                    **({"part": step.part} if step.part else {}),
                    **({"mean": step.mean, "scale": step.scale} if step.is_standardized else {}),
                }
                for step in self.steps
            ],
            **({"task": self.task} if self.task else {}),
        }
        return json.dumps(document, indent=1, ensure_ascii=False) + "\n"

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> "Program":
        """The program of a JSON document.

        Raises:
            InputError: when its schema version is not the one these jobs read.
        """
        if document.get("schema_version") != SCHEMA_VERSION:
            raise InputError(
                f"The feature program has schema_version={document.get('schema_version')!r}, these jobs read "
                f"{SCHEMA_VERSION}: use jobs of the release that trained the model."
            )
        steps = tuple(
            Step(
                feature=entry["feature"],
                column=entry["column"],
                kind=entry["kind"],
                fill=float(entry["fill"]),
                values=_canonical_codes(entry.get("values", {})),
                part=entry.get("part", ""),
                mean=float(entry.get("mean", 0.0)),
                scale=float(entry.get("scale", 1.0)),
            )
            for entry in document["steps"]
        )
        return cls(
            columns=document["columns"],
            steps=steps,
            origin=document.get("origin", {}),
            format=document.get("format", "csv"),
            classes=tuple(document.get("classes", ())),
            task=document.get("task", ""),
            records=document.get("records", "csv"),
        )

    @classmethod
    def read(cls, folder: Path) -> "Program":
        """The program in a folder's ``program.json``, or in the file itself.

        Raises:
            InputError: when there is no such file.
        """
        path = folder / FILE if folder.is_dir() else folder
        if not path.is_file():
            raise InputError(f"No feature program at {path}: it is an output of the features job.")
        return cls.from_document(json.loads(path.read_text(encoding="utf-8")))


def _listed(names: Iterable[str]) -> str:
    """The first names, as JSON texts, and how many more there are."""
    every = list(names)
    more = f" and {len(every) - _SHOWN_NAMES} more" if len(every) > _SHOWN_NAMES else ""
    return ", ".join(map(shown, every[:_SHOWN_NAMES])) + more


def shown(value: Any) -> str:
    """A JSON value for an error message: on one line, shortened."""
    whole = json.dumps(value)
    return whole if len(whole) <= _SHOWN_CHARACTERS else f"{whole[:_SHOWN_CHARACTERS]}…"


def _canonical_codes(codes: Mapping[str, float]) -> dict[str, float]:
    """The codes of categories by their canonical text.

    Earlier releases distinguished ``2`` and ``2.0``. Both get the lower code, that of the more frequent one.
    """
    merged: dict[str, float] = {}
    for value, code in codes.items():
        name = canonical(value)
        merged[name] = min(float(code), merged.get(name, math.inf))
    return merged


def _prepared(step: Step, value: Any) -> float:
    if step.kind == "category" and value is not None:
        value = text(value)
    if value is None:
        return step.fill
    if step.kind == "category":
        return step.values.get(value, OTHER)
    if step.kind == "calendar":
        return _calendar_part(value, step.part)
    number = float(value)
    return number if math.isfinite(number) else step.fill


def _calendar_part(moment: datetime, part: str) -> float:
    utc = moment.astimezone(UTC) if moment.tzinfo else moment
    if part == "dayofweek":
        return float(utc.isoweekday())
    if part == "dayofyear":
        return float(utc.timetuple().tm_yday)
    if part == "week":
        return float(utc.isocalendar().week)
    if part == "quarter":
        return float((utc.month + 2) // 3)
    return float(getattr(utc, part))
