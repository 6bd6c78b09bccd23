"""The fitted feature program: how a raw row becomes the numbers that the model sees, fitted once and kept
with it.

It is plain JSON, bound to no engine. Training and batch scoring run it as SQL (`Program.to_sql`), serving
runs it on one row (`Program.prepare`); a property test holds the two equal, so that a model sees in use what
it saw in training.

Categories become their rank by frequency in the training part: the encoding looks at no label, so it cannot
leak one. On the flights of `examples` it does as well as smoothed target means, and better for columns of
many values.
"""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb

from jobs.database import literal, quoted, single
from jobs.errors import InputError
from jobs.folders import Folders
from jobs.plan import Dataset, Plan
from jobs.values import LARGEST_EXACT_INTEGER

SCHEMA_VERSION = 1
MOST_CATEGORIES = 1000
OTHER = 0.0
NO_TIME = -1.0

_CALENDAR_SQL = {
    "hour": "hour({})",
    "dayofweek": "isodow({})",
    "day": "day({})",
    "dayofyear": "dayofyear({})",
    "week": "weekofyear({})",
    "month": "month({})",
    "quarter": "quarter({})",
    "year": "year({})",
}


@dataclass(frozen=True, kw_only=True)
class Step:
    """One feature: the column it is made of, and how.

    ``fill`` stands for a missing value. ``values`` are the codes of a category; what is not among them is
    `OTHER`. ``part`` is the part of a timestamp.
    """

    feature: str
    column: str
    kind: str
    fill: float
    values: Mapping[str, float] = field(default_factory=dict)
    part: str = ""


@dataclass(frozen=True, kw_only=True)
class Program:
    """A fitted feature program.

    :param columns: the raw columns that it reads, with their declared types.
    :param steps: the features, in the order of the model's input.
    :param origin: what it was fitted on, for people: the model, run, data version and interval.
    """

    columns: Mapping[str, str]
    steps: tuple[Step, ...]
    origin: Mapping[str, Any] = field(default_factory=dict)

    @property
    def feature_names(self) -> list[str]:
        """The names of the model's inputs, in order."""
        return [step.feature for step in self.steps]

    def reading(self, renamed: Mapping[str, str]) -> "Program":
        """The same program over other names of columns: from its own to what they are called there."""
        return replace(
            self,
            columns={renamed.get(name, name): kind for name, kind in self.columns.items()},
            steps=tuple(replace(step, column=renamed.get(step.column, step.column)) for step in self.steps),
        )

    def prepare(self, row: Mapping[str, Any]) -> list[float]:
        """The features of one row of typed values, None (or no such key) where a value is missing."""
        return [_prepared(step, row.get(step.column)) for step in self.steps]

    def to_sql(self, relation: str, *, leading: Sequence[str] = (), order: str = "") -> str:
        """A DuckDB query that computes the features of every row.

        :param relation: the table or view with the raw columns.
        :param leading: SQL expressions over the raw columns to put before the features.
        :param order: what to order by; names are those of the raw columns.
        """
        joins = []
        expressions = []
        for index, step in enumerate(self.steps):
            name = f"codes{index}"
            if step.kind == "category" and step.values:
                codes = ", ".join(f"({literal(v)}, {_number(code)})" for v, code in step.values.items())
                value = f"CAST(raw.{quoted(step.column)} AS VARCHAR)"
                joins.append(f"LEFT JOIN (VALUES {codes}) AS {name}(value, code) ON {name}.value = {value}")
            expressions.append(f"{_expression(step, name)} AS {quoted(step.feature)}")
        ordering = f" ORDER BY {order}" if order else ""
        selected = ", ".join([*leading, *expressions])
        return f"SELECT {selected} FROM {quoted(relation)} AS raw {' '.join(joins)}{ordering}"

    def to_json(self) -> str:
        """The program as JSON text, the same to the byte for the same program."""
        document = {
            "schema_version": SCHEMA_VERSION,
            "columns": dict(self.columns),
            "origin": dict(self.origin),
            "steps": [
                {
                    "feature": step.feature,
                    "column": step.column,
                    "kind": step.kind,
                    "fill": step.fill,
                    **({"values": dict(step.values)} if step.kind == "category" else {}),
                    **({"part": step.part} if step.part else {}),
                }
                for step in self.steps
            ],
        }
        return json.dumps(document, indent=1, ensure_ascii=False) + "\n"

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> "Program":
        """The program that a JSON document describes.

        :raises InputError: when it was written by a release that these jobs do not know.
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
                values={value: float(code) for value, code in entry.get("values", {}).items()},
                part=entry.get("part", ""),
            )
            for entry in document["steps"]
        )
        return cls(columns=document["columns"], steps=steps, origin=document.get("origin", {}))

    @classmethod
    def read(cls, folder: Path) -> "Program":
        """The program in a folder's ``program.json`` (or the file itself).

        :raises InputError: when it is not there.
        """
        path = folder / "program.json" if folder.is_dir() else folder
        if not path.is_file():
            raise InputError(f"No feature program at {path}: it is an output of the features job.")
        return cls.from_document(json.loads(path.read_text()))


def champion_program(plan: Plan, folders: Folders) -> Program | None:
    """The champion's feature program, from the plan or the input ``champion_program``; None without one."""
    if plan.champion and plan.champion.get("program"):
        return Program.from_document(plan.champion["program"])
    folder = folders.optional_input("champion_program")
    return Program.read(folder) if folder else None


