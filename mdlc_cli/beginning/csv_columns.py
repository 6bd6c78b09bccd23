"""Reads the head of a CSV file and infers each column's type and role. Pure but for reading the file."""

from __future__ import annotations

import csv
import gzip
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import IO, Any

from mdlc_cli.errors import CommandError
from mdlc_constructs.settings.dataset import Dataset
from mdlc_constructs.settings.payloads.dataset import DELIMITERS
from mdlc_constructs.suggestions import did_you_mean

HEAD_ROWS = 10_000
MAX_CATEGORIES = 100
MAX_NUMBERED_CLASSES, ROWS_OF_CLASS = 10, 10
"""A column of texts with more different values in the head is no category. A label of whole numbers has
classes if there are few, and each has this many rows on average."""

LABEL_NAMES = ("label", "target", "y", "outcome", "class")
_KEY_NAME = re.compile(r"(^|_)(id|key|uuid|number|no)$", re.IGNORECASE)
_POSITIVE = ("1", "1.0", "true", "yes", "y", "t")
_INTEGER = re.compile(r"-?(0|[1-9][0-9]{0,17})")
_ZERO_FIRST = re.compile(r"-?0[0-9]")
"""Such as a postal code, which is no number."""
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")


@dataclass(frozen=True, kw_only=True)
class Head:
    """The first rows of a CSV file: the values of each column, as text."""

    file: str
    delimiter: str
    columns: Mapping[str, Sequence[str]]

    def values(self, column: str) -> list[str]:
        """The values of a column that are not empty."""
        return [value for value in self.columns[column] if value.strip()]


@dataclass(frozen=True, kw_only=True)
class Roles:
    """What a dataset's columns are, as the arguments of `Dataset.csv` name it.

    Attributes:
        classes: of a multiclass task; empty in others.
    """

    label: str
    timestamp: str | None
    key: str | None
    task: str
    positive: str
    columns: Mapping[str, str]
    delimiter: str
    classes: tuple[str, ...] = ()

    @property
    def others(self) -> dict[str, str]:
        """The columns that have no role, and their types."""
        taken = (self.label, self.timestamp, self.key)
        return {name: kind for name, kind in self.columns.items() if name not in taken}

    def dataset(self) -> Dataset:
        """The dataset, which refuses what the library cannot use.

        Raises:
            CommandError: with the dataset's reason.
        """
        try:
            return Dataset.csv(
                "s3://bucket/raw/",
                label=self.label,
                timestamp=self.timestamp,
                row_key=(self.key,) if self.key else (),
                columns=self.columns,
                task=self.task,
                positive=self.positive,
                classes=self.classes,
                delimiter=self.delimiter,
            )
        except ValueError as error:
            raise CommandError(str(error)) from error


def read_head(path: Path) -> Head:
    """The first rows of a CSV file, plain or compressed with gzip.

    Raises:
        CommandError: it is not a CSV file with a header line, rows, and different names of columns.
    """
    try:
        with opened(path) as file:
            lines = list(islice(file, HEAD_ROWS + 1))
    except FileNotFoundError as error:
        raise CommandError(f"{path} does not exist: give the path of a CSV file") from error
    except (OSError, UnicodeDecodeError) as error:
        raise CommandError(f"{path} cannot be read ({error}): give a CSV file in UTF-8") from error
    delimiter = max(DELIMITERS, key=lambda sign: lines[0].count(sign) if lines else 0)
    try:
        header, *rows = csv.reader(lines, delimiter=delimiter) if lines else [[]]
    except csv.Error as error:
        raise CommandError(f"{path} is no CSV file ({error}): give one with a header line") from error
    if len(header) < 2:
        raise CommandError(f"{path} holds no table: give a CSV file with a header line and rows below it")
    repeated = next((name for name, count in Counter(header).items() if count > 1), None)
    if repeated is not None:
        raise CommandError(f"{path} has two columns named {repeated!r}: give each column its own name")
    if len(lines) > HEAD_ROWS:
        # The head may end within a quoted value.
        rows = rows[:-1]
    numbered = [(number, row) for number, row in enumerate(rows, start=2) if not is_blank(row)]
    ragged = next((number for number, row in numbered if len(row) != len(header)), None)
    if ragged is not None:
        raise CommandError(
            f"row {ragged} of {path} has not the {len(header)} values that the header names: mend the file"
        )
    if not numbered:
        raise CommandError(f"{path} holds no table: give a CSV file with a header line and rows below it")
    columns = {name: [row[place] for _, row in numbered] for place, name in enumerate(header)}
    return Head(file=path.name, delimiter=delimiter, columns=columns)


def opened(path: Path) -> IO[str]:
    """A CSV file, plain or compressed with gzip, as text."""
    opener: Any = gzip.open if path.suffix.lower() == ".gz" else open
    file: IO[str] = opener(path, "rt", encoding="utf-8-sig", newline="")
    return file


def is_blank(row: Sequence[str]) -> bool:
    """Whether a row is a blank line, which holds no values and is no fault of a file."""
    return not row or (len(row) == 1 and not row[0].strip())


def guessed_label(head: Head) -> str | None:
    """The column that is named as labels are, or the last one with two values; None for neither."""
    by_name = [name for name in head.columns if name.lower() in LABEL_NAMES]
    binary = [name for name in head.columns if len(set(head.values(name))) == 2]
    return next(iter([*by_name, *reversed(binary)]), None)


