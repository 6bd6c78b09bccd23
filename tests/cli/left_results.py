"""What a model's executions left: two versions, a batch and a window, as objects, items and packages."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from mdlc_cli.aws import models
from mdlc_cli.aws.models import Model
from mdlc_cli.predictions import parquet as parquet_files
from mdlc_cli.predictions.parquet_export import export, quantiles
from mdlc_client import registered
from tests.cli.fakes import FakeClient, FakeTarget
from tests.cli.life import GROUP, MODEL, execution, package, trained, window
from tests.cli.stored import parquet, stored

NOW = datetime(2026, 4, 1, tzinfo=UTC)
ARN = "arn:aws:states:us-east-1:0:execution:"
WINDOW = "20260201T000000Z_20260202T000000Z"
EMPTY = "20260101T000000Z_20260102T000000Z"
FOLDER = f"monitoring/endpoint/{WINDOW}/d1/"
RECORD = (
    "SELECT 'i{number}' AS inference_id, 'k{number}' AS row_key, '=1+1' AS entity, "
    "0.25::FLOAT + {number} / 8 AS score, TIMESTAMP '2026-02-05' AS predicted_at, 2 AS model_package_version"
)
BATCH = execution(
    "batch-inference", "2026-02-05", version=2, run="bbbbbb3333", rows="2",
    manifest="s3://bucket/predictions/b1/manifest.json", execution_arn=f"{ARN}churn-batch-inference:batch",
)  # fmt: skip
SERVED = window(
    "2026-02-01", sk=f"WINDOW#endpoint#{WINDOW}", rows="400", version="2", drifted="true",
    columns='["tenure"]',
    reasons="The distribution of 'tenure' changed.", metrics="{}", estimates='{"auc": 0.6}', worse="",
    baseline_metrics='{"auc": 0.72}', changes="{}", labelled="0", coverage="0.0",
    consistency='{"moved": 0.0, "comparisons": {"now_and_captured": {"rows": 200, "moved": 0.0}}}',
    report=f"s3://bucket/{FOLDER}report.json", page=f"s3://bucket/{FOLDER}report.html",
)  # fmt: skip
LABELLED = {
    **SERVED, "drifted": "false", "columns": "[]", "reasons": "", "labelled": "400", "coverage": "1.0",
    "metrics": '{"auc": {"value": 0.65, "low": 0.6, "high": 0.7}}', "changes": '{"auc": "worse"}',
    "worse": "true",
}  # fmt: skip
SUMMARY = {
    "drifted": True,
    "reasons": ["The distribution of 'tenure' changed.", "A classifier tells them apart."],
    "drift": {
        "columns": {
            "plan": {"verdict": "quiet", "effect": 0.01, "threshold": 0.1},
            "tenure": {"verdict": "drift", "effect": 2.11, "threshold": 0.1},
        },
        "prediction": {"verdict": "drift", "effect": 0.5, "threshold": 0.1},
    },
    "notes": ["No label is about a row of this window."],
}
MONITORED = execution(
    "monitoring", "2026-02-06", run="cccccc", monitor="endpoint", windows=json.dumps([WINDOW]), rows="400",
    execution_arn=f"{ARN}churn-monitoring:watch",
)  # fmt: skip
BROKEN = execution(
    "training", "2026-02-07", "Failed", run="none", error="DataRefused",
    cause='{"errorMessage": "a.csv has no column \'spent\'. Report: s3://bucket/quality/q1/report/"}',
    execution_arn=f"{ARN}churn-training:broken",
)  # fmt: skip
CHAMPION = {"pk": f"MODEL#{MODEL}", "sk": "CHAMPION", "version": 1}
TRAINED = [
    trained("2026-01-01", 1, run="aaaaaa1111", rows="900", execution_arn=f"{ARN}churn-training:first"),
    trained(
        "2026-01-03", 2, run="bbbbbb2222", rows="1200", execution_arn=f"{ARN}churn-training:second",
        hyperparameters='{"num_round": "300"}', code_version="c2", reason="more data",
    ),
]  # fmt: skip


def metrics(value: float) -> dict[str, dict[str, float]]:
    return {"auc": {"value": value, "low": value - 0.02, "high": value + 0.02}}


def report(version: int) -> dict[str, Any]:
    """An evaluation's report; the second compared with the first."""
    importance = {
        "metric": "auc",
        "columns": [
            {"column": "tenure", "value": 0.1, "low": 0.08, "high": 0.12, "gain": 0.75},
            {"column": "plan", "value": None, "low": None, "high": None, "gain": 0.25},
        ],
    }
    first = {
        "rows": 500, "passed": True, "bootstrap": {"confidence": 0.95},
        "metrics": {"challenger": metrics(0.71)},
        "checks": [{"passed": True, "sentence": "auc 0.7100 passes: asked was at least 0.7."}], "notes": [],
    }  # fmt: skip
    if version == 1:
        return first
    checks = [{"passed": True, "sentence": "auc is 0.0200 better than the champion's: passes."}]
    both = {"challenger": metrics(0.72), "champion": metrics(0.70)}
    return {
        **first, "rows": 700, "metrics": both, "champion": {"version": 1}, "checks": checks,
        "importance": importance, "notes": ["The gate is strict."],
    }  # fmt: skip


