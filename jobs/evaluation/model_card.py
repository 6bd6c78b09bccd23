"""The model card: the evaluation in SageMaker's schema for the model cards of model packages.

It holds what the report knows; an unknown field, such as the intended uses, is absent.

Source: https://docs.aws.amazon.com/sagemaker/latest/dg/model-registry-details.html#model-card-schema
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from jobs.gate import CHALLENGER, CHAMPION
from jobs.plan import Plan
from mdlc_constructs.settings.payloads.job_plan import PARTS
from mdlc_constructs.settings.payloads.split_text import method_text
from mdlc_constructs.settings.payloads.tasks import higher_is_better, is_comparable

CARD = "model_card.json"
MAX_CHARACTERS = 100_000
MAX_METRICS, MAX_HYPERPARAMETERS = 50, 100
_GROUP_NAME, _SHORT, _LONG, _NAME = 63, 1024, 2048, 255


def card_text(report: Mapping[str, Any], plan: Plan) -> str:
    """The card as JSON on one line, which SageMaker requires, in ASCII, of at most `MAX_CHARACTERS`.

    A card that would be longer loses its last groups of metrics, and then hyperparameters.

    Args:
        report: the content of ``report.json``.
        plan: the run's plan.
    """
    groups, hyperparameters = list(_groups(report)), MAX_HYPERPARAMETERS
    while True:
        text = json.dumps(_card(report, plan, groups, hyperparameters), allow_nan=False)
        if len(text) <= MAX_CHARACTERS or not (groups or hyperparameters):
            return text
        if len(groups) > 1:
            groups.pop()
        elif hyperparameters:
            hyperparameters //= 2
        else:
            groups.clear()


def _card(
    report: Mapping[str, Any], plan: Plan, groups: Sequence[Mapping[str, Any]], hyperparameters: int
) -> dict[str, Any]:
    training = _training(report, plan, hyperparameters)
    return _present(
        {
            "model_overview": _present({"model_artifact": [plan.artifact] if _fits(plan.artifact) else None}),
            "training_details": _present({"training_job_details": training}),
            "evaluation_details": [_evaluation(report, groups)],
            "additional_information": _additional(report, plan),
        }
    )


def _training(report: Mapping[str, Any], plan: Plan, most: int) -> dict[str, Any]:
    algorithm = report["algorithm"] or {}
    image = algorithm.get("image", "")
    hyperparameters = [
        {"name": _cut(name, _NAME), "value": _cut(value, _NAME)}
        for name, value in sorted(algorithm.get("hyperparameters", {}).items())
        if name and value
    ]
    return _present(
        {
            "training_datasets": [plan.dataset.uri] if _fits(plan.dataset.uri) else None,
            "training_environment": {"container_image": [image]} if _fits(image) else None,
            "hyper_parameters": hyperparameters[:most],
        }
    )


def _evaluation(report: Mapping[str, Any], groups: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    reasons = " ".join(check["sentence"] for check in report["checks"])
    verdict = "The gate passed the model." if report["passed"] else "The gate refused the model."
    holdout = ((report["split"] or {}).get("intervals") or {}).get("holdout", {})
    metadata = {
        "rows": str(report["rows"]),
        "threshold": f"{report['threshold']:g}",
        "holdout_start": holdout.get("start"),
        "holdout_end": holdout.get("end"),
        "champion": f"version {report['champion']['version']}" if report["champion"] else None,
    }
    return {
        "name": "holdout",
        "evaluation_observation": _cut(f"{verdict} {reasons}".strip(), _LONG),
        "metadata": _present(metadata),
        "metric_groups": list(groups),
    }


def _additional(report: Mapping[str, Any], plan: Plan) -> dict[str, Any]:
    details = {
        "model": report["model"],
        "run": report["run"],
        "task": report["task"],
        "data_version": report["data_version"],
        "code_version": report["code_version"],
        "algorithm": (report["algorithm"] or {}).get("name"),
        "training_job": plan.training_job,
        "split": method_text((report["split"] or {}).get("split") or {}),
        **{
            f"{part}_rows": str(rows)
            for part, rows in ((report["split"] or {}).get("rows") or {}).items()
            if part in PARTS
        },
    }
    return _present(
        {
            "caveats_and_recommendations": _cut(" ".join([*report["notes"], *report["unmeasured"]]), _LONG),
            "custom_details": {name: _cut(value, _SHORT) for name, value in details.items() if value},
        }
    )


def _better(name: str) -> str:
    if not is_comparable(name):
        return "neither higher nor lower is better"
    return "higher is better" if higher_is_better(name) else "lower is better"


def _groups(report: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """The groups of metrics, the most important first."""
    for who, title in ((CHALLENGER, "holdout"), (CHAMPION, "champion on the same holdout")):
        metrics = report["metrics"].get(who, {})
        yield from _group(
            title,
            (
                _metric(name, value, _better(name))
                for name, value in metrics.items()
                if value["value"] is not None
            ),
        )
    if report["baseline"]:
        yield from _group(
            f"baseline: {report['baseline']['predictor']}",
            (
                {"name": _cut(name, _NAME), "type": "number", "value": value}
                for name, value in report["baseline"]["metrics"].items()
                if value is not None
            ),
        )
    importance, calibration = report["importance"], report["calibration"]
    if importance:
        yield from _group(
            f"permutation importance: loss of {importance['metric']}",
            (
                _metric(column["column"], column, _gain(column))
                for column in importance["columns"]
                if column["value"] is not None
            ),
        )
    if calibration and "classes" in calibration:
        for name, of_class in calibration["classes"].items():
            yield from _group(f"calibration of {name}", _calibration(of_class))
    elif calibration:
        yield from _group("calibration", _calibration(calibration))
    segments = report["segments"]
    if segments:
        yield from _group(
            f"segments: {segments[0]['metric']}",
            (
                _metric(
                    f"{segment['column']}: {segment['value']}",
                    {**segment, "value": segment["estimate"]},
                    f"{segment['rows']} rows",
                )
                for segment in segments
            ),
        )


def _group(name: str, metrics: Iterator[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """The group, unless it has no metrics."""
    held = [metric for metric, _ in zip(metrics, range(MAX_METRICS), strict=False)]
    if held:
        yield {"name": _cut(name, _GROUP_NAME), "metric_data": held}


def _metric(name: str, value: Mapping[str, Any], note: str) -> dict[str, Any]:
    interval = f"95% interval {_shown(value['low'])} to {_shown(value['high'])}"
    notes = "; ".join(part for part in (interval, note) if part)
    return {"name": _cut(name, _NAME), "type": "number", "value": value["value"], "notes": notes}


def _calibration(calibration: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    for name in ("slope", "intercept"):
        if calibration[name]:
            yield _metric(
                name, calibration[name], "1 is calibrated" if name == "slope" else "0 is calibrated"
            )
    yield {
        "name": "reliability",
        "type": "linear_graph",
        "value": [[point["score"], point["rate"]] for point in calibration["bins"]],
        "x_axis_name": "mean score",
        "y_axis_name": "share of the class",
    }


def _gain(column: Mapping[str, Any]) -> str:
    return "" if column["gain"] is None else f"{column['gain']:.1%} of the trees' gain"


def _shown(value: float | None) -> str:
    return "unknown" if value is None else f"{value:.4g}"


def _cut(text: str, characters: int) -> str:
    return text if len(text) <= characters else text[: characters - 1] + "…"


def _fits(uri: str) -> bool:
    """Whether a URI can be a value of the card; a shortened one would be another one."""
    return 0 < len(uri) <= _SHORT


def _present(members: Mapping[str, Any]) -> dict[str, Any]:
    """The members that have a value."""
    return {name: value for name, value in members.items() if value not in (None, "", [], {})}
