"""Explains why a project's local AWS does not answer, by the last one's files, and what to do."""

from __future__ import annotations

import json
from collections.abc import Mapping
from enum import Enum
from pathlib import Path
from typing import Any

from mdlc_cli import places
from mdlc_cli.tools import processes

ANSWER_SECONDS = 5.0
"""The timeout of a request to the local AWS, in seconds."""


class Absence(Enum):
    """The reason why no local AWS answers; the value is the end of a sentence about the project's one."""

    NEVER_UP = "was never up"
    DOWN = "is down"
    ENDED = "has ended, and what was deployed and stored in it is gone"
    KILLED = "was killed, and what was deployed and stored in it is gone"
    SILENT = "runs and does not answer"


_UP = "start one with `mdlc local up`"
_REMEDIES: Mapping[Absence, tuple[str, ...]] = {
    Absence.SILENT: ("wait and try again", "end it with `mdlc local down`")
}


def absence(root: Path) -> Absence:
    """Why no local AWS of the project at ``root`` answers."""
    folder = state_folder(root)
    launch = document(folder / "launch.json")
    if launch is not None and processes.started(launch["pid"]) == launch["started"]:
        return Absence.SILENT
    if (folder / "ready.json").exists():
        return Absence.KILLED
    if launch is not None:
        return Absence.ENDED
    return Absence.DOWN if folder.is_dir() else Absence.NEVER_UP


def sentence(root: Path, *more: str) -> str:
    """One sentence on why no local AWS answers and what to do.

    Args:
        root: the project's folder.
        more: further remedies.
    """
    why = absence(root)
    if why is Absence.NEVER_UP:
        return f"no local AWS runs for {root}: start it with `mdlc local up`"
    within = f" within {ANSWER_SECONDS:g} s" if why is Absence.SILENT else ""
    *remedies, last = (*_REMEDIES.get(why, (_UP,)), *more)
    remedy = f"{', '.join(remedies)}, or {last}" if remedies else last
    return f"the local AWS of {root} {why.value}{within}: {remedy}"


def state_folder(root: Path) -> Path:
    """The folder with the files of the local AWS of the project at ``root``."""
    return root / places.STATE_FOLDER / "local"


def document(path: Path) -> dict[str, Any] | None:
    """The content of a local AWS's JSON file, or None when it does not exist or is incomplete."""
    try:
        content: dict[str, Any] = json.loads(path.read_text())
    except (OSError, ValueError):
        return None
    return content
