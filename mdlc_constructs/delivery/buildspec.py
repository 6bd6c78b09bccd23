"""The buildspecs of a pipeline's builds, as plain data."""

from collections.abc import Mapping
from typing import Any

from mdlc_constructs.resources.built_images import VARIABLE
from mdlc_constructs.settings.build_commands import ASSEMBLY, DECLARED, FILE, REPORTS, BuildCommands


def build(commands: BuildCommands, *, report_group: str, images: bool = False) -> Mapping[str, Any]:
    """The buildspec of the build: everything that a commit must pass.

    Args:
        commands: the commands of each step.
        report_group: ARN or name of the report group.
        images: whether an input names images that were built before.
    """
    # All commands of a build share one shell, so later ones see the variable.
    named = [f"export {VARIABLE}=$CODEBUILD_SRC_DIR_Images/{FILE}"] if images else []
    return {
        "version": 0.2,
        "phases": {
            "install": {
                "runtime-versions": {"python": commands.python},
                "commands": [*commands.install, f"mkdir -p {REPORTS}"],
            },
            "pre_build": {"commands": list(commands.lint + commands.test) or ["true"]},
            "build": {"commands": [*named, *commands.synth, *commands.validate, *commands.integration]},
        },
        "reports": {report_group: {"files": ["*.xml"], "base-directory": REPORTS, "file-format": "JUNITXML"}},
        "artifacts": {"files": ["**/*"], "base-directory": ASSEMBLY},
    }


def images(commands: BuildCommands, declared: str) -> Mapping[str, Any]:
    """The buildspec that builds images.

    Args:
        commands: the commands of each step.
        declared: the images as JSON.
    """
    return {
        "version": 0.2,
        "env": {"variables": {DECLARED: declared}},
        "phases": {
            "install": {
                "runtime-versions": {"python": commands.python},
                "commands": list(commands.install) or ["true"],
            },
            "build": {"commands": list(commands.images)},
        },
        "artifacts": {"files": [FILE]},
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
