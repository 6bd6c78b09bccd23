"""Runs the locked CDK CLI in the chosen AWS; an environment's command ``cdk`` runs this module."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

from botocore.exceptions import ClientError

from mdlc_cli import places
from mdlc_cli.aws import settings_file, target
from mdlc_cli.aws.target import Target
from mdlc_cli.errors import CommandError
from mdlc_cli.output import progress
from mdlc_cli.tools import docker, toolchain
from mdlc_cli.tools.tool_process import run_tool

TALKS_TO_AWS = frozenset(
    {"bootstrap", "deploy", "destroy", "diff", "import", "rollback", "watch", "drift", "gc"}
)
ADMINISTRATOR = "arn:aws:iam::aws:policy/AdministratorAccess"
BOOTSTRAP_STACK = "CDKToolkit"


def environment(chosen: Target | None) -> dict[str, str]:
    """The environment of the CDK CLI and its app: the chosen AWS, with this Node and Python first on PATH.

    So an app command such as `python3 app.py` needs no activated environment.
    """
    base = chosen.environment() if chosen else dict(os.environ)
    node = toolchain.node_environment()
    python = str(Path(sys.executable).parent)
    without_docker = {docker.VARIABLE: docker.program()} if chosen and chosen.is_local else {}
    return {**base, **node, **without_docker, "PATH": os.pathsep.join([python, node["PATH"]])}


def bootstrap_when_needed(chosen: Target, others: Sequence[str] = ()) -> None:
    """Bootstraps the local AWS if necessary; a real account must be bootstrapped by its owner.

    Args:
        chosen: the AWS.
        others: further accounts of the local AWS, which trust the chosen one to deploy to them.
    """
    if not chosen.is_local:
        return
    _bootstrap(chosen, trusted="")
    for account in others:
        _bootstrap(chosen.in_account(account), trusted=chosen.account)


def _bootstrap(chosen: Target, *, trusted: str) -> None:
    if _is_bootstrapped(chosen):
        return
    which = f", account {chosen.account}," if trusted else ""
    # An account that others deploy to must say what their deployments may do.
    trust = ["--trust", trusted, "--cloudformation-execution-policies", ADMINISTRATOR] if trusted else []
    with progress.step(f"bootstrapping the local AWS{which} for the CDK") as step:
        run_tool(
            [*toolchain.cdk_command(), "bootstrap", f"aws://{chosen.account}/{chosen.region}",
             *trust, "--no-notices", "--progress=events", "--ci"],
            what="cdk bootstrap",
            remedy="run `mdlc local down` and `mdlc local up`, then try again",
            on_line=step.detail,
            environment=environment(chosen),
            # In another folder, so that an app in the working folder is not synthesized.
            folder=places.cache_root(),
        )  # fmt: skip


def _is_bootstrapped(chosen: Target) -> bool:
    try:
        stacks = chosen.client("cloudformation").describe_stacks(StackName=BOOTSTRAP_STACK)["Stacks"]
    except ClientError as error:
        if error.response.get("Error", {}).get("Code") == "ValidationError":
            return False
        raise
    return bool(stacks)


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Replaces this process by the CDK CLI; prints the chosen AWS if the command uses one."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    command = next((word for word in words if not word.startswith("-")), "")
    try:
        chosen = target.reported(places.project_root()) if command in TALKS_TO_AWS else None
        if chosen is not None and command == "deploy":
            bootstrap_when_needed(chosen, settings_file.accounts(places.project_root()))
        program = [*toolchain.cdk_command(), *words]
    except CommandError as error:
        print(f"cdk: {error}\n{error.detail}".rstrip(), file=sys.stderr)
        sys.exit(1)
    os.execve(program[0], program, environment(chosen))


if __name__ == "__main__":
    main()
