"""The evaluation's report as plain values: ``report.json``, of which page and model card are made."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from jobs.evaluation.calibration import Calibration
from jobs.evaluation.importance import Importance
from jobs.evaluation.trials import to_json as trials_to_json
from jobs.forecasts.chart_data import ChartData
from jobs.gate import CHALLENGER, Check
from jobs.metrics.baselines import Baseline
from jobs.metrics.bootstrap import Bootstrap
from jobs.metrics.multiclass import confusion
from jobs.metrics.rows import ScoredRows
from jobs.monitoring.segments import Segment
from jobs.plan import Plan
from mdlc_constructs.settings.payloads.codec import encode
from mdlc_constructs.settings.payloads.tuning import Trials


@dataclass(frozen=True, kw_only=True)
class Evaluated:
    """Everything that an evaluation measured.

    Args:
        models: the scored rows of challenger and champion, by name.
        metrics: of the same, by name.
        notes: what a reader of the verdict has to know.
        unmeasured: sentences on what could not be measured.
        calibration: of a binary model, or by class; None in other tasks.
        baseline: the metrics of a predictor that learned nothing; None when they are not known.
        importance: None when it could not be measured; a note says why.
        split: ``rows``, and ``intervals`` or the ``split`` of the features job's manifest; None without it.
        steps: of a forecast, metrics of each step ahead.
        chart_data: of a forecast, what its charts need besides.
        trials: of a tuning, whose best trial trained the model.
    """

    plan: Plan
    models: Mapping[str, ScoredRows]
    metrics: Mapping[str, Mapping[str, float]]
    bootstrap: Bootstrap
    checks: Sequence[Check]
    notes: Sequence[str]
    unmeasured: Sequence[str] = ()
    segments: Sequence[Segment] = ()
    calibration: Calibration | Mapping[str, Calibration] | None = None
    baseline: Baseline | None = None
    importance: Importance | None = None
    split: Mapping[str, Any] | None = None
    steps: Sequence[Mapping[str, float]] = ()
    chart_data: ChartData | None = None
    trials: Trials | None = None

    @property
    def passed(self) -> bool:
        """Whether the gate passes the challenger."""
        return all(check.passed for check in self.checks)

    def to_json(self) -> dict[str, Any]:
        """The report for ``report.json``."""
        plan, scored = self.plan, self.models[CHALLENGER]
        return {
            "model": plan.model,
            "run": plan.run,
            "data_version": plan.data_version,
            "code_version": plan.code_version,
            "task": plan.dataset.task,
            "rows": len(scored),
            "label_mean": None if scored.task == "multiclass" else scored.label_mean,
            "threshold": scored.threshold,
            "bootstrap": {
                "resamples": self.bootstrap.resamples,
                "confidence": self.bootstrap.confidence,
            },
            "metrics": self._metrics(),
            "baseline": self._baseline(),
            "champion": encode(replace(plan.champion, program=None)) if plan.champion else None,
            "passed": self.passed,
            "notes": list(self.notes),
            "checks": [check.to_json() for check in self.checks],
            "unmeasured": list(self.unmeasured),
            "segments": [segment.to_json() for segment in self.segments],
            "calibration": self._calibration(),
            **({"confusion_matrix": confusion_matrix(scored)} if scored.task == "multiclass" else {}),
            "importance": self.importance.to_json() if self.importance else None,
            "split": dict(self.split) if self.split else None,
            "algorithm": encode(plan.algorithm) if plan.algorithm else None,
            **({"steps": [dict(step) for step in self.steps]} if self.steps else {}),
            **({"tuning": trials_to_json(self.trials)} if self.trials else {}),
        }

    def _baseline(self) -> dict[str, Any] | None:
        if self.baseline is None:
            return None
        metrics = {name: number(value) for name, value in self.baseline.metrics.items()}
        return {"predictor": self.baseline.predictor, "metrics": metrics}

    def _calibration(self) -> dict[str, Any] | None:
        if isinstance(self.calibration, Mapping):
            return {"classes": {name: each.to_json() for name, each in self.calibration.items()}}
        return self.calibration.to_json() if self.calibration else None

    def _metrics(self) -> dict[str, Any]:
        return {
            name: {
                metric: {
                    "value": number(value),
                    "low": number(self.bootstrap.interval(name, metric)[0]),
                    "high": number(self.bootstrap.interval(name, metric)[1]),
                    "standard_deviation": number(self.bootstrap.standard_deviation(name, metric)),
                }
                for metric, value in values.items()
            }
            for name, values in self.metrics.items()
        }


def confusion_matrix(scored: ScoredRows) -> dict[str, dict[str, int]]:
    """The number of rows by class and predicted class."""
    matrix = confusion(scored, np.ones(len(scored)))
    return {
        name: {predicted: int(count) for predicted, count in zip(scored.names, counts, strict=True)}
        for name, counts in zip(scored.names, matrix, strict=True)
    }


def read_split(manifest: Path | None) -> dict[str, Any] | None:
    """``rows`` of the features job's manifest, and ``intervals`` of a split by time or its ``split``.

    None without a manifest. See `jobs.dividing.split_fields`.
    """
    path = manifest / "manifest.json" if manifest and manifest.is_dir() else manifest
    if path is None or not path.is_file():
        return None
    document = json.loads(path.read_text(encoding="utf-8"))
    return {name: document[name] for name in ("intervals", "split", "rows") if name in document}


def number(value: float, digits: int | None = None) -> float | None:
    """The number, rounded to the digits if any; None for NaN, which JSON does not have."""
    if np.isnan(value):
        return None
    return float(value) if digits is None else round(float(value), digits)
