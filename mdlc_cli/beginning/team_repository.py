"""Makes a team's repository from the template that the package carries, with copier."""

from __future__ import annotations

import csv
import re
import shutil
from collections.abc import Iterable, Mapping, Sequence
from importlib.metadata import version
from itertools import islice
from pathlib import Path
from typing import Any

import yaml

from mdlc_cli import places
from mdlc_cli.beginning import csv_columns, sample_data
from mdlc_cli.beginning.csv_columns import Roles
from mdlc_cli.errors import CommandError
from mdlc_constructs.settings.model_name import check_model_name

ANSWERS_FILE = ".copier-answers.yml"
DATA_FOLDER = "data"
STACK_FILE = "model_team.py"
"""The stack, which is copied as it is: the same file is a reference stack of the library."""

MAX_COPIED_BYTES = 5_000_000
SAMPLE_ROWS = 5000
"""About how many rows of a larger file are copied, evenly over all of them."""

_MAY_STAND = {".git", ".venv", "venv", ".mdlc", ".idea", ".vscode", ".python-version", ".DS_Store", "wheels"}
"""What a folder may hold that is still as good as empty."""


def check_name(name: str) -> str:
    """The name of a model, if one may be called so.

    Raises:
        CommandError: with the rule.
    """
    try:
        check_model_name(name)
    except ValueError as error:
        raise CommandError(str(error)) from error
    return name


def name_of(folder: Path) -> str:
    """A model's name from a folder's; it may still be refused by `check_name`."""
    return re.sub(r"[^a-z0-9]+", "-", folder.resolve().name.lower()).strip("-")


def check_empty(folder: Path) -> None:
    """Raise an error for a folder that holds anything but an environment or an editor's files.

    Raises:
        CommandError: it is a file, or files stand in it.
    """
    if folder.exists() and not folder.is_dir():
        raise CommandError(f"{folder} is a file: name a folder that does not exist yet")
    standing = sorted(path.name for path in folder.iterdir()) if folder.exists() else []
    if ANSWERS_FILE in standing:
        raise CommandError(
            f"{folder} was made by `mdlc init` already: change its files, or take a newer template with "
            "`mdlc init --update`"
        )
    holding = [name for name in standing if name not in _MAY_STAND]
    if holding:
        raise CommandError(
            f"{folder} holds {holding[0]}{' and more' if holding[1:] else ''}: name a new or an empty "
            "folder, such as `mdlc init churn`"
        )


def make(folder: Path, *, name: str, roles: Roles, data: Path | None) -> Path:
    """Make the repository.

    Args:
        folder: where; made if missing.
        name: the model's name.
        roles: what the columns of the data are.
        data: the CSV file whose rows stand in the repository's data folder; None for the sample.

    Returns:
        The data file in the repository.
    """
    file_name = copied_name(data) if data else sample_data.FILE_NAME
    answers = {
        "name": name,
        "label": roles.label,
        "timestamp": roles.timestamp or "",
        "key": roles.key or "",
        "task": roles.task,
        "positive": roles.positive,
        "classes": list(roles.classes),
        "columns": dict(roles.columns),
        "delimiter": roles.delimiter,
        "data_file": file_name,
        "sample": data is None,
        "mdlc_version": version("mdlc-constructs"),
    }
    _render(folder, answers)
    target = folder / DATA_FOLDER / file_name
    target.parent.mkdir(exist_ok=True)
    if data is None:
        sample_data.write(target)
        sample_data.write_next_month(target.with_name(sample_data.NEXT_MONTH))
    else:
        _copy_rows(data, target, roles.delimiter)
    return target


def copied_name(data: Path) -> str:
    """The name of a CSV file's copy: workflows read it, the tests find it, and a shell takes it unquoted."""
    name = re.sub(r"\.gz$", "", data.name, flags=re.IGNORECASE)
    stem = re.sub(r"\.(csv|tsv|txt)$", "", name, flags=re.IGNORECASE)
    return (re.sub(r"[^\w.-]+", "_", stem).strip("_.-") or "data") + ".csv"


def update(folder: Path) -> list[str]:
    """Render the template anew with the answers that made the repository; files of the team stay.

    Returns:
        The files that changed.

    Raises:
        CommandError: the folder was not made by `mdlc init`, or its answers cannot be read.
    """
    path = folder / ANSWERS_FILE
    if not path.is_file():
        raise CommandError(f"{folder} holds no {ANSWERS_FILE}: only what `mdlc init` made can be updated")
    try:
        answers = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise CommandError(f"{path} cannot be read ({error}): restore it from git") from error
    if not isinstance(answers, dict) or "name" not in answers:
        raise CommandError(f"{path} holds no answers: restore it from git")
    before = _contents(folder)
    _render(folder, {**answers, "mdlc_version": version("mdlc-constructs")})
    after = _contents(folder)
    return sorted(name for name, content in after.items() if before.get(name) != content)


def _contents(folder: Path) -> dict[str, bytes]:
    """The files that the template has, by their names in the repository."""
    template = places.template_source() / "project"
    names = (
        path.relative_to(template).as_posix().removesuffix(".jinja") for path in template.rglob("*.jinja")
    )
    return {name: (folder / name).read_bytes() for name in (*names, STACK_FILE) if (folder / name).is_file()}


def _render(folder: Path, answers: Mapping[str, Any]) -> None:
    # Imported here because importing copier takes half a second, which other commands need not wait for.
    from copier import run_copy
    from copier.errors import CopierError

    try:
        folder.mkdir(parents=True, exist_ok=True)
        run_copy(
            str(places.template_source()),
            folder,
            data=dict(answers),
            defaults=True,
            overwrite=True,
            quiet=True,
        )
        shutil.copyfile(places.team_stack_source(), folder / STACK_FILE)
    except CopierError as error:
        raise CommandError(f"the template cannot be rendered ({error}): reinstall mdlc-constructs") from error
    except OSError as error:
        raise CommandError(f"{folder} cannot be written ({error}): name another folder") from error


def _copy_rows(source: Path, target: Path, delimiter: str) -> None:
    """Copy a CSV file; of a large one, about `SAMPLE_ROWS` rows."""
    with csv_columns.opened(source) as counted:
        total = 0 if source.stat().st_size <= MAX_COPIED_BYTES else sum(1 for _ in counted)
    with (
        csv_columns.opened(source) as lines,
        target.open("w", encoding="utf-8", newline="") as copy,
    ):
        reader = csv.reader(lines, delimiter=delimiter)
        writer = csv.writer(copy, delimiter=delimiter, lineterminator="\n")
        writer.writerow(next(reader))
        rows = (row for row in reader if not csv_columns.is_blank(row))
        writer.writerows(_thinned(rows, total=total, wanted=SAMPLE_ROWS))


def _thinned(rows: Iterable[Sequence[str]], *, total: int, wanted: int) -> Iterable[Sequence[str]]:
    """About ``wanted`` rows of ``total``, evenly over all of them, so that their times stay spread."""
    step = max(1, total // wanted)
    return islice(rows, 0, None, step)
