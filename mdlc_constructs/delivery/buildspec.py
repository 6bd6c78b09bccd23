"""The buildspecs of a pipeline's two builds, as plain data."""

from collections.abc import Mapping
from typing import Any

from mdlc_constructs.settings.build_commands import ASSEMBLY, REPORTS, BuildCommands


def build(commands: BuildCommands, *, report_group: str) -> Mapping[str, Any]:
    """The buildspec of the build: everything that a commit must pass.

    Args:
        commands: the commands of each step.
        report_group: ARN or name of the report group.
    """
    return {
        "version": 0.2,
        "phases": {
            "install": {
                "runtime-versions": {"python": commands.python},
                "commands": [*commands.install, f"mkdir -p {REPORTS}"],
            },
            "pre_build": {"commands": list(commands.lint + commands.test) or ["true"]},
            "build": {"commands": [*commands.synth, *commands.validate, *commands.integration]},
        },
        "reports": {report_group: {"files": ["*.xml"], "base-directory": REPORTS, "file-format": "JUNITXML"}},
        "artifacts": {"files": ["**/*"], "base-directory": ASSEMBLY},
    }


def publish(commands: BuildCommands, *, stacks: tuple[str, ...]) -> Mapping[str, Any]:
    """The buildspec that publishes assets, whose source is the cloud assembly.

    Args:
        commands: the commands of each step.
        stacks: names of the stacks whose assets are published.
    """
    return {
        "version": 0.2,
        "env": {"variables": {"STACKS": " ".join(stacks)}},
        "phases": {"build": {"commands": list(commands.publish) or ["true"]}},
    }
