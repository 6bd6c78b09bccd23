"""The stacks that a project's CDK app synthesizes, by their names in AWS."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mdlc_cli import places
from mdlc_cli.aws.target import Target
from mdlc_cli.deploying import cdk
from mdlc_cli.errors import CommandError
from mdlc_cli.output import progress
from mdlc_cli.tools import toolchain
from mdlc_cli.tools.tool_process import run_tool

_STACK = "aws:cloudformation:stack"
_NESTED = "cdk:cloud-assembly"


@dataclass(frozen=True, kw_only=True)
class AppStack:
    """A stack of the app.

    Attributes:
        name: its name in CloudFormation.
        selector: its name for the CDK CLI: the path in the app, such as ``Prod/Churn``.
        template: its template.
    """

    name: str
    selector: str
    template: Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class Assembly:
    """A synthesized app.

    Attributes:
        folder: the cloud assembly, which ``cdk --app`` accepts to avoid another synthesis.
    """

    folder: Path
    stacks: tuple[AppStack, ...]

    def chosen(self, names: Sequence[str]) -> list[AppStack]:
        """The stacks with these names or selectors; all stacks when ``names`` is empty."""
        return [stack for stack in self.stacks if not names or {stack.name, stack.selector} & set(names)]


def has_app(root: Path) -> bool:
    """Whether the project has a CDK app."""
    return (root / "cdk.json").is_file()


def require_app(root: Path) -> None:
    """Raises an error for a project without a CDK app.

    Raises:
        CommandError: there is no ``cdk.json``.
    """
    if not has_app(root):
        raise CommandError(f"{root} holds no cdk.json: change to the folder of a CDK app")


def synthesized(target: Target, root: Path) -> Assembly:
    """Synthesizes the project's app for the chosen AWS.

    Raises:
        CommandError: there is no ``cdk.json``, or the app failed.
    """
    require_app(root)
    folder = root / places.STATE_FOLDER / "assembly"
    folder.parent.mkdir(exist_ok=True)
    with progress.step("synthesizing the app") as step:
        run_tool(
            [*toolchain.cdk_command(), "synth", "--quiet", "--no-notices", "--output", folder],
            what="cdk synth",
            remedy="read the lines above and correct the app",
            on_line=step.detail,
            environment=cdk.environment(target),
            folder=root,
        )
    return Assembly(folder=folder, stacks=tuple(_stacks(folder)))


def _stacks(folder: Path) -> Iterator[AppStack]:
    manifest = json.loads((folder / "manifest.json").read_text())
    for identity, artifact in manifest.get("artifacts", {}).items():
        properties = artifact.get("properties", {})
        if artifact["type"] == _STACK:
            yield AppStack(
                name=properties.get("stackName", identity),
                selector=artifact.get("displayName", identity),
                template=json.loads((folder / properties["templateFile"]).read_text()),
            )
        elif artifact["type"] == _NESTED:
            yield from _stacks(folder / properties["directoryName"])
