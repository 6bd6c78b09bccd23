"""The monitor's section of ``plan.json``: which served rows are judged, with which labels, and how."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from jobs.errors import PlanError
from jobs.plan import Interval, Plan
from jobs.statistics.thresholds import Thresholds

KINDS = ("endpoint", "batch")
JOINS = ("row_key", "inference_id", "entity_and_time")


@dataclass(frozen=True, kw_only=True)
class Published:
    """One published result of batch inference: its parts, and the raw files that were scored."""

    run: str
    version: int
    predicted_at: str
    parts: tuple[str, ...]
    raw: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Package:
    """The package version that is judged; ``run`` is the training run that made it."""

    arn: str
    version: int
    run: str


@dataclass(frozen=True, kw_only=True)
class Settings:
    """What a monitor looks at and how.

    :param window: of served time, start included, end excluded.
    :param captured: an endpoint's capture files below the input ``captured``.
    :param published: the results of batch inference, for a batch monitor.
    :param by: what joins labels to served rows, one of `JOINS`; None without labels.
    :param format: of files of labels that are rows like the training data's.
    :param segments: columns whose values are judged apart.
    :param protected: columns between whose values the model should make no difference.
    :param least_rows: labelled rows that a segment needs.
    :param joint: whether all columns together are compared, by a classifier.
    :param sample: rows that are kept for being asked again.
    :param threshold: from which score on a row counts as positive.
    :param bootstrap: resamples for confidence intervals.
    :param previous: the window before, whose statistics the input ``previous`` holds.
    """

    kind: str
    id: str
    window: Interval
    package: Package
    captured: tuple[str, ...] = ()
    published: tuple[Published, ...] = ()
    by: str | None = None
    format: str = "csv"
    thresholds: Thresholds
    segments: tuple[str, ...] = ()
    protected: tuple[str, ...] = ()
    least_rows: int = 100
    joint: bool = True
    sample: int = 0
    seed: int = 1
    threshold: float = 0.5
    bootstrap: int = 200
    previous: Interval | None = None


def read_settings(plan: Plan) -> Settings:
    """The settings in a plan.

    :raises PlanError: naming the field, what it holds and the remedy.
    """
    section = plan.monitor
    if not section:
        raise PlanError("monitor=None: the monitor job needs the plan of a monitoring workflow.")
    kind = section.get("kind")
    if kind not in KINDS:
        raise PlanError(f'monitor.kind={kind!r}: give "endpoint" or "batch".')
    labels = section.get("labels")
    by = labels.get("by") if labels else None
    if labels and by not in JOINS:
        raise PlanError(f"monitor.labels.by={by!r}: give one of {', '.join(JOINS)}.")
    if by == "entity_and_time" and not plan.dataset.entity:
        raise PlanError('monitor.labels.by="entity_and_time": name the entity\'s column, or join by row_key.')
    return Settings(
        kind=kind,
        id=str(section.get("id") or ""),
        window=_window(section.get("window"), "monitor.window"),
        package=_package(plan),
        captured=tuple(section.get("captured") or ()),
        published=tuple(_published(entry) for entry in section.get("published") or ()),
        by=by,
        format=str((labels or {}).get("format") or plan.dataset.format),
        thresholds=Thresholds.from_plan(section.get("thresholds")),
        segments=_columns(plan, section, "segments"),
        protected=_columns(plan, section, "protected"),
        least_rows=_number(section, "least_rows", 100),
        joint=bool(section.get("joint", True)),
        sample=_number(section, "sample", 0),
        seed=_number(section, "seed", 1),
        threshold=float(section.get("threshold", 0.5)),
        bootstrap=_number(section, "bootstrap", 200),
        previous=_window(plan.previous.get("window"), "previous.window") if plan.previous else None,
    )


def _window(document: Any, about: str) -> Interval:
    given: Mapping[str, Any] = document if isinstance(document, Mapping) else {}
    start, end = given.get("start"), given.get("end")
    if not start or not end:
        raise PlanError(f"{about}={document!r}: give start and end as ISO times.")
    return Interval(start=str(start), end=str(end))


def _package(plan: Plan) -> Package:
    given = plan.package or {}
    try:
        version = int(given["version"])
    except (KeyError, TypeError, ValueError):
        raise PlanError(f"package={dict(given)!r}: the plan needs the version that is judged.") from None
    return Package(arn=str(given.get("arn") or ""), version=version, run=str(given.get("run") or ""))


def _published(entry: Mapping[str, Any]) -> Published:
    try:
        return Published(
            run=str(entry["run"]),
            version=int(entry["package_version"]),
            predicted_at=str(entry["predicted_at"]),
            parts=tuple(entry["parts"]),
            raw=tuple(entry["raw"]),
        )
    except KeyError as error:
        raise PlanError(f"monitor.published: an entry lacks {error.args[0]!r}.") from None


def _columns(plan: Plan, section: Mapping[str, Any], name: str) -> tuple[str, ...]:
    given: Sequence[str] = section.get(name) or ()
    unknown = [column for column in given if column not in plan.dataset.columns]
    if unknown:
        raise PlanError(f"monitor.{name}: the dataset has no column {unknown[0]!r}.")
    return tuple(given)


def _number(section: Mapping[str, Any], name: str, default: int) -> int:
    value = section.get(name, default)
    if not isinstance(value, int) or value < 0:
        raise PlanError(f"monitor.{name}={value!r}: give a whole number from 0.")
    return value
