"""Shows an execution's states as they are entered, until the execution ends."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.spinner import Spinner
from rich.table import Table
from rich.text import Text

from mdlc_cli.aws.target import Target
from mdlc_cli.executions.history import (
    Timeline,
    Visit,
    awaited_package,
    baking_line,
    entered_line,
    timeline,
    waiting_line,
)
from mdlc_cli.output.terminal import line
from mdlc_client import registered
from mdlc_client.approvals import PENDING

LOCAL_POLL_SECONDS = 0.25
AWS_POLL_SECONDS = 3.0


def events(client: Any, execution: str) -> list[dict[str, Any]]:
    """All events of the execution's history so far, oldest first."""
    pages = client.get_paginator("get_execution_history").paginate(executionArn=execution)
    return [event for page in pages for event in page["events"]]


def follow(target: Target, execution: str, *, console: Console) -> Timeline:
    """Shows the execution until it ends or waits for a person: live on a terminal, else a line per state."""
    client = target.client("stepfunctions")

    def waits(now: Timeline) -> bool:
        package_arn = awaited_package(now)
        # After the decision, its event may still be on its way.
        return bool(package_arn) and registered.describe(target, package_arn).get("status") == PENDING

    seconds = LOCAL_POLL_SECONDS if target.is_local else AWS_POLL_SECONDS
    if not console.is_terminal:
        return _poll(client, execution, PlainLines(console, target.time_scale).show, waits, seconds)
    scale = target.time_scale
    with Live(console=console, refresh_per_second=8, vertical_overflow="visible") as live:
        return _poll(
            client, execution, lambda now: live.update(picture(now, datetime.now(UTC), scale)), waits, seconds
        )


class PlainLines:
    """Prints each state once, as it is entered."""

    def __init__(self, console: Console, time_scale: float = 1.0) -> None:
        self._console = console
        self._time_scale = time_scale
        self._shown = 0
        self._shown_notes: set[str] = set()

    def show(self, now: Timeline) -> None:
        """Prints the states that were entered since the last call."""
        for visit in now.visits[self._shown :]:
            self._console.print(entered_line(visit, now.started), markup=False)
        self._shown = len(now.visits)
        for note in (baking_line(now, self._time_scale), waiting_line(now)):
            if note and note not in self._shown_notes:
                self._console.print(f"           {note}", markup=False)
                self._shown_notes.add(note)


def picture(now: Timeline, moment: datetime, time_scale: float = 1.0) -> RenderableType:
    """The execution as a table for a terminal: its states, whether each has ended, and seconds."""
    table = Table.grid(padding=(0, 1))
    for visit in now.visits:
        table.add_row(
            _mark(visit), line("  " * visit.inside + visit.state), _took(visit, moment), _job_name(visit)
        )
    elapsed = ((now.ended or moment) - now.started).total_seconds()
    notes = filter(None, (baking_line(now, time_scale), waiting_line(now)))
    return Group(table, line((", ".join((f"{elapsed:.1f} s", *notes)), "dim")))


def _mark(visit: Visit) -> RenderableType:
    if visit.failed:
        return Text("✗", style="red")
    return Text("✓", style="green") if visit.ended else Spinner("dots", style="cyan")


def _took(visit: Visit, moment: datetime) -> Text:
    return Text(
        f"{((visit.ended or moment) - visit.entered).total_seconds():.1f} s", style="dim", justify="right"
    )


def _job_name(visit: Visit) -> Text:
    return line((visit.job.name if visit.job else "", "dim"))


def _poll(
    client: Any,
    execution: str,
    show: Callable[[Timeline], None],
    waits: Callable[[Timeline], bool],
    seconds: float,
) -> Timeline:
    while True:
        now = timeline(events(client, execution))
        if now is not None:
            show(now)
            if now.status != "RUNNING" or waits(now):
                return now
        time.sleep(seconds)
