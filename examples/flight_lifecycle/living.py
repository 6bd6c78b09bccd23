"""One month: passengers ask, labels arrive, the monitor looks, and the loop closes by itself or not."""

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
from mdlc_cli import audit, progress
from mdlc_cli.errors import CommandError
from mdlc_cli.target import Target
from mdlc_cli.terminal import line

FLIGHTS_A_REQUEST, CALLERS = 200, 2
CAPTURED_SECONDS = 60.0
"""How long captures may take to be written."""


@dataclass(frozen=True, kw_only=True)
class Scene:
    """What the year is lived with.

    Attributes:
        outputs: of the stack.
        folder: where the flights lie on this machine.
        share: every so-manieth flight is asked about.
    """

    out: Console
    chosen: Target
    outputs: Mapping[str, str]
    folder: Path
    share: int

    def say(self, text: str = "") -> None:
        """Prints a line."""
        self.out.print(text, markup=False)


@dataclass(frozen=True, kw_only=True)
class Interval:
    """A metric with its 95 % interval."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, kw_only=True)
class Month:
    """How a month went.

    Attributes:
        version: that answered.
        auc: of the answers, once labels had arrived, as the monitor found it.
        drifted: columns whose values were others than in training.
        report: S3 URI of the monitor's page.
        labelled_until: the last flight whose outcome the monitor knew.
        retraining: the audit item of the retraining that followed; None when nothing called for one.
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
        """What came of the month's retraining, in a word."""
        return "not needed" if self.retraining is None else str(self.retraining["outcome"])


def live(scene: Scene, month: int) -> Month:
    """Lives through a month.

    Raises:
        CommandError: something that must go by itself did not.
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
    """Asks the endpoint about a month's flights; returns the time it took as a window, and their number."""
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

    # The clock of a capture has whole seconds, and no flight of the month before may be in the window.
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
    """Waits until all answers since a moment are captured.

    Raises:
        CommandError: they are not, in time.
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
    """What became of flights arrives a day late: the last day of the month before, and this one without."""
    known = scene.folder / "known"
    if month > 1:
        arrive(scene, known / flights.file_name(month - 1))
    arrive(scene, flights.all_but_the_last_day(known / flights.file_name(month), scene.folder / "arrived"))


def arrive(scene: Scene, path: Path) -> None:
    """A file of flights whose outcome is known comes in, and replaces what was known before."""
    upload(scene.chosen.client("s3"), scene.outputs["BucketName"], RAW_TRAINING + path.name, path)


def monitored(scene: Scene, window: Mapping[str, str]) -> dict[str, Any]:
    """What the monitor recorded of a window."""
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
    """Whether the monitor found what the stack's triggers wait for."""
    metric = ON_LOSS.metric
    value, before = json.loads(seen["metrics"])[metric]["value"], json.loads(seen["baseline_metrics"])[metric]
    return seen["drifted"] == "true" or ON_LOSS.is_due(value, before)
