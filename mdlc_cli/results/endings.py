"""What an execution that was watched left: the names to show next, and everything as JSON."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rich.console import Console

from mdlc_cli.aws import models
from mdlc_cli.aws.target import Target
from mdlc_cli.executions import advice, failure_causes, waiting
from mdlc_cli.executions.running import Result
from mdlc_cli.output import progress, terminal
from mdlc_cli.results import monitoring, references, showing
from mdlc_client import audit, lineage
from mdlc_client.audit import Item

MONITORING = ("monitoring", "batch-monitoring")


def write(target: Target, result: Result, *, as_json: bool, more: dict[str, Any] | None = None) -> None:
    """Prints what an execution left: its windows and the names to show, or everything as JSON.

    Args:
        target: the AWS that it ran in.
        result: how it ended.
        as_json: whether to print JSON instead of text.
        more: further members of the JSON document.
    """
    workflow = advice.workflow_of(result.machine)
    model = result.machine.removesuffix(f"-{workflow}") if workflow else ""
    windows = windows_of(target, model, result) if workflow in MONITORING else []
    if as_json:
        terminal.write_json({**document(target, result, model, workflow, windows), **(more or {})})
        return
    out = progress.results_console()
    if windows:
        write_windows(windows, console=out)
    shown = sentences(result.content, model, workflow, windows)
    if not result.succeeded and failure_causes.report_folder(result.cause):
        shown = [f"`mdlc show {result.arn.rpartition(':')[2]}` shows the report."]
    for sentence in shown:
        out.print(terminal.line(sentence), soft_wrap=True)


def write_windows(windows: Sequence[Item], *, console: Console) -> None:
    """Prints the columns, reasons, metrics and reports of windows."""
    names = [lineage.window_name(item) for item in windows]
    for section in monitoring.sections(windows, names):
        showing.write_section(section, console=console)


def windows_of(target: Target, model: str, result: Result) -> list[Item]:
    """The audit items of the windows that a monitoring execution computed, newest first."""
    if not result.succeeded or not audit.parsed(result.content.get("windows")):
        return []
    chosen = models.deployed(target, model=model)
    return [item for each in chosen for item in references.windows_of(each, result.content)]


def sentences(content: Item, model: str, workflow: str, windows: Sequence[Item]) -> list[str]:
    """Sentences with the commands that show what an execution left.

    Args:
        content: its output, or its audit item; empty after a failure.
        model: its model.
        workflow: its workflow; empty for another machine.
        windows: the windows that it computed.
    """
    option = f" --model {model}"
    run, version = str(content.get("run", "")), lineage.version_of(content)
    run = "" if run in references.NO_RUN else run
    show_version = f"`mdlc show {version}{option}`"
    if workflow == lineage.TRAINING and version is not None:
        name = f"Run {run}, version {version}" if run else f"Version {version}"
        return [f"{name}: {show_version} shows its metrics and its evaluation."]
    if workflow == lineage.BATCH and run:
        return [
            f"Run {run}: `mdlc show {run} --predictions scores.csv` writes its predictions.",
            *([f"Version {version} answered: {show_version}."] if version is not None else []),
        ]
    if workflow == lineage.RELEASE and version is not None:
        return [f"Version {version}: {show_version} shows what serves."]
    if workflow == lineage.RETRAINING:
        lines = [f"Version {version}: {show_version} shows it."] if version is not None else []
        for kind in ("training", "release"):
            if name := str(content.get(f"{kind}_execution", "")).rpartition(":")[2]:
                lines.append(f"The {kind} was execution {name}: `mdlc show {model}-{kind}:{name}`.")
        return lines
    shown = [lineage.window_name(item) for item in windows if str(item.get("rows", "0")) != "0"]
    return [f"`mdlc show {name}{option}` shows its report." for name in shown]


def document(
    target: Target, result: Result, model: str, workflow: str, windows: Sequence[Item]
) -> dict[str, Any]:
    """How an execution ended, for programs."""
    content, failed = result.content, result.failed
    version = lineage.version_of(content)
    run, package_arn = str(content.get("run", "")), str(content.get("package_arn", ""))
    following = (
        result.failure.following if failed else waiting.meaning(target, workflow, result.outcome, package_arn)
    )
    return {
        "execution": result.arn.rpartition(":")[2],
        "arn": result.arn,
        "machine": result.machine,
        "model": model,
        "workflow": workflow,
        "status": result.status,
        "outcome": result.outcome,
        "output": content,
        "error": result.failure.error if failed else "",
        "why": result.failure.why if failed else "",
        "following": following,
        "states": [
            {
                "state": visit.state,
                "entered": visit.entered,
                "ended": visit.ended,
                "failed": visit.failed,
                "job": visit.job.name if visit.job else None,
            }
            for visit in result.timeline.visits
        ],
        "names": {
            "run": None if run in references.NO_RUN else run,
            "version": version,
            "windows": [lineage.window_name(item) for item in windows],
        },
        "windows": list(windows),
    }
