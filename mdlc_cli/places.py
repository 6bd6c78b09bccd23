"""Paths of the package's parts, in a clone and in an installed wheel, and of a user's project."""

from __future__ import annotations

from pathlib import Path

from mdlc_cli.errors import CommandError
from mdlc_constructs.resources import bundles

CACHE_VARIABLE = bundles.CACHE_VARIABLE
STATE_FOLDER = ".mdlc"
SETTINGS_FILE = "mdlc.toml"
PROJECT_MARKS = (STATE_FOLDER, SETTINGS_FILE, "cdk.json")

_SITE = Path(__file__).resolve().parent.parent


def cache_root() -> Path:
    """The folder of the tools installed from locks; ``MDLC_CACHE_DIR`` sets another one."""
    return bundles.user_cache()


def embedded_source() -> Path:
    """The folder of the embedded AWS, next to this package."""
    return _existing(_SITE / "mdlc_local", "the embedded AWS")


def jobs_source() -> Path:
    """The folder of the data jobs and their locks: an asset in a wheel, `jobs/` in a clone."""
    carried = _SITE / "mdlc_constructs" / "_assets" / "jobs"
    return carried if carried.is_dir() else _existing(_SITE / "jobs", "the data jobs")


def node_source() -> Path:
    """The folder of the lock file that pins the CDK CLI."""
    return Path(__file__).resolve().parent / "node"


def template_source() -> Path:
    """The folder of the template from which `mdlc init` makes a team's repository."""
    return _existing(Path(__file__).resolve().parent / "template", "the template of `mdlc init`")


def team_stack_source() -> Path:
    """The stack that `mdlc init` copies: beside the template in a wheel, in `stacks/` in a clone."""
    carried = template_source() / "model_team.py"
    return carried if carried.is_file() else _SITE / "stacks" / "model_team.py"


def project_root(start: Path | None = None) -> Path:
    """The project's folder: the nearest one, from ``start`` upwards, with one of `PROJECT_MARKS`.

    Without any up to the root of the file system, ``start`` itself is the project.
    """
    here = (start or Path.cwd()).resolve()
    for folder in (here, *here.parents):
        if any((folder / mark).exists() for mark in PROJECT_MARKS):
            return folder
    return here


def _existing(folder: Path, what: str) -> Path:
    if not folder.is_dir():
        raise CommandError(
            f"{what} is not at {folder}, so this installation is incomplete: reinstall mdlc-constructs"
        )
    return folder
