"""A model's audit items as its machines write them: three versions, of which the last was rolled back."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

from mdlc_constructs.settings.payloads.monitoring import WindowItem

MODEL = "churn"
GROUP = f"arn:aws:sagemaker:us-east-1:0:model-package/{MODEL}"
REPORT = "s3://bucket/monitoring/endpoint/20260201T000000Z_20260202T000000Z/d1/report.json"
DRIFT = {"trigger": "drift", "reason": "tenure drifted", "at": "2026-02-02T01:00:00.000Z", "report": REPORT}
CLOCK = {"trigger": "schedule", "reason": "weekly", "at": "2026-02-02T01:05:00.000Z", "report": ""}


def execution(workflow: str, started: str, outcome: str = "Succeeded", **fields: Any) -> dict[str, Any]:
    """An execution's item; it took an hour."""
    version = fields.pop("version", None)
    name = f"{workflow}-{started}"
    return {
        "pk": f"MODEL#{MODEL}",
        "sk": f"EXECUTION#{started}T00:00:00.000Z#{workflow}#{name}",
        "schema_version": "1",
        "model": MODEL,
        "workflow": workflow,
        "outcome": outcome,
        "execution_arn": f"arn:{name}",
        "started_at": f"{started}T00:00:00.000Z",
        "finished_at": f"{started}T01:00:00.000Z",
        "trigger": "manual",
        "reason": "",
        "request_id": "",
        "run": f"run-{started}",
        "data_version": f"data-{started}",
        **({} if version is None else {"package_arn": f"{GROUP}/{version}", "version": str(version)}),
        **fields,
    }


def trained(started: str, version: int, outcome: str = "Succeeded", **fields: Any) -> dict[str, Any]:
    """A training's item; it has no version of its own, only the package's."""
    item = execution(
        "training",
        started,
        outcome,
        version=version,
        passed="false" if outcome == "Refused" else "true",
        metrics=json.dumps({"auc": 0.7 + version / 100}),
        reasons="",
        code_version="c1",
        image="image@sha256:1",
        training_job=f"churn-train-{version}",
        evaluation=f"s3://bucket/evaluations/{version}/",
        program=f"s3://bucket/splits/{version}/program/",
        hyperparameters='{"num_round": "200"}',
    )
    return {**{name: value for name, value in item.items() if name != "version"}, **fields}


def window(day: str, **fields: str) -> dict[str, Any]:
    """A monitored window of one day."""
    texts = {
        "pk": f"MODEL#{MODEL}",
        "sk": f"WINDOW#{fields.get('monitor', 'endpoint')}#{day}",
        "model": MODEL,
        "monitor": "endpoint",
        "start": f"{day}T00:00:00Z",
        "end": f"{day}T23:00:00Z",
        "rows": "10",
        "report": f"s3://bucket/monitoring/endpoint/{day}/d1/report.json",
        **fields,
    }
    return asdict(WindowItem(**texts))


def trigger(at: str, reason: str, **fields: str) -> dict[str, Any]:
    """A trigger that fired."""
    key = f"TRIGGER#{at}#{reason}"
    return {"pk": f"MODEL#{MODEL}", "sk": key, "trigger": "drift", "reason": reason, "at": at, **fields}


BACK = execution(
    "release", "2026-03-02", "Failed", version=3, error="RolledBack", cause='{"FailureReason": "alarm rang"}'
)
RETRAINED = execution(
    "retraining",
    "2026-02-02",
    version=2,
    triggers=json.dumps([DRIFT, CLOCK]),
    training_execution="arn:training-2026-02-03",
    release_execution="arn:release-2026-02-04",
    window='{"start": "2025-12-01T00:00:00", "end": null}',
    holdout='{"start": "2026-01-15T00:00:00", "end": null}',
)
LIFE = [
    trained("2026-01-01", 1, reason="first", run="run-2026-01-01"),
    execution("release", "2026-01-02", version=1, replaced="0", endpoint="churn"),
    execution("training", "2026-01-05", "Unchanged", version=1),
    RETRAINED,
    trained("2026-02-03", 2, trigger="drift+schedule", reason="tenure drifted; weekly", request_id="q1"),
    execution("release", "2026-02-04", version=2, replaced="1", endpoint="churn", config="churn-2"),
    execution(
        "batch-inference", "2026-02-05", version=2, manifest="s3://bucket/predictions/b1/manifest.json"
    ),
    trained("2026-03-01", 3),
    BACK,
    trained("2026-03-03", 4, "Refused", reasons="auc is 0.0100 worse than the champion's: fails."),
    execution("retraining", "2026-03-05", "Unchanged", triggers=json.dumps([CLOCK])),
    trigger("2026-03-06T00:00:00.000Z", "price drifted"),
    window("2026-02-01"),
    window("2026-02-10", rows="0"),
    window("2026-02-09"),
    {"pk": f"MODEL#{MODEL}", "sk": "RETRAINING", "losses": "1"},
    {"pk": f"MODEL#{MODEL}", "sk": "RUN#r1", "package_arn": f"{GROUP}/1"},
    {
        "pk": f"MODEL#{MODEL}",
        "sk": "CHAMPION",
        "version": 2,
        "package_arn": f"{GROUP}/2",
        "model": "churn-m-2",
    },
]


def package(version: int, status: str = "Approved", description: str = "The gate passed.") -> dict[str, Any]:
    """A version as `mdlc_cli.registered` gives it."""
    return {
        "package_arn": f"{GROUP}/{version}",
        "version": version,
        "status": status,
        "description": description,
        "created_at": "2026-01-01T00:30:00+00:00",
        "created_by": "",
        "changed_at": "2026-01-01T00:40:00+00:00",
        "changed_by": "arn:aws:iam::0:role/decides",
        "life_cycle": "",
        "metadata": {"run": "r", "data_version": "d", "job_code": "jobs-1.zip", "code_version": "c1"},
    }


STANDING = {
    1: package(1),
    2: package(2),
    3: package(3, "Rejected", "RolledBack: alarm rang"),
    4: package(4, "Rejected", "The gate refused: auc is 0.0100 worse than the champion's: fails."),
}
"""The versions as the registry has them, by number."""
