"""One month: passengers send requests, labels arrive, the monitor runs, a retraining follows if needed."""

import base64
import json
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from rich.console import Console

from examples.flight_delay import following
from examples.flight_delay.loading import RAW_TRAINING, upload
from examples.flight_lifecycle import flights
from examples.flight_lifecycle.team import ON_LOSS, TEAM
from mdlc_cli.aws.target import Target
from mdlc_cli.errors import CommandError
from mdlc_cli.output import progress
from mdlc_cli.output.terminal import line
from mdlc_client import audit

FLIGHTS_A_REQUEST, CALLERS = 200, 2
CAPTURED_SECONDS = 60.0
"""How long it may take until captures are written."""


@dataclass(frozen=True, kw_only=True)
class Scene:
    """What all months share.

    Attributes:
        outputs: the stack's outputs.
        folder: the local folder with the flights.
        share: every `share`-th flight is requested.
    """

    out: Console
    chosen: Target
    outputs: Mapping[str, str]
    folder: Path
    share: int

    def say(self, text: str = "") -> None:
        """Print a line."""
        self.out.print(text, markup=False)


@dataclass(frozen=True, kw_only=True)
class Interval:
    """A metric with its 95 % confidence interval."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, kw_only=True)
class Month:
    """The results of a month.

    Attributes:
        version: the version that answered.
        asked: number of requested flights.
        auc: AUC of the answers once labels had arrived, as measured by the monitor.
        drifted: columns whose values drifted from those in training.
        report: S3 URI of the monitor's page.
        labelled_until: time of the last flight whose outcome the monitor knew.
        retraining: the audit item of the retraining that followed; None when none was needed.
        trained: the audit item of its training.
    """

    month: int
    version: int
    asked: int
    auc: Interval
    drifted: tuple[str, ...]
    report: str
    labelled_until: str
    retraining: Mapping[str, Any] | None = None
    trained: Mapping[str, Any] | None = None

    @property
    def outcome(self) -> str:
        """The outcome of the month's retraining, or "not needed"."""
        return "not needed" if self.retraining is None else str(self.retraining["outcome"])


def live(scene: Scene, month: int) -> Month:
    """Run a month: requests, labels, monitoring, and the retraining if one is needed.

    Raises:
        CommandError: an automatic step did not happen.
    """
    scene.out.print(line((f"\n{flights.month_name(month)}", "bold")))
    known = following.executions(scene.chosen, "retraining", TEAM)
    window, asked = ask(scene, month)
    know(scene, month)
    name = flights.month_name(month)
    following.run(
        scene.out, scene.chosen, "monitoring", {"window": window, "reason": f"{name} is over"}, team=TEAM
    )
    seen = monitored(scene, window)
    retraining = trained = None
    if calls_for_retraining(seen):
        name_of_machine = f"{TEAM.model}-retraining"
        scene.out.print(line((name_of_machine, "bold"), ", started by what the monitor found"))
        arn = following.started_by_event(scene.chosen, known, "retraining", TEAM)
        result = following.watched(scene.out, scene.chosen, arn)
        if not result.succeeded:
            raise CommandError(f"the retraining after {name} failed ({result.error}: {result.cause})")
        retraining = recorded(scene, arn)
        trained = recorded(scene, str(retraining["training_execution"]))
    auc = json.loads(seen["metrics"])["auc"]
    return Month(
        month=month,
        version=int(seen["version"]),
        asked=asked,
        auc=Interval(value=auc["value"], low=auc["low"], high=auc["high"]),
        drifted=tuple(json.loads(seen["columns"])),
        report=str(seen["page"]),
        labelled_until=str(seen["labelled_until"]),
        retraining=retraining,
        trained=trained,
    )


