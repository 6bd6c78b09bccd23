"""A model of several classes and one of a number live from drift to a released challenger, side by side."""

import json
import subprocess
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import duckdb

from mdlc_cli.deploying import cdk
from mdlc_cli.tools import toolchain
from tests.end_to_end.aws import SECONDS, Aws
from tests.end_to_end.team_tasks import CLASSES, COST, ENDING, STACK, Task, orders, synthesize, write_csv

TASKS = (ENDING, COST)
ASKED = 300


def test_from_drift_to_a_released_challenger(aws: Aws, tmp_path: Path) -> None:
    """Nobody but the drift, and the loss, asks for the second version of each model."""
    deploy(aws, tmp_path)
    upload(aws, write_csv(orders("2013-02-01", 242, 1600, seed=1), tmp_path / "first.csv"))
    first = {
        task.name: aws.start(task.team, "retraining", {"reason": "first", "labelled_until": "2013-09-30"})
        for task in TASKS
    }
    for task in TASKS:
        done = aws.wait(first[task.name])
        assert done.status == "SUCCEEDED", done.cause
        assert done.output["outcome"] == "Succeeded", done.output
        assert champion(aws, task) == "1"

    later = orders("2013-10-01", 86, 900, seed=2)
    windows = {task.name: ask(aws, task, later[:: len(later) // ASKED]) for task in TASKS}
    upload(aws, write_csv(later, tmp_path / "later.csv"))
    monitorings = {
        task.name: aws.start(task.team, "monitoring", {"window": windows[task.name]}) for task in TASKS
    }
    for task in TASKS:
        done = aws.wait(monitorings[task.name])
        assert done.status == "SUCCEEDED", (done.error, done.cause)
    check_classes(aws, tmp_path)
    check_number(aws)

    for task in TASKS:
        until(partial(has_retrained, aws, task), f"nothing retrained {task.name}")
        item = retrainings(aws, task)[1]
        assert (item["outcome"], item["trigger"]) == ("Succeeded", task.trigger.name), item
        assert champion(aws, task) == "2"
        report = json.loads(aws.read(f"{trained(aws, task)['evaluation']}report.json"))
        (check,) = report["checks"]
        assert (check["metric"], check["kind"], check["passed"]) == (
            task.metric,
            "better_than_champion",
            True,
        )
        assert report["metrics"]["challenger"][task.metric]["value"] < (
            0.95 * report["metrics"]["champion"][task.metric]["value"]
        )


def check_classes(aws: Aws, folder: Path) -> None:
    """What the monitor says of the model of several classes."""
    summary = window_summary(aws, ENDING)
    assert summary["drifted"] and "price" in summary["columns"]
    accuracy = summary["accuracy"]
    assert accuracy["labelled"] >= ASKED and accuracy["worse"] is True
    assert {f"recall:{name}" for name in CLASSES} <= set(accuracy["metrics"])
    assert summary["estimate"]["method"] == "confidence-based"
    # Whoever asks for a class in an alarm gets its metric, and nobody else.
    published = aws.client("cloudwatch").list_metrics(Namespace="MDLC", MetricName="Measured")["Metrics"]
    found = {
        dimension["Value"]
        for metric in published
        for dimension in metric["Dimensions"]
        if {"Name": "Model", "Value": "ending"} in metric["Dimensions"] and dimension["Name"] == "Metric"
    }
    assert {"log_loss", "auc_macro", "recall:swapped"} <= found and "recall:kept" not in found
    path = folder / "rows.parquet"
    path.write_bytes(aws.read(window(aws, ENDING)["report"].replace("report.json", "rows.parquet")))
    rows = duckdb.execute(
        f"SELECT DISTINCT prediction, label FROM '{path}' WHERE label IS NOT NULL"
    ).fetchall()
    assert {name for row in rows for name in row} <= set(CLASSES)


def check_number(aws: Aws) -> None:
    """What the monitor says of the model of a number."""
    summary = window_summary(aws, COST)
    assert summary["accuracy"]["changes"]["mae"] == "worse"
    assert summary["estimate"]["method"] == "error model"
    # The relation changed, which no estimate from inputs can know: scoring it against labels shows that.
    assert summary["estimate"]["error"]["mae"] < 0
    measures = {gap["measure"] for gap in summary["accuracy"]["fairness"]}
    assert measures == {"mean_prediction", "mean_error", "mean_absolute_error"}


def deploy(aws: Aws, folder: Path) -> None:
    cdk.bootstrap_when_needed(aws.target)
    done = subprocess.run(
        [
            *toolchain.cdk_command(),
            *("deploy", "--require-approval", "never", "--no-notices"),
            *("--app", str(synthesize(folder / "assembly"))),
        ],
        cwd=folder,
        env=cdk.environment(aws.target),
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def output(aws: Aws, name: str) -> str:
    found = aws.client("cloudformation").describe_stacks(StackName=STACK)["Stacks"][0]["Outputs"]
    return str(next(one["OutputValue"] for one in found if one["OutputKey"] == name))


def upload(aws: Aws, path: Path) -> None:
    """The same orders for both models."""
    for task in TASKS:
        bucket = output(aws, f"{task.name.title()}Bucket")
        aws.client("s3").upload_file(str(path), bucket, f"raw/training/{path.name}")


def ask(aws: Aws, task: Task, rows: list[dict[str, str]]) -> dict[str, str]:
    """Ask the endpoint about orders; returns the window of served time, once all is captured."""
    runtime, start = aws.client("sagemaker-runtime"), datetime.now(UTC).replace(microsecond=0)
    for place in range(0, len(rows), 50):
        body = "\n".join(
            json.dumps(
                {name: value for name, value in row.items() if name not in ("ending", "cost")}
                | {"items": int(row["items"]), "price": float(row["price"])}
            )
            for row in rows[place : place + 50]
        )
        runtime.invoke_endpoint(
            EndpointName=task.name,
            ContentType="application/jsonlines",
            Body=body.encode(),
            InferenceId=f"asked-{place}",
        )
    end = datetime.now(UTC).replace(microsecond=0) + timedelta(seconds=1)
    captured = f"s3://{output(aws, f'{task.name.title()}Bucket')}/capture/{task.name}/"
    bucket = captured.removeprefix("s3://").partition("/")[0]

    def lines() -> int:
        texts = [aws.read(f"s3://{bucket}/{key}").decode() for key in aws.keys(captured)]
        return sum(text.count('"inferenceId": "asked-') for text in texts)

    until(lambda: lines() >= -(-len(rows) // 50), f"requests to {task.name} were not captured")
    until(lambda: datetime.now(UTC) >= end, "the window has not ended")
    return {"start": f"{start:%Y-%m-%dT%H:%M:%SZ}", "end": f"{end:%Y-%m-%dT%H:%M:%SZ}"}


def items(aws: Aws, task: Task, start: str) -> list[dict[str, str]]:
    """Items of the model's audit table whose sort key begins so."""
    found = aws.client("dynamodb").query(
        TableName=output(aws, f"{task.name.title()}Table"),
        ConsistentRead=True,
        KeyConditionExpression="pk = :pk AND begins_with(sk, :sk)",
        ExpressionAttributeValues={":pk": {"S": f"MODEL#{task.name}"}, ":sk": {"S": start}},
    )["Items"]
    return [{name: next(iter(value.values())) for name, value in item.items()} for item in found]


def retrainings(aws: Aws, task: Task) -> list[dict[str, str]]:
    return [item for item in items(aws, task, "EXECUTION#") if item["workflow"] == "retraining"]


def has_retrained(aws: Aws, task: Task) -> bool:
    """Whether a second retraining has ended."""
    return len(retrainings(aws, task)) > 1


def trained(aws: Aws, task: Task) -> dict[str, str]:
    """The item of the last training."""
    return [item for item in items(aws, task, "EXECUTION#") if item["workflow"] == "training"][-1]


def champion(aws: Aws, task: Task) -> str:
    return items(aws, task, "CHAMPION")[0]["version"]


def window(aws: Aws, task: Task) -> dict[str, str]:
    return items(aws, task, "WINDOW#endpoint#")[-1]


def window_summary(aws: Aws, task: Task) -> dict[str, Any]:
    uri = window(aws, task)["report"].replace("report.json", "summary.json")
    summary: dict[str, Any] = json.loads(aws.read(uri))
    return summary


def until(happened: Callable[[], bool], otherwise: str) -> None:
    deadline = time.monotonic() + SECONDS
    while not happened():
        assert time.monotonic() < deadline, otherwise
        time.sleep(0.1)
