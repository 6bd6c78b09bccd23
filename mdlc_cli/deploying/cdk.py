"""Runs the locked CDK CLI in the chosen AWS; an environment's command ``cdk`` runs this module."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

from botocore.exceptions import ClientError

from mdlc_cli import places
from mdlc_cli.aws import target
from mdlc_cli.aws.target import Target
from mdlc_cli.errors import CommandError
from mdlc_cli.output import progress
from mdlc_cli.tools import docker, toolchain
from mdlc_cli.tools.tool_process import run_tool

TALKS_TO_AWS = frozenset(
    {"bootstrap", "deploy", "destroy", "diff", "import", "rollback", "watch", "drift", "gc"}
)
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


def bootstrap_when_needed(chosen: Target) -> None:
    """Bootstraps the local AWS if necessary; a real account must be bootstrapped by its owner."""
    if not chosen.is_local or _is_bootstrapped(chosen):
        return
    with progress.step("bootstrapping the local AWS for the CDK") as step:
        run_tool(
            [*toolchain.cdk_command(), "bootstrap", f"aws://{chosen.account}/{chosen.region}",
             "--no-notices", "--progress=events", "--ci"],
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
            bootstrap_when_needed(chosen)
        program = [*toolchain.cdk_command(), *words]
    except CommandError as error:
        print(f"cdk: {error}\n{error.detail}".rstrip(), file=sys.stderr)
        sys.exit(1)
    os.execve(program[0], program, environment(chosen))


if __name__ == "__main__":
    main()
