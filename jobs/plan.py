"""The plan of a run: everything a job must know, read from ``plan.json`` and checked."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from jobs.csv_files import CsvFormat
from jobs.errors import PlanError

SCHEMA_VERSION = 1
PARTS = ("train", "validation", "holdout")

READ: Mapping[str, tuple[str, ...]] = {
    "quality": ("dataset", "quality", "split", "data"),
    "features": ("dataset", "split", "data", "champion"),
    "evaluate": ("dataset", "data", "gate", "evaluation", "champion"),
    "prepare": ("dataset", "data"),
    "check": ("dataset", "quality", "data", "package", "predicted_at", "delivery"),
    "golden": ("dataset", "golden", "data", "package"),
    "monitor": ("dataset", "quality", "data", "package", "monitor", "previous"),
}
"""The sections of the plan that each job may read: its name is derived from them, so that its result is found
again where they are the same, and nowhere else. ``lambdas.planning.steps`` has the same table."""

_SECTIONS = {
    **{section: section for sections in READ.values() for section in sections},
    **dict.fromkeys(("data_version", "files"), "data"),
    **dict.fromkeys(("intervals", "fractions", "window"), "split"),
}
"""Attributes of a plan, to their section."""


@dataclass(frozen=True, kw_only=True)
class Dataset:
    """The columns and what each is for; ``mdlc_constructs.settings.Dataset`` writes this section."""

    format: str
    timestamp: str
    row_key: tuple[str, ...]
    columns: Mapping[str, str]
    features: tuple[str, ...]
    label: str | None = None
    entity: str | None = None
    known_after: tuple[str, ...] = ()
    calendar: tuple[str, ...] = ()
    positive: str = "1"
    task: str = "binary"
    accepted_leaks: tuple[str, ...] = ()
    csv: CsvFormat = field(default_factory=CsvFormat)

    def needed(self, *, label: bool) -> dict[str, str]:
        """The columns that a job reads, with their types: never one that is known only afterwards."""
        names = [*self.row_key, self.timestamp, *([self.entity] if self.entity else []), *self.features]
        if label and self.label:
            names.append(self.label)
        return {name: self.columns[name] for name in dict.fromkeys(names)}


@dataclass(frozen=True, kw_only=True)
class DataFile:
    """One input file: its path below the prefix, size in bytes, and the checksum that S3 keeps of it.

    ``shard`` names the folder that its scoring records go to, in batch inference.
    """

    name: str
    size: int
    algorithm: str
    value: str
    shard: str = ""


@dataclass(frozen=True, kw_only=True)
class Interval:
    """A span of time in ISO text, start included, end excluded; None leaves a side open."""

    start: str | None = None
    end: str | None = None


@dataclass(frozen=True, kw_only=True)
class Plan:
    """One run's plan. ``intervals`` or ``fractions`` (of the rows in ``window``) divide the rows."""

    workflow: str
    model: str
    run: str
    dataset: Dataset
    data_version: str
    files: tuple[DataFile, ...]
    quality: Mapping[str, Any]
    gate: Mapping[str, Any]
    evaluation: Mapping[str, Any]
    intervals: Mapping[str, Interval] | None
    fractions: Mapping[str, float] | None
    window: Interval
    champion: Mapping[str, Any] | None
    package: Mapping[str, Any] | None
    predicted_at: str | None
    golden: Mapping[str, Any]
    delivery: Mapping[str, Any] | None = None
    monitor: Mapping[str, Any] | None = None
    previous: Mapping[str, Any] | None = None
    reader: str | None = None

    def __getattribute__(self, name: str) -> Any:
        section = _SECTIONS.get(name)
        if section is not None:
            reader = object.__getattribute__(self, "reader")
            if reader is not None and section not in READ[reader]:
                raise PlanError(
                    f"The {reader} job reads {section} of the plan, which its name does not follow from: "
                    "add it to READ, here and in lambdas.planning.steps."
                )
        return object.__getattribute__(self, name)

    def read_by(self, command: str) -> "Plan":
        """The same plan for a job, which can read nothing but what its name follows from."""
        return self if self.reader else self.but(reader=command)

    def but(self, **attributes: Any) -> "Plan":
        """The same plan with other attributes; ``dataclasses.replace`` would read what is not to be read."""
        own = {one.name: object.__getattribute__(self, one.name) for one in fields(self)}
        return Plan(**{**own, **attributes})

    @property
    def training(self) -> bool:
        """Whether the run trains a model, and so needs labels."""
        return self.workflow == "training"

    @property
    def requested(self) -> Interval:
        """The whole span of time that the run asks for."""
        if self.intervals is None:
            return self.window
        return Interval(start=self.intervals["train"].start, end=self.intervals["holdout"].end)