def ask(scene: Scene, month: int) -> tuple[dict[str, str], int]:
    """Send a month's flights to the endpoint; returns the requests' window and the number of flights."""
    rows = flights.asked_about(scene.folder, month, scene.share)
    runtime = scene.chosen.client("sagemaker-runtime")
    name = f"2013-{month:02d}"

    def send(numbered: tuple[int, bytes]) -> int:
        number, body = numbered
        answer = runtime.invoke_endpoint(
            EndpointName=TEAM.model,
            Body=body,
            ContentType="application/jsonlines",
            InferenceId=f"{name}-{number}",
        )
        return len(answer["Body"].read().splitlines())

    # Capture timestamps have whole seconds, and the window must not include flights of the month before.
    time.sleep(1)
    start = datetime.now(UTC).replace(microsecond=0)
    with progress.step(f"passengers ask about the flights of {flights.month_name(month)}") as step:
        bodies = enumerate(flights.requests(rows, FLIGHTS_A_REQUEST))
        with ThreadPoolExecutor(max_workers=CALLERS) as pool:
            answered = sum(pool.map(send, bodies))
        if answered != len(rows):
            raise CommandError(f"{answered} of {len(rows)} flights were answered in {name}")
        step.note("waiting until the requests are captured")
        wait_for_captures(scene, start, len(rows))
        step.summary = f"{len(rows):,} flights"
    end = datetime.now(UTC).replace(microsecond=0) + timedelta(seconds=1)
    return {"start": start.isoformat(), "end": end.isoformat()}, len(rows)


def wait_for_captures(scene: Scene, since: datetime, rows: int) -> None:
    """Wait until all answers since a time are captured.

    Raises:
        CommandError: they were not captured in time.
    """
    client, bucket = scene.chosen.client("s3"), scene.outputs["BucketName"]
    read: dict[str, int] = {}
    deadline = time.monotonic() + CAPTURED_SECONDS
    while sum(read.values()) < rows:
        if time.monotonic() > deadline:
            raise CommandError(f"{sum(read.values())} of {rows} answers were captured: see `mdlc logs`")
        time.sleep(0.5)
        pages = client.get_paginator("list_objects_v2").paginate(
            Bucket=bucket, Prefix=f"capture/{TEAM.model}/"
        )
        for each in (each for page in pages for each in page.get("Contents", [])):
            if each["Key"] not in read and each["LastModified"] >= since:
                lines = client.get_object(Bucket=bucket, Key=each["Key"])["Body"].read().splitlines()
                read[each["Key"]] = sum(_rows(line) for line in lines)


def _rows(line: bytes) -> int:
    output = json.loads(line)["captureData"]["endpointOutput"]
    if output["encoding"] == "BASE64":
        return len(base64.b64decode(output["data"]).splitlines())
    return len(str(output["data"]).splitlines())


def know(scene: Scene, month: int) -> None:
    """Upload outcomes, which arrive a day late: the previous month's, and this month's but the last day."""
    known = scene.folder / "known"
    if month > 1:
        arrive(scene, known / flights.file_name(month - 1))
    arrive(scene, flights.all_but_the_last_day(known / flights.file_name(month), scene.folder / "arrived"))


def arrive(scene: Scene, path: Path) -> None:
    """Upload a file of flights with outcomes, which replaces the file uploaded before."""
    upload(scene.chosen.client("s3"), scene.outputs["BucketName"], RAW_TRAINING + path.name, path)


def monitored(scene: Scene, window: Mapping[str, str]) -> dict[str, Any]:
    """The item that the monitor recorded for a window."""
    start = datetime.fromisoformat(window["start"])
    for item in audit.items(scene.chosen, scene.outputs["AuditTableName"], model=TEAM.model):
        if str(item["sk"]).startswith("WINDOW#") and datetime.fromisoformat(str(item["start"])) == start:
            return item
    raise CommandError(f"the monitor recorded nothing of the window from {window['start']}")


def recorded(scene: Scene, execution_arn: str) -> dict[str, Any]:
    """The audit item of an execution."""
    for item in audit.items(scene.chosen, scene.outputs["AuditTableName"], model=TEAM.model):
        if item.get("execution_arn") == execution_arn:
            return item
    raise CommandError(f"the audit table holds no {execution_arn}")


def calls_for_retraining(seen: Mapping[str, Any]) -> bool:
    """Whether the monitor's results meet a condition of the stack's triggers."""
    metric = ON_LOSS.metric
    value, before = json.loads(seen["metrics"])[metric]["value"], json.loads(seen["baseline_metrics"])[metric]
    return seen["drifted"] == "true" or ON_LOSS.is_due(value, before)
