"""Reads a project's settings from ``mdlc.toml``."""

from __future__ import annotations

import math
import re
import tomllib
from pathlib import Path
from typing import Any, Literal

from mdlc_cli.errors import CommandError
from mdlc_cli.places import SETTINGS_FILE

_ACCOUNT = re.compile(r"[0-9]{12}")
_WITH_PATHS = ("train", "serve", "process", "python", "requirements", "prepare")


def local_images(root: Path) -> list[dict[str, Any]]:
    """The ``[[local.images]]`` tables: how a user's own container images run on this machine.

    Each has ``match``, a regular expression for the image's URI, and what to run instead: ``train``,
    ``serve`` or ``process`` (commands as lists), ``python`` or ``requirements`` (a lock file with hashes),
    ``environment``. A word that begins with ``./`` is a path relative to the settings file, so that the file
    works in every clone of a project. The local AWS checks the content of the tables.

    Raises:
        CommandError: the file is not valid TOML, or ``local.images`` is not a list of tables.
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


def repositories(root: Path) -> dict[str, str]:
    """The ``[local.repositories]`` table: the folders of git repositories that pipelines take commits from.

    The keys are the names that a pipeline's source has: ``owner/name`` of a connection, or a name of
    CodeCommit. A relative path is relative to the settings file.

    Raises:
        CommandError: the file is not valid TOML, a value is no path, or a folder is no git repository.
    """
    table = _local(root).get("repositories", {})
    if not isinstance(table, dict) or not all(isinstance(value, str) for value in table.values()):
        raise CommandError(
            f"local.repositories in {root / SETTINGS_FILE} is {table!r}: write names and paths, such as "
            '"owner/name" = "./"'
        )
    folders = {name: (root / value).resolve() for name, value in table.items()}
    for name, folder in folders.items():
        if not (folder / ".git").exists() and not (folder / "HEAD").is_file():
            raise CommandError(
                f"local.repositories in {root / SETTINGS_FILE} names {folder} for {name}, which is no git "
                "repository: correct the path, or run `git init` there"
            )
    return {name: str(folder) for name, folder in folders.items()}


def accounts(root: Path) -> tuple[str, ...]:
    """``accounts`` of the ``[local]`` table: further accounts of the local AWS that stacks are deployed to.

    Raises:
        CommandError: the file is not valid TOML, or a value is no account.
    """
    listed = _local(root).get("accounts", [])
    if not isinstance(listed, list) or not all(
        isinstance(account, str) and _ACCOUNT.fullmatch(account) for account in listed
    ):
        raise CommandError(
            f"local.accounts in {root / SETTINGS_FILE} is {listed!r}: give a list of accounts of twelve "
            'digits, such as ["222222222222"]'
        )
    return tuple(listed)


def time_scale(root: Path) -> float:
    """``time_scale`` of the ``[local]`` table: the factor by which the local AWS shortens waits.

    It divides pure waiting times: a state machine's waits, a rollout's bakes, alarms' periods.

    Raises:
        CommandError: the file is not valid TOML, or the value is not a number above 0.
    """
    scale = _local(root).get("time_scale", 1)
    if isinstance(scale, bool) or not isinstance(scale, int | float) or not 0 < scale < math.inf:
        raise CommandError(
            f"local.time_scale in {root / SETTINGS_FILE} is {scale!r}: give a number above 0, such as 20"
        )
    return float(scale)


def target(root: Path) -> Literal["local", "aws"] | None:
    """``target``: the AWS that the project's commands use by default, or None when it is not set.

    Raises:
        CommandError: the file is not valid TOML, or the value is another word.
    """
    chosen = _content(root).get("target")
    if chosen not in (None, "local", "aws"):
        raise CommandError(f'target in {root / SETTINGS_FILE} is {chosen!r}: write "local" or "aws"')
    named: Literal["local", "aws"] | None = chosen
    return named


def _local(root: Path) -> dict[str, Any]:
    """The ``[local]`` table; empty when there is none."""
    section: dict[str, Any] = _content(root).get("local", {})
    return section


def _content(root: Path) -> dict[str, Any]:
    """The file's content; empty when there is no file."""
    path = root / SETTINGS_FILE
    if not path.is_file():
        return {}
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise CommandError(f"{path} is not valid TOML ({error}): correct it") from error
    except OSError as error:
        raise CommandError(f"{path} cannot be read ({error.strerror}): correct its permissions") from error


def _placed(value: Any, root: Path) -> Any:
    """The value with relative paths made absolute, because a job runs in its own folder."""
    if isinstance(value, list):
        return [_placed(word, root) for word in value]
    return str(root / value) if isinstance(value, str) and value.startswith("./") else value
