"""Deploys and destroys a project's stacks with the CDK CLI, in the chosen AWS."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from pathlib import Path

from botocore.exceptions import ClientError, WaiterError

from mdlc_cli import places
from mdlc_cli.aws import settings_file, stacks
from mdlc_cli.aws.target import Target
from mdlc_cli.deploying import adoption, assembly, cdk, retained
from mdlc_cli.deploying.assembly import Assembly
from mdlc_cli.errors import CommandError, ToolFailedError
from mdlc_cli.executions import machines
from mdlc_cli.output import progress
from mdlc_cli.tools import toolchain
from mdlc_cli.tools.tool_process import run_tool

_WORTH_A_LINE = ("✅", "❌", "no changes", "Synthesis time", "Deployment time", "failed", "Error", "WARN")
_TAKEN = "already exists"
_NOT_BUILT = re.compile(r" build --tag \S+ .*exited with error code \d+: (?P<reason>.+)")
"""How the CDK CLI reports that an image cannot be built, with what `tools.docker` printed."""


def deploy(target: Target, root: Path, names: Sequence[str] = ()) -> dict[str, dict[str, str]]:
    """Synthesizes the project at ``root`` and deploys the stacks in ``names``; by default, all stacks.

    Resources that a destroyed stack of the same name retained are imported into the new stack.

    Returns:
        Each deployed stack's outputs.

    Raises:
        CommandError: there is no ``cdk.json``, or synthesis or deployment failed.
    """
    assembly.require_app(root)
    cdk.bootstrap_when_needed(target, settings_file.accounts(root))
    outputs = root / places.STATE_FOLDER / "outputs.json"
    outputs.parent.mkdir(exist_ok=True)
    outputs.unlink(missing_ok=True)
    deleted = adoption.candidates(target, names)
    app = assembly.synthesized(target, root) if deleted else None
    if app is not None:
        adoption.adopt(target, app, deleted, names)
    title = f"deploying {', '.join(names) or 'all stacks'}"
    with progress.step(title) as step:

        def show(line: str) -> None:
            (step.note if any(word in line for word in _WORTH_A_LINE) else step.detail)(line)

        try:
            run_tool(
                [*toolchain.cdk_command(), "deploy", *(names or ["--all"]), *_app(app),
                 "--require-approval", "never", "--progress", "events", "--no-notices",
                 "--outputs-file", outputs],
                what="cdk deploy",
                remedy="read the lines above, correct the stack and deploy again",
                on_line=show,
                environment=cdk.environment(target),
                folder=root,
            )  # fmt: skip
        except ToolFailedError as error:
            raise _explained(target, error) from error
    deployed: dict[str, dict[str, str]] = json.loads(outputs.read_text()) if outputs.exists() else {}
    return deployed


def _app(app: Assembly | None) -> list[str]:
    """The CDK CLI arguments to use a synthesized app; empty, so that the CLI synthesizes, without one."""
    return [] if app is None else ["--app", str(app.folder)]


def _explained(target: Target, error: ToolFailedError) -> CommandError:
    """The error of a deployment, with its reason: an image that cannot be built, or a name that is taken."""
    if match := _NOT_BUILT.search(error.detail):
        return ToolFailedError(f"a container's image cannot be built: {match['reason']}", detail=error.detail)
    if _TAKEN not in error.detail:
        return error
    for resource in retained.left_by(target, retained.deleted_names(target)):
        if re.search(rf"(?<![\w-]){re.escape(resource.name)}(?![\w-])", error.detail):
            return ToolFailedError(
                f"{resource.sentence_part} is left of the deleted stack {resource.stack}, and this one makes "
                f"one of that name: remove it with `mdlc teardown {resource.stack} --everything`, or name it "
                "otherwise",
                detail=error.detail,
            )
    return ToolFailedError(
        "cdk deploy failed because a name is taken, and no stack that was deleted within 90 days left it "
        "(the lines above say which): delete what holds it, or name it otherwise",
        detail=error.detail,
    )


def stop_executions(target: Target, names: Sequence[str]) -> int:
    """Stops all running executions of the stacks' machines, because their jobs would go on costing money.

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
            # List all before stopping any, because stopping changes the pages of RUNNING executions.
            running = [execution["executionArn"] for page in pages for execution in page["executions"]]
            for arn in running:
                client.stop_execution(executionArn=arn, error="Teardown", cause="mdlc teardown")
            stopped += len(running)
    return stopped


def destroy(target: Target, root: Path, names: Sequence[str], app: Assembly | None = None) -> None:
    """Destroys the stacks in ``names`` and checks that they no longer exist.

    Args:
        target: the AWS that holds the stacks.
        root: the project's folder.
        names: the stacks' names.
        app: the synthesized app. A stack that it does not contain is deleted without the CDK.

    Raises:
        CommandError: a stack still exists afterwards.
    """
    stop_executions(target, names)
    selectors = {stack.name: stack.selector for stack in app.stacks} if app else {}
    with progress.step(f"destroying {', '.join(names)}") as step:
        if chosen := [selectors[name] for name in names if name in selectors]:
            run_tool(
                [*toolchain.cdk_command(), "destroy", *chosen, *_app(app), "--force", "--progress", "events",
                 "--no-notices"],
                what="cdk destroy",
                remedy="read the lines above, put right what holds the stack and try again",
                on_line=step.detail,
                environment=cdk.environment(target),
                folder=root,
            )  # fmt: skip
        for stack in _newest_first(target, [name for name in names if name not in selectors]):
            step.note(f"{stack} is not in this app (any more)")
            _delete(target, stack)
    left = {stack.name: stack.status for stack in stacks.deployed(target) if stack.name in names}
    if left:
        listed = ", ".join(f"{name} ({status})" for name, status in left.items())
        raise CommandError(f"{listed} could not be destroyed: read the stack's events in CloudFormation")


def _newest_first(target: Target, names: Sequence[str]) -> list[str]:
    """Stacks in an order for deletion: a stack that imports an output is newer than its exporter."""
    if len(names) < 2:
        return list(names)
    described = stacks.pages(target.client("cloudformation"), "describe_stacks", "Stacks")
    newest_first = sorted(described, key=lambda stack: str(stack["CreationTime"]), reverse=True)
    return [stack["StackName"] for stack in newest_first if stack["StackName"] in names]


def _delete(target: Target, name: str) -> None:
    client = target.client("cloudformation")
    seconds = 1 if target.is_local else 10
    try:
        client.delete_stack(StackName=name)
        client.get_waiter("stack_delete_complete").wait(
            StackName=name, WaiterConfig={"Delay": seconds, "MaxAttempts": 3600 // seconds}
        )
    except ClientError as error:
        reason = error.response["Error"].get("Message", str(error))
        raise CommandError(
            f"stack {name} could not be destroyed ({reason}): put that right and try again"
        ) from error
    except WaiterError:
        # `destroy` reports the status of a stack that still exists.
        return
