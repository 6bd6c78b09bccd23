"""What a project may write into ``mdlc.toml``."""

from __future__ import annotations

import math
import tomllib
from pathlib import Path
from typing import Any, Literal

from mdlc_cli.errors import CommandError
from mdlc_cli.places import SETTINGS_FILE

_WITH_PATHS = ("train", "serve", "process", "python")


def local_images(root: Path) -> list[dict[str, Any]]:
    """The ``[[local.images]]`` tables: how a container image of one's own runs on this machine.

    Each has ``match``, a regular expression on the image's URI, and what runs in its place: ``train``,
    ``serve`` or ``process`` (commands as lists), ``python``, ``environment``. A word that begins with ``./``
    is a path from the settings file's folder, so that the file serves every clone of a project. The local AWS
    says what it does not understand.

    Raises:
        CommandError: the file is no TOML, or ``local.images`` is no list of tables.
    """
    images = _local(root).get("images", [])
    if not (isinstance(images, list) and all(isinstance(image, dict) for image in images)):
        raise CommandError(
            f"local.images in {root / SETTINGS_FILE} is {images!r}: "
            "write each image as a [[local.images]] table"
        )
    return [
        {key: _placed(value, root) if key in _WITH_PATHS else value for key, value in image.items()}
        for image in images
    ]


def time_scale(root: Path) -> float:
    """``time_scale`` of the ``[local]`` table: how many times faster than AWS the local AWS waits.

    It divides what nothing but waiting is: a state machine's waits, a rollout's bakes, alarms' periods.

    Raises:
        CommandError: the file is no TOML, or the value is no number above 0.
    """
    scale = _local(root).get("time_scale", 1)
    if isinstance(scale, bool) or not isinstance(scale, int | float) or not 0 < scale < math.inf:
        raise CommandError(
            f"local.time_scale in {root / SETTINGS_FILE} is {scale!r}: give a number above 0, such as 20"
        )
    return float(scale)


def target(root: Path) -> Literal["local", "aws"] | None:
    """``target``: the AWS that the project's commands talk to unless they are told another; None without it.

    Raises:
        CommandError: the file is no TOML, or the value is another word.
    """
    chosen = _content(root).get("target")
    if chosen not in (None, "local", "aws"):
        raise CommandError(f'target in {root / SETTINGS_FILE} is {chosen!r}: write "local" or "aws"')
    named: Literal["local", "aws"] | None = chosen
    return named


def _local(root: Path) -> dict[str, Any]:
    """The ``[local]`` table; empty without one."""
    section: dict[str, Any] = _content(root).get("local", {})
    return section


def _content(root: Path) -> dict[str, Any]:
    """The whole file; empty without one."""
    path = root / SETTINGS_FILE
    if not path.is_file():
        return {}
    try:
        return tomllib.loads(path.read_text())
    except tomllib.TOMLDecodeError as error:
        raise CommandError(f"{path} is not valid TOML ({error}): correct it") from error


def _placed(value: Any, root: Path) -> Any:
    """The value with paths from the project's folder made absolute: a job runs in a folder of its own."""
    if isinstance(value, list):
        return [_placed(word, root) for word in value]
    return str(root / value) if isinstance(value, str) and value.startswith("./") else value