def fit(
    connection: duckdb.DuckDBPyConnection, relation: str, dataset: Dataset, origin: Mapping[str, Any]
) -> Program:
    """Fit the program on a relation, which must hold training rows only."""
    steps = [_fitted(connection, relation, name, dataset.columns[name]) for name in dataset.features]
    steps += [
        Step(
            feature=f"{dataset.timestamp}_{part}",
            column=dataset.timestamp,
            kind="calendar",
            fill=NO_TIME,
            part=part,
        )
        for part in dataset.calendar
    ]
    columns = {step.column: dataset.columns[step.column] for step in steps}
    return Program(columns=columns, steps=tuple(steps), origin=origin)


def _fitted(connection: duckdb.DuckDBPyConnection, relation: str, name: str, kind: str) -> Step:
    column, table = quoted(name), quoted(relation)
    if kind == "category":
        # Ties are broken by the value, so that the same rows always give the same program.
        ranked = connection.execute(
            f"SELECT {column}, count(*) AS n FROM {table} "
            f"GROUP BY 1 ORDER BY n DESC, 1 LIMIT {MOST_CATEGORIES}"
        ).fetchall()
        codes = {value: float(rank) for rank, (value, _) in enumerate(ranked, start=1)}
        missing = codes.pop(None, OTHER)
        return Step(
            feature=name,
            column=name,
            kind="category",
            fill=missing,
            values={value: code for value, code in codes.items() if "\x00" not in value},
        )
    number = f"CAST({column} AS DOUBLE)"
    usable = f"SELECT {number} AS value FROM {table} WHERE isfinite({number})"
    present = int(str(single(connection, f"SELECT count(*) FROM ({usable})")[0]))
    fill = 0.0
    if present:
        # The median by sorting, which spills to disk; DuckDB's quantiles hold all values in memory.
        median = single(connection, f"{usable} ORDER BY 1 LIMIT 1 OFFSET {(present - 1) // 2}")[0]
        fill = float(str(median))
    return Step(feature=name, column=name, kind="boolean" if kind == "boolean" else "number", fill=fill)


def _expression(step: Step, codes: str) -> str:
    column = f"raw.{quoted(step.column)}"
    if step.kind == "category":
        known = f"coalesce({codes}.code, {_number(OTHER)})" if step.values else _number(OTHER)
        return f"CASE WHEN {column} IS NULL THEN {_number(step.fill)} ELSE {known} END"
    if step.kind == "calendar":
        part = _CALENDAR_SQL[step.part].format(f"CAST({column} AS TIMESTAMP)")
        return f"coalesce(CAST({part} AS DOUBLE), {_number(step.fill)})"
    value = f"TRY_CAST({column} AS DOUBLE)"
    return f"CASE WHEN isfinite({value}) THEN {value} ELSE {_number(step.fill)} END"


def _number(value: float) -> str:
    """The number as SQL. A bare 0.1 would be a DECIMAL, whose way to DOUBLE rounds once more."""
    return f"CAST({literal(repr(value))} AS DOUBLE)"


def _prepared(step: Step, value: Any) -> float:
    if value is None:
        return step.fill
    if step.kind == "category":
        return step.values.get(_category(value), OTHER)
    if step.kind == "calendar":
        return _calendar_part(value, step.part)
    number = float(value)
    return number if math.isfinite(number) else step.fill


def _category(value: Any) -> str:
    """The text that the jobs would stage for the value (see `jobs.values`)."""
    if isinstance(value, bool):
        return "true" if value else "false"
    whole = isinstance(value, float) and value.is_integer() and abs(value) <= LARGEST_EXACT_INTEGER
    return str(int(value)) if whole else str(value)


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
