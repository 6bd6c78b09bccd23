"""The folder of a container of a team's own, as ``mdlc container`` makes it: a small model that works."""

from __future__ import annotations

import shutil
from pathlib import Path

from mdlc_cli.errors import CommandError
from mdlc_constructs.resources import bundles

STARTER = "starter"


def make(language: str, folder: Path) -> list[str]:
    """Copy the language's starter into a new or empty folder; returns the names of its files.

    Raises:
        CommandError: the folder holds something, or cannot be made.
    """
    if folder.is_file() or (folder.is_dir() and any(folder.iterdir())):
        raise CommandError(f"{folder} is not empty: give a new or empty folder")
    source = bundles.source("containers") / language / STARTER
    try:
        folder.mkdir(parents=True, exist_ok=True)
        names = sorted(path.name for path in source.iterdir() if path.is_file())
        for name in names:
            shutil.copyfile(source / name, folder / name)
    except OSError as error:
        raise CommandError(f"{folder} cannot be made ({error.strerror}): give another folder") from error
    return names
