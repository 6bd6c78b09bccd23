"""The buildspec of a pipeline's build, as plain data."""

from collections.abc import Mapping
from typing import Any

from mdlc_constructs.settings.build_commands import ASSEMBLY, REPORTS, BuildCommands


def buildspec(commands: BuildCommands, *, stacks: tuple[str, ...], report_group: str) -> Mapping[str, Any]:
    """The buildspec document.

    Args:
        commands: the commands of each step.
        stacks: names of the stacks whose assets are published.
        report_group: ARN or name of the report group.
    """
    return {
        "version": 0.2,
        "env": {"variables": {"STACKS": " ".join(stacks)}},
        "phases": {
            "install": {
                "runtime-versions": {"python": commands.python},
                "commands": [*commands.install, f"mkdir -p {REPORTS}"],
            },
            "pre_build": {"commands": list(commands.lint + commands.test) or ["true"]},
            "build": {
                "commands": [*commands.synth, *commands.validate, *commands.integration, *commands.publish]
            },
        },
        "reports": {report_group: {"files": ["*.xml"], "base-directory": REPORTS, "file-format": "JUNITXML"}},
        "artifacts": {"files": ["**/*"], "base-directory": ASSEMBLY},
    }
