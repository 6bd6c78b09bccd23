"""Reads the baseline of the monitored package: statistics of its training data, and its holdout metrics."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from jobs.answers import AnswerShape
from jobs.errors import InputError
from jobs.folders import Folders
from jobs.monitoring.settings import Settings
from jobs.names import free
from jobs.prediction_columns import PredictionColumn, from_json
from jobs.serving.values import canonical
from mdlc_constructs.settings.payloads.job_plan import PackageSection

STATISTICS, PERFORMANCE, SAMPLE = "statistics.json", "performance.json", "sample.parquet"
SCORE = "score"
"""The name of the score column in the statistics, unless the baseline has another one."""

SINGLE_SCORE = AnswerShape(task="binary")


@dataclass(frozen=True, kw_only=True)
class Reference:
    """The baseline's documents; one imported from SageMaker Model Monitor has no performance and no sample.

    ``prediction`` is the name of the score column in its statistics, ``predictions`` are all columns of
    answers there, of answers with that ``shape``.
    """

    statistics: Mapping[str, Any]
    prediction: str = SCORE
    predictions: tuple[PredictionColumn, ...] = (PredictionColumn(name=SCORE, part=SCORE),)
    shape: AnswerShape = SINGLE_SCORE
    performance: Mapping[str, Any] = field(default_factory=dict)
    sample: Path | None = None
    notes: tuple[str, ...] = ()

    @property
    def metrics(self) -> dict[str, float]:
        """The holdout's metrics."""
        measured = self.performance.get("metrics") or {}
        return {name: entry["value"] for name, entry in measured.items() if entry.get("value") is not None}


def read_reference(
    folder: Path,
    package: PackageSection,
    shape: AnswerShape = SINGLE_SCORE,
    columns: Iterable[str] = (),
) -> Reference:
    """Read the baseline.

    Args:
        shape: of the model's answers.
        columns: the raw columns that the model reads; a column of answers that is called so is renamed, so
            that the baseline has none of its name.

    Raises:
        InputError: when it is missing, cannot be read, or belongs to another package.
    """
    document = _document(folder / STATISTICS)
    if document is None:
        raise InputError(f"No {STATISTICS} in the baseline: training's evaluate job makes it.")
    notes = []
    statistics = canonical_categories(document)
    origin = statistics.get("mdlc") or {}
    run = origin.get("run")
    if run is None:
        notes.append("The baseline does not say which training run made it: it is taken as this version's.")
    elif run != package.run:
        raise InputError(
            f"The baseline is of run {run}, version {package.version} was made by run {package.run}: "
            "give the baseline that its package names."
        )
    performance = _document(folder / PERFORMANCE)
    if performance is None:
        notes.append(f"The baseline has no {PERFORMANCE}: nothing to compare metrics with, and no estimate.")
    sample = folder / SAMPLE
    score = str(origin.get("prediction") or SCORE)
    taken = list(columns)
    predictions = tuple(
        replace(column, name=free(column.name, taken))
        for column in from_json(origin.get("predictions") or {score: SCORE}, shape)
    )
    return Reference(
        statistics=statistics,
        prediction=free(score, taken),
        predictions=predictions,
        shape=shape,
        performance=performance or {},
        sample=sample if sample.is_file() else None,
        notes=tuple(notes),
    )


def read_previous(folders: Folders, settings: Settings) -> tuple[Mapping[str, Any] | None, list[str]]:
    """The previous window's statistics, or None; and a note when the plan names one without statistics."""
    if settings.previous is None:
        return None, []
    folder = folders.optional_input("previous")
    document = _document(folder / STATISTICS) if folder else None
    if document is None:
        return None, ["The window before left no statistics: nothing is said about the change since."]
    if not document.get("features"):
        return None, ["The window before has no judged rows: nothing is said about the change since."]
    return canonical_categories(document), []


def canonical_categories(statistics: Mapping[str, Any]) -> Mapping[str, Any]:
    """Statistics with each category in its canonical text, as rows are read.

    Earlier releases and other programs count ``2`` and ``2.0`` separately.
    """
    return {**statistics, "features": [_canonical(feature) for feature in statistics.get("features") or ()]}


def _canonical(feature: Mapping[str, Any]) -> Mapping[str, Any]:
    strings = feature.get("string_statistics") or {}
    buckets = ((strings.get("distribution") or {}).get("categorical") or {}).get("buckets")
    if not buckets:
        return feature
    counts: dict[str, int] = {}
    for bucket in buckets:
        value = canonical(str(bucket["value"]))
        counts[value] = counts.get(value, 0) + int(bucket["count"])
    if len(counts) == len(buckets) and all(bucket["value"] in counts for bucket in buckets):
        return feature
    rewritten = dict(strings)
    if "distinct_count" in rewritten:
        rewritten["distinct_count"] -= len(buckets) - len(counts)
    listed = [{"value": value, "count": count} for value, count in counts.items()]
    rewritten["distribution"] = {**rewritten["distribution"], "categorical": {"buckets": listed}}
    return {**feature, "string_statistics": rewritten}


def _document(path: Path) -> Mapping[str, Any] | None:
    if not path.is_file():
        return None
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise InputError(
            f"{path.name} is not JSON ({error}): let the job that made it write it anew."
        ) from None
    if not isinstance(content, dict):
        raise InputError(f"{path.name} holds no JSON object: let the job that made it write it anew.")
    return content