def plan(**files: int) -> bytes:
    """A training's plan with these files and their sizes."""
    listed = [{"name": f"{name}.csv", "size": size} for name, size in files.items()]
    intervals = {
        "train": {"start": None, "end": "2026-01-01"},
        "holdout": {"start": "2026-01-01", "end": None},
    }
    return json.dumps({"data": {"files": listed}, "split": {"intervals": intervals}}).encode()


def objects(folder: Path) -> dict[str, bytes]:
    """The bucket's objects."""
    parts = [{"name": f"parts/part-0000{n}.parquet", "rows": 1, "bytes": 900} for n in (0, 1)]
    manifest = {"rows": 2, "predicted_at": "2026-02-05T00:00:00Z", "columns": ["score"], "parts": parts}
    documents = {
        **{f"evaluations/{n}/report.json": json.dumps(report(n)).encode() for n in (1, 2)},
        **{f"evaluations/{n}/evaluation.png": f"picture {n}".encode() for n in (1, 2)},
        "evaluations/2/evaluation.html": b"<p>page 2</p>",
        "evaluations/2/rows.parquet": b"data",
        "runs/aaaaaa1111/x/plan.json": plan(a=1, b=2, old=3),
        "runs/bbbbbb2222/x/plan.json": plan(a=1, b=9, c=3),
        "predictions/b1/manifest.json": json.dumps(manifest).encode(),
        "quality/q1/report/report.html": b"<p>refused</p>",
        f"{FOLDER}report.html": b"<p>drift</p>",
        f"{FOLDER}summary.json": json.dumps(SUMMARY).encode(),
        f"{FOLDER}replay/requests.jsonl": b"{}",
    }
    parquets = {
        **{f"predictions/b1/{part['name']}": RECORD.format(number=n) for n, part in enumerate(parts)},
        f"{FOLDER}rows.parquet": "SELECT 'q1' AS inference_id, 0.5 AS score, 'AA' AS plan",
    }
    return {**documents, **{key: parquet(folder, rows) for key, rows in parquets.items()}}


def packages() -> Mapping[str, Any]:
    """The registry's packages by ARN."""
    pending = package(2, "PendingManualApproval")
    return {
        f"{GROUP}/1": package(1),
        f"{GROUP}/2": {**pending, "metadata": {**pending["metadata"], "run": "b"}},
    }


class ConverterHere:
    """Converts Parquet in this process: another one's start is most of the time, and tested by itself."""

    def __init__(self) -> None:
        import duckdb

        self._connection = duckdb.connect()

    def __enter__(self) -> ConverterHere:
        return self

    def __exit__(self, *exception: object) -> None:
        self._connection.close()

    def export(self, files: list[Path], to: Path, kind: str, *, header: bool = True) -> int:
        return export(self._connection, [str(file) for file in files], str(to), kind, header)

    def quantiles(self, files: list[Path], column: str, at: list[float]) -> list[Any]:
        return quantiles(self._connection, [str(file) for file in files], column, at)[1]


def account(
    monkeypatch: pytest.MonkeyPatch, folder: Path, *more: Mapping[str, Any], **instead: bytes
) -> FakeTarget:
    """An AWS in which all of this is; items of the same key and objects of the same name replace others."""
    items = [*TRAINED, BATCH, SERVED, MONITORED, BROKEN, CHAMPION, *more]
    by_key = {(item["pk"], item["sk"]): dict(item) for item in items}
    model = Model(name=MODEL, stack="Churn", table="t", items=tuple(by_key.values()))
    monkeypatch.setattr(models, "deployed", lambda *arguments, **options: [model])
    monkeypatch.setattr(parquet_files, "converter", ConverterHere)
    monkeypatch.setattr(registered, "describe", lambda target, arn: packages().get(arn, {}))

    running = {"executionArn": f"{ARN}churn-training:going-on", "name": "going-on", "status": "RUNNING",
               "startDate": NOW}  # fmt: skip
    # It began first and is the newest at once, and waits for days.
    beside = {**running, "executionArn": f"{ARN}churn-approval:v2-1", "name": "v2-1"}
    earlier, later = ({**beside, "startDate": NOW + timedelta(hours=hours)} for hours in (-1, 1))
    listed = {"arn:churn-training": [running], "arn:churn-approval": [later, earlier]}
    s3 = stored({**objects(folder), **instead})
    return FakeTarget(
        clients={
            "s3": s3,
            "stepfunctions": FakeClient(
                list_state_machines={
                    "stateMachines": [
                        {"name": f"churn-{workflow}", "stateMachineArn": f"arn:churn-{workflow}"}
                        for workflow in ("training", "retraining", "release", "approval")
                    ]
                },
                list_executions=lambda stateMachineArn, maxResults=0: {
                    "executions": listed.get(stateMachineArn, [])
                },
                describe_execution={"status": "RUNNING", "startDate": NOW},
                get_execution_history={
                    "events": [
                        {"id": 1, "previousEventId": 0, "timestamp": NOW, "type": "ExecutionStarted"},
                        {
                            "id": 2, "previousEventId": 1, "timestamp": NOW, "type": "TaskStateEntered",
                            "stateEnteredEventDetails": {"name": "CheckQuality"},
                        },
                    ]
                },
            ),
            "logs": FakeClient(describe_log_streams={"logStreams": []}),
        }
    )  # fmt: skip
