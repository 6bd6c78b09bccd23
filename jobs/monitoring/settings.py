"""The plan's monitoring section, validated: which served rows and labels are evaluated, and how."""

from dataclasses import dataclass

from jobs.errors import PlanError
from jobs.plan import Plan
from mdlc_constructs.settings.payloads.job_plan import Join, PackageSection, PublishedBatch, Thresholds
from mdlc_constructs.settings.payloads.moments import Interval


@dataclass(frozen=True, kw_only=True)
class Settings:
    """The settings of a monitor; see `MonitorSection` and `MonitorRules`.

    Args:
        captured: an endpoint's data capture files, relative to the input ``captured``.
        by: the join key of labels and served rows; None without labels.
        format: the format of label files whose rows look like the training data's.
        previous: the previous window, whose statistics are in the input ``previous``.
        names: of the numbers of an answer, such as the classes; empty for answers of one number.
        group: in a ranking, the column whose equal values are ranked together.
    """

    kind: str
    id: str
    window: Interval
    package: PackageSection
    captured: tuple[str, ...]
    published: tuple[PublishedBatch, ...]
    by: Join | None
    format: str
    thresholds: Thresholds
    segments: tuple[str, ...]
    protected: tuple[str, ...]
    least_rows: int
    joint: bool
    sample: int
    seed: int
    threshold: float
    bootstrap: int
    previous: Interval | None
    names: tuple[str, ...] = ()
    by_class: tuple[str, ...] | None = None
    group: str | None = None


def read_settings(plan: Plan) -> Settings:
    """The settings in a plan.

    Raises:
        PlanError: when a field is invalid; names the field, its value and the remedy.
    """
    section, previous = plan.monitor, plan.previous
    rules, labels = section.rules, section.labels
    dataset = plan.dataset
    if labels and labels.by == "entity_and_time" and not (dataset.entity and dataset.timestamp):
        raise PlanError(
            'monitor.labels.by="entity_and_time": name entity and timestamp, or join by inference_id.'
        )
    if labels and labels.by == "row_key" and not dataset.row_key:
        raise PlanError('monitor.labels.by="row_key": the dataset has no row_key; join by inference_id.')
    _check_edges("monitor.window", section.window)
    if previous is not None:
        _check_edges("previous.window", previous.window)
    for name in ("segments", "protected"):
        unknown = [column for column in getattr(rules, name) if column not in plan.dataset.columns]
        if unknown:
            raise PlanError(f"monitor.rules.{name}: the dataset has no column {unknown[0]!r}.")
    for name in ("least_rows", "sample", "seed", "bootstrap"):
        if getattr(rules, name) < 0:
            raise PlanError(f"monitor.rules.{name}={getattr(rules, name)!r}: give a whole number from 0.")
    for name, value in vars(rules.thresholds).items():
        if value is not None and not (0 < value < float("inf") and (name != "alpha" or value < 1)):
            raise PlanError(
                f"monitor.rules.thresholds.{name}={value!r}: give a number above 0 (alpha also below 1)."
            )
    return Settings(
        **vars(rules),
        id=section.id,
        window=section.window,
        package=plan.package,
        captured=section.captured,
        published=section.published,
        by=labels.by if labels else None,
        format=labels.format if labels else plan.dataset.format,
        previous=previous.window if previous else None,
        names=plan.dataset.answer_names,
        group=plan.dataset.group if plan.dataset.task == "ranking" else None,
    )


def _check_edges(name: str, window: Interval) -> None:
    if not window.start or not window.end:
        raise PlanError(f"{name}={vars(window)!r}: give start and end as ISO times.")