def roles(head: Head, *, label: str | None, timestamp: str | None = None, key: str | None = None) -> Roles:
    """What each column is. Roles that are not given are inferred; a time and a key need not be there.

    Raises:
        CommandError: a column does not exist, or no label can be inferred.
    """
    label = _known(head, "--label", label or guessed_label(head), "says what to predict")
    task, positive, label_type, classes = _task(head, label)
    rest = [name for name in head.columns if name != label]
    moments = [name for name in rest if column_type(head.values(name)) == "timestamp"]
    timestamp = timestamp or next(iter(moments), None)
    if timestamp is not None:
        timestamp = _known(head, "--timestamp", timestamp, "holds the time of each row")
    if timestamp is not None and timestamp not in moments:
        raise CommandError(
            f"--timestamp {timestamp}: its values, such as {_no_moment(head, timestamp)}, are no times in "
            "ISO 8601: write them as 2026-05-31 10:00"
        )
    unique = [name for name in rest if name != timestamp and _is_unique(head, name)]
    named = [name for name in unique if _KEY_NAME.search(name)]
    key = key or next(iter([*named, *unique]), None)
    if key is not None:
        key = _known(head, "--key", key, "tells one row from all others")
    types = {name: column_type(head.values(name)) for name in rest}
    return Roles(
        label=label,
        timestamp=timestamp,
        key=key,
        task=task,
        positive=positive,
        columns={name: label_type if name == label else types[name] for name in head.columns}
        | ({key: "text"} if key else {}),
        delimiter=head.delimiter,
        classes=classes,
    )


def column_type(values: Sequence[str]) -> str:
    """The type of a dataset's column with these values, of `Dataset`'s column types."""
    if not values:
        return "text"
    for kind, fits in (
        ("boolean", lambda value: value.lower() in ("true", "false")),
        ("integer", lambda value: _INTEGER.fullmatch(value) is not None),
        ("number", _is_number),
        ("timestamp", _is_moment),
    ):
        if all(fits(value) for value in values):
            return kind
    different = len(set(values))
    return "category" if different <= MAX_CATEGORIES and different * 2 <= len(values) else "text"


def check_features(head: Head, roles: Roles) -> None:
    """Raise an error where no column is left to learn from.

    Raises:
        CommandError: with the first column that is text only because of some values that are no numbers.
    """
    if any(kind not in ("text", "timestamp") for kind in roles.others.values()):
        return
    mixed = mixed_columns(head, roles.others)
    why = "all but the label, the time and the key hold text"
    if mixed:
        name, value = next(iter(mixed.items()))
        why = f"{name!r} holds numbers and {value!r}, so it is text (leave missing values empty)"
    raise CommandError(
        f"{head.file} has no column to learn from: {why}: give one of numbers or of categories"
    )


def mixed_columns(head: Head, names: Iterable[str]) -> dict[str, str]:
    """Columns most of whose values are numbers but not all, each with the first value that is none."""
    mixed: dict[str, str] = {}
    for name in names:
        values = head.values(name)
        others = [value for value in values if not _is_number(value)]
        if others and len(others) * 2 < len(values):
            mixed[name] = others[0]
    return mixed


def _task(head: Head, label: str) -> tuple[str, str, str, tuple[str, ...]]:
    """The task, the value that counts as 1, the column type of a label, and its classes if it has several."""
    written = head.values(label)
    kind = column_type(written)
    whole = kind == "integer" or (kind == "number" and all(float(value).is_integer() for value in written))
    # Many programs write whole numbers beside missing values as 1.0, which is the same value as 1.
    read = {str(int(float(value))) for value in written} if whole else set(written)
    values = Counter(written if len(read) == len(set(written)) else (str(int(float(v))) for v in written))
    if len(values) < 2:
        raise _unusable(head, label, "one value only" if values else "no value")
    if len(values) == 2:
        rarest_first = sorted(values, key=lambda value: (values[value], value))
        positive = next((value for value in values if value.lower() in _POSITIVE), rarest_first[0])
        return "binary", positive, "category" if kind == "text" else kind, ()
    repeated = sum(values.values()) >= len(values) * ROWS_OF_CLASS
    if whole and len(values) <= MAX_NUMBERED_CLASSES and repeated:
        return "multiclass", "1", kind, tuple(sorted(read, key=int))
    if kind in ("number", "integer"):
        return "regression", "1", kind, ()
    mixed = mixed_columns(head, [label])
    if mixed:
        raise CommandError(
            f"{head.file}: {label!r} holds numbers and {mixed[label]!r}: leave missing values empty"
        )
    if kind == "category":
        return "multiclass", "1", kind, tuple(sorted(values))
    raise _unusable(head, label, f"{len(values)} values that are no numbers")


def _unusable(head: Head, label: str, what: str) -> CommandError:
    return CommandError(
        f"{head.file}: {label!r} has {what}: predict a column with two values, with a few that repeat, or "
        "one of numbers"
    )


def _known(head: Head, option: str, name: str | None, what: str) -> str:
    if name is None:
        raise CommandError(f"no column of {head.file} {what}: add one to the file, or name it with {option}")
    if name not in head.columns:
        near = did_you_mean(name, head.columns) or f"choose one of {', '.join(head.columns)}"
        raise CommandError(f"{head.file} has no column {name!r} ({option}): {near.rstrip('?')}")
    return name


def _is_unique(head: Head, name: str) -> bool:
    values = head.columns[name]
    whole = column_type(head.values(name)) in ("text", "integer")
    return whole and all(values) and len(set(values)) == len(values)


def _no_moment(head: Head, name: str) -> str:
    return repr(next((value for value in head.values(name) if not _is_moment(value)), ""))


def _is_number(value: str) -> bool:
    try:
        float(value)
    except ValueError:
        return False
    return "_" not in value and not _ZERO_FIRST.match(value)


def _is_moment(value: str) -> bool:
    if not _DATE.match(value):
        return False
    try:
        datetime.fromisoformat(value)
    except ValueError:
        return False
    return True
