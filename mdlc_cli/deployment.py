"""Deploys and destroys a project's stacks with the CDK CLI, against the AWS in use."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from mdlc_cli import cdk, machines, places, progress, stacks, toolchain
from mdlc_cli.errors import CommandError
from mdlc_cli.target import Target
from mdlc_cli.tool_process import run_tool

_WORTH_A_LINE = ("✅", "❌", "no changes", "Synthesis time", "Deployment time", "failed", "Error", "WARN")


def deploy(target: Target, root: Path, names: Sequence[str] = ()) -> dict[str, dict[str, str]]:
    """Synthesizes the project at ``root`` and deploys the stacks called ``names``; all of them by default.

    Returns:
        Each deployed stack's outputs.

    Raises:
        CommandError: there is no ``cdk.json``, or synthesis or deployment failed.
    """
    _require_app(root)
    cdk.bootstrap_when_needed(target)
    outputs = root / places.STATE_FOLDER / "outputs.json"
    outputs.parent.mkdir(exist_ok=True)
    outputs.unlink(missing_ok=True)
    title = f"deploying {', '.join(names) or 'all stacks'}"
    with progress.step(title) as step:

        def show(line: str) -> None:
            (step.note if any(word in line for word in _WORTH_A_LINE) else step.detail)(line)

        run_tool(
            [*toolchain.cdk_command(), "deploy", *(names or ["--all"]), "--require-approval", "never",
             "--progress", "events", "--no-notices", "--outputs-file", outputs],
            what="cdk deploy",
            remedy="read the lines above, correct the stack and deploy again",
            on_line=show,
            environment=cdk.environment(target),
            folder=root,
        )  # fmt: skip
    deployed: dict[str, dict[str, str]] = json.loads(outputs.read_text()) if outputs.exists() else {}
    return deployed


def stop_executions(target: Target, names: Sequence[str]) -> int:
    """Stops whatever the stacks' machines still run: a job that outlives its stack goes on costing.

    Returns:
        How many executions were stopped.
    """
    client = target.client("stepfunctions")
    stopped = 0
    for name in names:
        for machine in machines.all_machines(target, stack=name):
            pages = client.get_paginator("list_executions").paginate(
                stateMachineArn=machine.arn, statusFilter="RUNNING"
            )
            # All are listed before the first is stopped, which would move the pages.
            running = [execution["executionArn"] for page in pages for execution in page["executions"]]
            for arn in running:
                client.stop_execution(executionArn=arn, error="Teardown", cause="mdlc teardown")
            stopped += len(running)
    return stopped


def destroy(target: Target, root: Path, names: Sequence[str]) -> None:
    """Destroys the stacks called ``names`` and makes sure that they are gone.

    Raises:
        CommandError: a stack is still there afterwards.
    """
    _require_app(root)
    stop_executions(target, names)
    with progress.step(f"destroying {', '.join(names)}") as step:
        run_tool(
            [*toolchain.cdk_command(), "destroy", *names, "--force", "--progress", "events", "--no-notices"],
            what="cdk destroy",
            remedy="read the lines above, put right what holds the stack and try again",
            on_line=step.detail,
            environment=cdk.environment(target),
            folder=root,
        )
    left = {stack.name: stack.status for stack in stacks.deployed(target) if stack.name in names}
    if left:
        listed = ", ".join(f"{name} ({status})" for name, status in left.items())
        raise CommandError(f"{listed} could not be destroyed: read the stack's events in CloudFormation")


def stacks_of_app(target: Target, root: Path) -> list[str]:
    """The names of the stacks that the project's app makes."""
    _require_app(root)
    lines: list[str] = []
    run_tool(
        [*toolchain.cdk_command(), "ls", "--no-notices"],
        what="cdk ls",
        remedy="read the lines above and correct the app",
        on_line=lines.append,
        environment=cdk.environment(target),
        folder=root,
    )
    # `cdk ls` prints "id (name)" for a stack below a stage, and whatever the app itself prints.
    deployed = {stack.name for stack in stacks.deployed(target)}
    words = {word.strip("()") for line in lines for word in line.split()}
    return sorted(deployed & words)


def _require_app(root: Path) -> None:
    if not (root / "cdk.json").is_file():
        raise CommandError(f"{root} holds no cdk.json: change to the folder of a CDK app")
