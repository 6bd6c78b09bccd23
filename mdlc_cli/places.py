"""Where things lie: in a clone, in an installed wheel, and in a user's project."""

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
    """The folder that holds the tools made by lock; ``MDLC_CACHE_DIR`` moves it."""
    return bundles.user_cache()


def embedded_source() -> Path:
    """The folder of the embedded AWS: beside this package, in a clone as in a wheel."""
    return _existing(_SITE / "mdlc_local", "the embedded AWS")


def jobs_source() -> Path:
    """The folder of the data jobs with their locks: carried as an asset by a wheel, a room in a clone."""
    carried = _SITE / "mdlc_constructs" / "_assets" / "jobs"
    return carried if carried.is_dir() else _existing(_SITE / "jobs", "the data jobs")


def node_source() -> Path:
    """The folder whose lock pins the CDK CLI."""
    return Path(__file__).resolve().parent / "node"


def project_root(start: Path | None = None) -> Path:
    """The project that a command belongs to: the nearest folder upwards with local state or settings.

    A folder that holds none of them, up to the root of the file system, is a project of its own.
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