def read_plan(path: Path) -> Plan:
    """Read ``plan.json``: the file itself, or the one in a folder.

    :raises PlanError: when it is missing, is no JSON, or lacks or contradicts something.
    """
    file = path / "plan.json" if path.is_dir() else path
    try:
        document = json.loads(file.read_text())
    except FileNotFoundError:
        raise PlanError(f"No plan at {file}: give its path with --plan.") from None
    except ValueError as error:
        raise PlanError(f"{file} is not JSON ({error}): let the Plan step write it anew.") from error
    if not isinstance(document, dict):
        raise PlanError(f"{file} holds no JSON object: let the Plan step write it anew.")
    return parse_plan(document)


def parse_plan(document: Mapping[str, Any]) -> Plan:
    """The plan that a JSON document describes.

    :raises PlanError: naming the field, what it holds and the remedy.
    """
    if document.get("schema_version") != SCHEMA_VERSION:
        raise PlanError(
            f"schema_version={document.get('schema_version')!r}: these jobs read version {SCHEMA_VERSION}; "
            "deploy the workflow and its jobs from one release."
        )
    workflow = _member(document, "workflow", str)
    if workflow not in ("training", "batch", "monitoring"):
        raise PlanError(f'workflow={workflow!r}: give "training", "batch" or "monitoring".')
    data = _member(document, "data", dict)
    split = document.get("split") or {}
    return Plan(
        workflow=workflow,
        model=_member(document, "model", str),
        run=_member(document, "run", str),
        dataset=_dataset(_member(document, "dataset", dict), needs_label=workflow == "training"),
        data_version=_member(data, "version", str),
        files=tuple(_file(entry) for entry in _member(data, "files", list)),
        quality=document.get("quality") or {},
        gate=document.get("gate") or {},
        evaluation=document.get("evaluation") or {},
        intervals=_intervals(split),
        fractions=split.get("fractions"),
        window=_interval(split.get("window")),
        champion=document.get("champion"),
        package=document.get("package"),
        predicted_at=document.get("predicted_at"),
        golden=document.get("golden") or {},
        delivery=document.get("delivery"),
        monitor=document.get("monitor"),
        previous=document.get("previous"),
    )


def _member(document: Mapping[str, Any], name: str, kind: type) -> Any:
    value = document.get(name)
    if not isinstance(value, kind):
        raise PlanError(f"{name}={value!r}: the plan needs it as {kind.__name__}.")
    return value


def _names(document: Mapping[str, Any], name: str) -> tuple[str, ...]:
    value: Sequence[str] = document.get(name) or ()
    return tuple(value)


def _dataset(document: Mapping[str, Any], *, needs_label: bool) -> Dataset:
    columns = _member(document, "columns", dict)
    dataset = Dataset(
        format=_member(document, "format", str),
        timestamp=_member(document, "timestamp", str),
        row_key=_names(document, "row_key"),
        columns=columns,
        features=_names(document, "features"),
        label=document.get("label"),
        entity=document.get("entity"),
        known_after=_names(document, "known_after"),
        calendar=_names(document, "calendar"),
        positive=str(document.get("positive", "1")),
        task=document.get("task", "binary"),
        accepted_leaks=_names(document, "accepted_leaks"),
        csv=CsvFormat(
            delimiter=document.get("delimiter") or ",", timestamp_format=document.get("timestamp_format")
        ),
    )
    if needs_label and not dataset.label:
        raise PlanError("dataset.label=None: a training run needs the column to predict.")
    if not dataset.row_key:
        raise PlanError("dataset.row_key=(): name the columns that tell one row from all others.")
    ours = [name for name in columns if any(character < " " for character in name)]
    if ours:
        # Names in the jobs' SQL are told apart from columns by such a character (see `jobs.names`).
        raise PlanError(f"dataset.columns: {ours[0]!r} holds a control character; call the column otherwise.")
    # Constructors refuse this too; a plan can also be written by hand, and a leak is not noticed later.
    leaked = sorted(set(dataset.features) & {*dataset.known_after, dataset.label})
    if leaked:
        raise PlanError(f"dataset.features: {leaked[0]!r} is known only after the prediction; leave it out.")
    try:
        dataset.needed(label=True)
    except KeyError as error:
        raise PlanError(f"dataset.columns: the type of column {error.args[0]!r} is missing.") from None
    return dataset


def _file(entry: Mapping[str, Any]) -> DataFile:
    checksum = _member(entry, "checksum", dict)
    name = _member(entry, "name", str)
    if name.startswith("/") or ".." in Path(name).parts:
        raise PlanError(f"data.files: the name {name!r} leads out of the input folder.")
    return DataFile(
        name=name,
        size=_member(entry, "size", int),
        algorithm=_member(checksum, "algorithm", str),
        value=_member(checksum, "value", str),
        shard=str(entry.get("shard", "")),
    )


def _intervals(split: Mapping[str, Any]) -> Mapping[str, Interval] | None:
    if not split or "fractions" in split:
        return None
    missing = [part for part in PARTS if part not in split]
    if missing:
        raise PlanError(f"split: the interval of {missing[0]!r} is missing.")
    return {part: _interval(split[part]) for part in PARTS}


def _interval(document: Mapping[str, Any] | None) -> Interval:
    given = document or {}
    return Interval(start=given.get("start"), end=given.get("end"))
