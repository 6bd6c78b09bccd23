"""What differs between two trained versions of a model, and their metrics side by side. Pure functions.

`mdlc_cli.versions.versions` reads what is compared here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from mdlc_cli.versions import splits
from mdlc_cli.versions.trials import search_of
from mdlc_client.audit import Item, parsed
from mdlc_client.registered import Package

CHALLENGER, CHAMPION = "challenger", "champion"
"""The two models that an evaluation's ``report.json`` has metrics of."""
NOT_SET = "not set"
"""The value of a hyperparameter that only the other version has."""


@dataclass(frozen=True, kw_only=True)
class Metric:
    """A metric on the holdout with its confidence interval; a value is None where it is not known."""

    name: str
    value: float | None
    low: float | None = None
    high: float | None = None

    @property
    def number(self) -> str:
        """The value as text, such as ``0.7345``; empty when it is not known."""
        return "" if self.value is None else _number(self.value)

    @property
    def interval(self) -> str:
        """The confidence interval as text, such as ``0.7102 to 0.7563``; empty when it is not known."""
        if self.low is None or self.high is None:
            return ""
        return f"{_number(self.low)} to {_number(self.high)}"


@dataclass(frozen=True, kw_only=True)
class TrainingFacts:
    """What a version was trained with, as text; empty where it is not known.

    Attributes:
        files: number of the data's files, and their size in `bytes`; None without a plan.
        rows: rows of all files.
        window: the interval of time that rows were taken from.
        split_by: how rows were divided: by time, or by fractions.
        split: the interval and the rows of each part.
        job_code: the file of code that the data jobs ran.
        hyperparameters: by name.
        search: how they were found, when they were searched.
    """

    version: int
    data_version: str = ""
    files: int | None = None
    bytes: int | None = None
    rows: str = ""
    window: str = ""
    split_by: str = ""
    split: Mapping[str, str] = field(default_factory=dict)
    code_version: str = ""
    job_code: str = ""
    image: str = ""
    hyperparameters: Mapping[str, str] = field(default_factory=dict)
    search: str = ""

    @property
    def data(self) -> str:
        """The data's files and rows in a phrase."""
        parts = []
        if self.files is not None:
            parts.append(f"{self.files:,} {'file' if self.files == 1 else 'files'}")
        if self.rows.isdecimal():
            parts.append(f"{int(self.rows):,} rows")
        return ", ".join(parts)


@dataclass(frozen=True, kw_only=True)
class Difference:
    """One thing that two versions do not have in common; a value is empty when it is not known."""

    name: str
    old: str
    new: str


def metrics_of(report: Mapping[str, Any], model: str = CHALLENGER) -> tuple[Metric, ...]:
    """The metrics of one of the models in an evaluation's ``report.json``, with intervals.

    Args:
        report: the document; may be empty.
        model: `CHALLENGER` or `CHAMPION`.
    """
    described = (report.get("metrics") or {}).get(model) or {}
    return tuple(
        Metric(name=name, value=values.get("value"), low=values.get("low"), high=values.get("high"))
        for name, values in described.items()
        if isinstance(values, Mapping)
    )


def recorded_metrics(training: Item) -> tuple[Metric, ...]:
    """The metrics in a training's audit item, which has no intervals."""
    return plain_metrics(parsed(training.get("metrics")))


def plain_metrics(values: Any) -> tuple[Metric, ...]:
    """Metrics without intervals from values by name; none for anything else."""
    if not isinstance(values, Mapping):
        return ()
    return tuple(
        Metric(name=str(name), value=value if isinstance(value, int | float) else None)
        for name, value in values.items()
    )


def compared_with(report: Mapping[str, Any]) -> int | None:
    """The version of the champion that an evaluation compared with, or None when there was none."""
    version = (report.get("champion") or {}).get("version")
    return None if version is None else int(version)


def checks(report: Mapping[str, Any], *, passed: bool) -> tuple[str, ...]:
    """The gate's conditions that were met, or that were not, a sentence each."""
    return tuple(
        str(check.get("sentence", ""))
        for check in report.get("checks") or ()
        if bool(check.get("passed")) is passed
    )


def side_by_side(left: Iterable[Metric], right: Iterable[Metric]) -> list[tuple[Metric, Metric]]:
    """The metrics of two models in pairs, in the order of the first; a missing one has no value."""
    first, second = ({metric.name: metric for metric in metrics} for metrics in (left, right))
    return [
        (first.get(name, Metric(name=name, value=None)), second.get(name, Metric(name=name, value=None)))
        for name in {**first, **second}
    ]


def training_facts(
    version: int,
    *,
    training: Item,
    package: Package,
    plan: Mapping[str, Any],
    resolved: Mapping[str, Any] | None = None,
) -> TrainingFacts:
    """What a version was trained with.

    Args:
        version: the version's number.
        training: the audit item of the training that registered it; may be empty.
        package: the package in the registry (`registered.plain`); may be empty.
        plan: the training's ``plan.json``; may be empty.
        resolved: the ``manifest.json`` of its split, with the intervals and rows of its parts; may be empty.
    """
    origin = {**package.get("metadata", {}), **{name: value for name, value in training.items() if value}}
    data, split = plan.get("data") or {}, plan.get("split") or {}
    listed = data.get("files")
    hyperparameters = parsed(training.get("hyperparameters"))
    return TrainingFacts(
        version=version,
        data_version=str(origin.get("data_version", "")),
        files=None if listed is None else len(listed),
        bytes=None if listed is None else sum(int(file.get("size", 0)) for file in listed),
        rows=str(training.get("rows", "")),
        window=splits.interval(split.get("window")),
        split_by=splits.method(split),
        split=splits.parts(split, resolved),
        code_version=str(origin.get("code_version", "")),
        job_code=str(origin.get("job_code", "")),
        image=str(origin.get("image", "")),
        hyperparameters={str(name): str(value) for name, value in hyperparameters.items()}
        if isinstance(hyperparameters, Mapping)
        else {},
        search=search_of(parsed(training.get("tuning"))),
    )


def differences(old: TrainingFacts, new: TrainingFacts) -> list[Difference]:
    """What the training of one version did otherwise than that of another; equal things are left out."""
    rows = [
        ("data version", old.data_version, new.data_version),
        ("data", old.data, new.data),
        ("window", old.window, new.window),
        ("split", old.split_by, new.split_by),
        *_named("split", old.split, new.split),
        ("code version", old.code_version, new.code_version),
        ("job code", old.job_code, new.job_code),
        ("image", old.image, new.image),
        *_named("", old.hyperparameters, new.hyperparameters),
    ]
    return [Difference(name=name, old=before, new=after) for name, before, after in rows if before != after]


def _named(prefix: str, old: Mapping[str, str], new: Mapping[str, str]) -> list[tuple[str, str, str]]:
    if not old or not new:
        # Nothing is known of one of them, so nothing can be said of what changed.
        return []
    return [
        (f"{prefix} {name}".strip(), old.get(name, NOT_SET), new.get(name, NOT_SET))
        for name in sorted({*old, *new}, key=lambda name: _place(name, old))
    ]


def _place(name: str, known: Mapping[str, str]) -> tuple[int, str]:
    order = list(known)
    return (order.index(name) if name in order else len(order), name)


def _number(value: float) -> str:
    """A metric's value with four digits after the point, or with four significant ones."""
    return f"{value:.4f}" if 0.001 <= abs(value) < 1000 or value == 0 else f"{value:.4g}"
