"""Golden job: compare a new version's answers to recorded rows with the expected answers.

It reads three files whose lines are in the same order of rows: ``rows.jsonl``, raw rows with their key
columns; ``expected.csv`` with the header ``row_key,expected``; and the transform job's output, JSON objects
with ``score`` and ``version``, or only scores. It writes ``golden/report.json``: the rows whose answers
differ by more than the tolerance, the largest difference first.
"""

import csv
import json
import math
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from jobs.database import connect, quote
from jobs.errors import InputError
from jobs.folders import Folders, write_json
from jobs.plan import Plan
from jobs.roles import row_key
from jobs.serving.program import shown
from jobs.serving.values import canonical, read
from jobs.values import SQL_TYPES
from jobs.verification import verify
from mdlc_constructs.settings.payloads.dataset import DatasetSection
from mdlc_constructs.settings.payloads.verdict import Verdict

MAX_LISTED = 1000
ROWS, EXPECTED = "rows.jsonl", "expected.csv"

_HEADER = ["row_key", "expected"]
_ROWS_AT_ONCE = 500


def run(plan: Plan, folders: Folders, memory: str | None = None) -> Verdict:
    """Run the job; returns the verdict for the exit message.

    Raises:
        JobError: when rows or expected answers are missing or invalid or do not match each other, or when
            the plan has no tolerance.
    """
    plan = plan.read_by("golden")
    tolerance, share = plan.golden.tolerance, plan.golden.share
    verify(plan.files, folders.input("rows"))
    keys = _keys(plan.dataset, folders.input("rows") / ROWS, memory)
    expected = _expected(folders.input("expected") / EXPECTED, keys, plan.dataset.classes or ())
    answers, reasons = _answers(plan, folders.input("predictions"))
    reasons += _faults(answers, rows=len(keys), task=plan.dataset.task)
    if reasons:
        return Verdict(passed=False, reasons=tuple(reasons))
    compared = [
        _compared_row(key, wanted, answer, plan.dataset.classes or ())
        for key, wanted, answer in zip(keys, expected, answers, strict=True)
    ]
    return _verdict(folders, compared, tolerance, share)


def _lines(path: Path) -> Iterator[tuple[int, str]]:
    """The non-blank lines with their numbers; a transform job skips blank lines too."""
    # Not splitlines: a JSON string may contain Unicode line separators.
    for number, line in enumerate(path.read_text(encoding="utf-8").split("\n"), start=1):
        if line.strip():
            yield number, line.strip()


def _keys(dataset: DatasetSection, path: Path, memory: str | None) -> list[str]:
    """The rows' keys in order, in the format that every job uses (`jobs.roles.row_key`).

    Rows without ids are numbered from 1.
    """
    if not path.is_file():
        raise InputError(f"No recorded rows at {path.name}: upload them as JSON objects, one a line.")
    parts = [_key_columns(dataset, number, line) for number, line in _lines(path)]
    if not parts:
        raise InputError(f"{path.name} asks nothing: give at least one row.")
    if not dataset.row_key:
        return [str(place) for place in range(1, len(parts) + 1)]
    columns = ", ".join(f"{quote(name)} {SQL_TYPES[dataset.columns[name]]}" for name in dataset.row_key)
    keys: list[str] = []
    with connect(memory) as (connection, _):
        for start in range(0, len(parts), _ROWS_AT_ONCE):
            some = [(number, *values) for number, values in enumerate(parts[start : start + _ROWS_AT_ONCE])]
            connection.execute(f"CREATE OR REPLACE TEMP TABLE rows (line BIGINT, {columns})")
            places = ", ".join(f"({', '.join('?' * len(row))})" for row in some)
            connection.execute(f"INSERT INTO rows VALUES {places}", [value for row in some for value in row])
            fetched = connection.execute(f"SELECT {row_key(dataset)} FROM rows ORDER BY line").fetchall()
            keys += [str(key) for (key,) in fetched]
    return keys


def _key_columns(dataset: DatasetSection, number: int, line: str) -> list[Any]:
    about = f"line {number} of {ROWS}"
    try:
        row = json.loads(line)
    except (ValueError, RecursionError):
        row = None
    if not isinstance(row, dict):
        raise InputError(f"{about}: {shown(line)} is no JSON object: name each value's column.")
    values = []
    for name in dataset.row_key:
        try:
            value = read(row.get(name), dataset.columns[name], empty_is_missing=dataset.format == "csv")
        except ValueError as error:
            raise InputError(f"{about}, column {name!r}: {shown(row.get(name))} is {error}.") from None
        if value is None:
            raise InputError(f"{about} has no {name!r}: a golden row needs its key.")
        values.append(value)
    return values


def _expected(path: Path, keys: Sequence[str], classes: Sequence[str]) -> list[float]:
    """The expected answers, in the order of the rows: numbers, or the numbers of the expected classes."""
    if not path.is_file():
        raise InputError(f"No expected answers at {path.name}: upload them beside the recorded rows.")
    with path.open(newline="", encoding="utf-8-sig") as stream:
        try:
            header, *lines = [cells for cells in csv.reader(stream, strict=True) if cells] or [[]]
        except (csv.Error, UnicodeDecodeError) as error:
            raise InputError(f"{path.name} cannot be read as CSV ({error}): write it anew.") from error
    if header != _HEADER:
        raise InputError(f"{path.name} begins with {','.join(header)!r}: its header is row_key,expected.")
    if len(lines) != len(keys):
        raise InputError(
            f"{path.name} expects {len(lines)} answers and {ROWS} asks {len(keys)} rows: "
            "write one line for each row, in the same order."
        )
    answers = []
    for number, (cells, key) in enumerate(zip(lines, keys, strict=True), start=1):
        whole = len(cells) == len(_HEADER)
        answer = (_class_number(cells[1], classes) if classes else _number(cells[1])) if whole else None
        if answer is None:
            wanted = f"one of the classes {', '.join(classes)}" if classes else "a finite number"
            raise InputError(
                f"answer {number} of {path.name} is {','.join(cells)!r}: give row key and {wanted}."
            )
        if not _is_key(cells[0], key):
            raise InputError(
                f"answer {number} of {path.name} is that of row {cells[0]!r}, row {number} of {ROWS} is "
                f"{key!r}: write both in the same order."
            )
        answers.append(answer)
    return answers


