"""A model's releases: the versions that served in turn, and the one that a rollback returns to."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from mdlc_cli.aws.target import Target
from mdlc_cli.errors import CommandError
from mdlc_cli.executions.machines import StateMachine, executions, whole_name
from mdlc_cli.executions.running import Result
from mdlc_client.audit import Item, parsed

WORKFLOW = "release"
NOTHING_BEFORE = "0"
"""The value of `replaced` in a release's audit item when it replaced no version."""
LOOKS_FOR_A_RELEASE, BETWEEN_LOOKS_SECONDS = 6, 0.5
"""How often, and at which interval, to look for the release that an approval starts."""


def model_of(machine: StateMachine) -> str:
    """The model of a release machine, from the machine's name."""
    return machine.name.removesuffix(f"-{WORKFLOW}")


@dataclass(frozen=True, kw_only=True)
class Underway:
    """A running release.

    Attributes:
        version: the version in its input; None for the newest approved one.
        trigger: the `trigger` in its input, such as approval.
    """

    arn: str
    version: int | None
    trigger: str

    @property
    def sentence(self) -> str:
        """The beginning of a sentence: which version it releases, and whether an approval started it."""
        what = "A release" if self.version is None else f"A release of version {self.version}"
        return f"{what}, started by its approval," if self.trigger == "approval" else what


def underway(target: Target, machine: StateMachine) -> Underway | None:
    """The machine's longest-running release, or None."""
    running = _running(target, machine)
    return _described(target.client("stepfunctions"), running[-1]) if running else None


def check_not_underway(target: Target, machine: StateMachine, model: str, version: int) -> None:
    """Raise an error when an execution that would make a version the champion runs.

    Args:
        target: the AWS.
        machine: the model's release machine, or the batch inference machine of a model without one.
        model: the model.
        version: the version.

    Raises:
        CommandError: one runs that takes this version, or whose input leaves open which one it takes.
    """
    client = target.client("stepfunctions")
    for arn in _running(target, machine):
        execution = _described(client, arn)
        if execution.version not in (version, None):
            continue
        takes = "takes it" if execution.version is not None else "may have taken it as the newest approved"
        remedy = "if it became the champion, "
        remedy += (
            f"go back with `mdlc rollback --model {model}`, and then reject it"
            if machine.name == f"{model}-{WORKFLOW}"
            else "approve a newer one and score with it, and then reject this one"
        )
        raise CommandError(
            f"version {version} of {model} cannot be rejected while {machine.name} runs and {takes}, because "
            f"it would become the champion all the same: wait with `mdlc watch {whole_name(arn)}`; {remedy}"
        )


def _running(target: Target, machine: StateMachine) -> list[str]:
    """The ARNs of a machine's running executions, newest first."""
    pages = (
        target.client("stepfunctions")
        .get_paginator("list_executions")
        .paginate(stateMachineArn=machine.arn, statusFilter="RUNNING")
    )
    return [execution["executionArn"] for page in pages for execution in page["executions"]]


def begun_since(target: Target, machine: StateMachine, moment: datetime) -> Underway | None:
    """A release that started at or after a time, or None.

    Looks several times, because a release starts some time after the approval.
    """
    for _ in range(LOOKS_FOR_A_RELEASE):
        recent = executions(target, machine, limit=1)
        if recent and recent[0].started >= moment:
            return _described(target.client("stepfunctions"), recent[0].arn)
        time.sleep(BETWEEN_LOOKS_SECONDS)
    return None


def is_wanted(target: Target, machine: StateMachine, result: Result, version: int | None) -> bool:
    """Whether a finished release was of the wanted version.

    Args:
        target: the AWS that it ran in.
        machine: the release machine.
        result: how the release ended.
        version: the wanted version; None for the newest approved one.
    """
    released = _described(target.client("stepfunctions"), result.arn).version
    if version is not None:
        return released == version
    return not result.succeeded or released in (None, newest_approved(target, model_of(machine)))


def newest_approved(target: Target, group: str) -> int | None:
    """The number of the newest approved version of a package group, or None."""
    # Compared by number, because SageMaker sorts by creation time in whole seconds.
    versions = (
        int(package["ModelPackageVersion"])
        for page in target.client("sagemaker")
        .get_paginator("list_model_packages")
        .paginate(ModelPackageGroupName=group, ModelApprovalStatus="Approved")
        for package in page["ModelPackageSummaryList"]
    )
    return max(versions, default=None)


def _described(client: Any, arn: str) -> Underway:
    request = parsed(client.describe_execution(executionArn=arn).get("input"))
    request = request if isinstance(request, dict) else {}
    version = request.get("package_version")
    return Underway(
        arn=arn,
        version=int(version) if version is not None else None,
        trigger=str(request.get("trigger", "")),
    )


def served(items: Iterable[Item]) -> list[int]:
    """The versions that served in turn; the last one serves now.

    The release of a version that served before is a rollback. It removes all later versions from the list,
    so that a second rollback returns to a still earlier version, and not to the one just rolled back.

    Args:
        items: a model's audit items, in any order.
    """
    path: list[int] = []
    for item in sorted(items, key=lambda item: str(item["sk"])):
        if item.get("workflow") != WORKFLOW or item.get("outcome") != "Succeeded":
            continue
        version, replaced = int(item["version"]), str(item.get("replaced", NOTHING_BEFORE))
        if not path and replaced not in (NOTHING_BEFORE, str(version)):
            path.append(int(replaced))
        if version in path:
            del path[path.index(version) + 1 :]
        else:
            path.append(version)
    return path


def before(items: Iterable[Item], model: str) -> tuple[int, int]:
    """The version that serves, and the one that served before it.

    Raises:
        CommandError: no version served before it.
    """
    path = served(items)
    if len(path) < 2:
        serving = f"version {path[0]} was the first" if path else "nothing was released yet"
        raise CommandError(
            f"{model} has no version to go back to ({serving}): name an approved one with "
            "`mdlc rollback --to N`, or release one with `mdlc release`"
        )
    return path[-1], path[-2]


def failure(result: Result, version: int | None) -> str:
    """One sentence on why a release failed."""
    what = "the newest approved version" if version is None else f"version {version}"
    failed = result.failure
    return f"{what} was not released ({failed.why.rstrip('.')}): {failed.following}"
