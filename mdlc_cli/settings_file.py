"""What a project may write into ``mdlc.toml``."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

from mdlc_cli.errors import CommandError
from mdlc_cli.places import SETTINGS_FILE


def local_images(root: Path) -> list[dict[str, Any]]:
    """The ``[[local.images]]`` tables: how a container image of one's own runs on this machine.

    Each has ``match``, a regular expression on the image's URI, and what runs in its place: ``train``,
    ``serve`` or ``process`` (commands as lists), ``python``, ``environment``. The local AWS says what it
    does not understand.

    Raises:
        CommandError: the file is no TOML, or ``local.images`` is no list of tables.
    """
    path = root / SETTINGS_FILE
    if not path.is_file():
        return []
    try:
        content = tomllib.loads(path.read_text())
    except tomllib.TOMLDecodeError as error:
        raise CommandError(f"{path} is not valid TOML ({error}): correct it") from error
    images = content.get("local", {}).get("images", [])
    if not (isinstance(images, list) and all(isinstance(image, dict) for image in images)):
        raise CommandError(
            f"local.images in {path} is {images!r}: write each image as a [[local.images]] table"
        )
    return images