def _is_key(text: str, key: str) -> bool:
    """Whether a text is a row's key, regardless of how its numbers are formatted (``2`` or ``2.0``)."""
    if canonical(text) == key:
        return True
    try:
        members, wanted = json.loads(text), json.loads(key)
    except (ValueError, RecursionError):
        return False
    if not isinstance(members, dict) or not isinstance(wanted, dict):
        return False
    return {name: canonical(str(value)) for name, value in members.items()} == wanted


def _class_number(text: str, classes: Sequence[str]) -> float | None:
    names = [canonical(name) for name in classes]
    return float(names.index(canonical(text))) if canonical(text) in names else None


Answer = tuple[float, ...] | None
"""The numbers of an answer: one, or one for each class; None when one of them is missing or no number."""


def _answers(plan: Plan, folder: Path) -> tuple[list[Answer], list[str]]:
    """The answers of all output files in the order of their names, and a sentence if a version is wrong."""
    files = sorted(folder.rglob("*.out"))
    if not files:
        raise InputError(f"There are no answers (*.out) under {folder.name}: run the transform job again.")
    classes, version = plan.dataset.classes or (), plan.package.version
    answers: list[Answer] = []
    cells: list[float | None] = []
    others: list[str] = []
    for file in files:
        for _, line in _lines(file):
            if line.startswith("{"):
                try:
                    document = json.loads(line)
                except ValueError:
                    document = {}
                answers.append(_named(document, classes))
                if document.get("version") != version:
                    others.append(shown(document.get("version")))
            else:
                # XGBoost's image separates numbers by commas or newlines, and may write them in brackets.
                cells += [_number(cell.strip(" []")) for cell in line.split(",")]
    each = len(classes) or 1
    for start in range(0, len(cells), each):
        part = cells[start : start + each]
        numbers = tuple(number for number in part if number is not None)
        answers.append(numbers if len(numbers) == each else None)
    return answers, [f"Answers carry the version {others[0]}, version {version} was asked."] if others else []


def _named(document: Mapping[str, Any], classes: Sequence[str]) -> Answer:
    """The numbers of a stamped answer, in the order of the classes if there are any."""
    if not classes:
        number = _number(document.get("score"))
        return None if number is None else (number,)
    probabilities = document.get("probabilities")
    if not isinstance(probabilities, Mapping) or len(probabilities) != len(classes):
        return None
    numbers = [_number(probabilities.get(name)) for name in classes]
    known = tuple(number for number in numbers if number is not None)
    return known if len(known) == len(classes) else None


def _number(value: Any) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    return number if math.isfinite(number) else None


def _faults(answers: Sequence[Answer], *, rows: int, task: str) -> list[str]:
    """A sentence for each problem of the answers: wrong count, not finite numbers, out of range."""
    what = "answers" if task == "multiclass" else "scores"
    numbers = [number for answer in answers if answer is not None for number in answer]
    unread = sum(answer is None for answer in answers)
    faults = []
    if len(answers) != rows:
        faults.append(f"{len(answers)} {what} for {rows} rows.")
    if unread:
        are = "hold no probability of each class" if task == "multiclass" else "are no finite numbers"
        faults.append(f"{unread} {what} {are}.")
    elif task in ("binary", "multiclass") and numbers and (min(numbers) < 0 or max(numbers) > 1):
        faults.append(f"{what} run from {min(numbers)} to {max(numbers)}; probabilities lie from 0 to 1.")
    return faults


def _compared_row(key: str, wanted: float, answer: Answer, classes: Sequence[str]) -> dict[str, Any]:
    """A row of the report. The distance from a class is how much more probable the predicted one is."""
    numbers = answer or (math.nan,)
    if not classes:
        return {
            "row_key": key,
            "expected": wanted,
            "score": numbers[0],
            "distance": abs(numbers[0] - wanted),
        }
    score, place = max(numbers), int(wanted)
    return {
        "row_key": key,
        "expected": classes[place],
        "prediction": classes[numbers.index(score)],
        "score": score,
        "distance": score - numbers[place],
    }


def _verdict(folders: Folders, compared: list[dict[str, Any]], tolerance: float, share: float) -> Verdict:
    compared.sort(key=lambda row: (-row["distance"], row["row_key"]))
    off = [row for row in compared if row["distance"] > tolerance]
    total, furthest = len(compared), compared[0]["distance"]
    within = (total - len(off)) / total
    metrics = {"within": round(within, 6), "furthest": round(furthest, 6)}
    write_json(
        folders.output("golden") / "report.json",
        {"rows": total, "tolerance": tolerance, "share": share, **metrics, "off": off[:MAX_LISTED]},
    )
    reasons = []
    if within < share:
        reasons.append(
            f"{len(off)} of {total} golden answers are further off than {tolerance:g}, "
            f"the furthest by {furthest:.6g}; at least {share:.2%} must be within."
        )
    return Verdict(passed=not reasons, reasons=tuple(reasons), metrics=metrics, rows=total)
