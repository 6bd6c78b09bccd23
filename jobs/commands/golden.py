"""Golden job: compare a new version's answers to recorded rows with the expected answers.

It reads three files whose lines are in the same order of rows: ``rows.jsonl``, raw rows with their key
columns; ``expected.csv`` with the header ``row_key,expected``; and the transform job's output, JSON objects
with ``score`` and ``version``, or only scores. It writes ``golden/report.json``: the rows whose answers
differ by more than the tolerance, the largest difference first.
"""

import csv
import json
import math
from collections.abc import Iterator, Sequence
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
    expected = _expected(folders.input("expected") / EXPECTED, keys)
    scores, reasons = _scores(plan, folders.input("predictions"))
    reasons += _faults(scores, rows=len(keys), task=plan.dataset.task)
    if reasons:
        return Verdict(passed=False, reasons=tuple(reasons))
    return _compared(folders, keys, expected, scores, tolerance, share)


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


def _expected(path: Path, keys: Sequence[str]) -> list[float]:
    """The expected answers, in the order of the rows."""
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
        answer = _number(cells[1]) if len(cells) == len(_HEADER) else None
        if answer is None:
            raise InputError(
                f"answer {number} of {path.name} is {','.join(cells)!r}: give row key and a finite number."
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


def _scores(plan: Plan, folder: Path) -> tuple[list[float | None], list[str]]:
    """The scores of all output files in the order of their names, and a sentence if a version is wrong."""
    files = sorted(folder.rglob("*.out"))
    if not files:
        raise InputError(f"There are no answers (*.out) under {folder.name}: run the transform job again.")
    scores: list[float | None] = []
    others: list[str] = []
    version = plan.package.version
    for file in files:
        for _, line in _lines(file):
            if line.startswith("{"):
                try:
                    answer = json.loads(line)
                except ValueError:
                    answer = {}
                scores.append(_number(answer.get("score")))
                if answer.get("version") != version:
                    others.append(shown(answer.get("version")))
            else:
                # XGBoost's image separates scores by commas or newlines, depending on its version.
                scores += [_number(cell) for cell in line.split(",")]
    return scores, [f"Answers carry the version {others[0]}, version {version} was asked."] if others else []


def _number(value: Any) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    return number if math.isfinite(number) else None


def _faults(scores: Sequence[float | None], *, rows: int, task: str) -> list[str]:
    """A sentence for each problem of the answers: wrong count, not finite numbers, out of range."""
    numbers = [score for score in scores if score is not None]
    faults = []
    if len(scores) != rows:
        faults.append(f"{len(scores)} scores for {rows} rows.")
    if len(numbers) != len(scores):
        faults.append(f"{len(scores) - len(numbers)} scores are no finite numbers.")
    elif task == "binary" and numbers and (min(numbers) < 0 or max(numbers) > 1):
        faults.append(f"scores run from {min(numbers)} to {max(numbers)}; probabilities lie from 0 to 1.")
    return faults


def _compared(
    folders: Folders,
    keys: Sequence[str],
    expected: Sequence[float],
    scores: Sequence[float | None],
    tolerance: float,
    share: float,
) -> Verdict:
    compared: list[dict[str, Any]] = [
        {"row_key": key, "expected": wanted, "score": score, "distance": abs(score - wanted)}
        for key, wanted, score in zip(keys, expected, scores, strict=True)
        if score is not None
    ]
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
