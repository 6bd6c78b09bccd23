"""Golden job: compare a new version's answers to recorded rows with the expected ones.

The expected answers are a file ``expected.csv`` with the header ``row_key,expected``, one line a row. Writes
``golden/report.json``: every row that is further off than the tolerance, the furthest first.
"""

from pathlib import Path
from typing import Any

import duckdb

from jobs.database import NO_PATH_COLUMNS, connected, literal, parquet, single
from jobs.errors import InputError, PlanError
from jobs.folders import Folders, write_json
from jobs.plan import Plan
from jobs.predictions import answer_to, faults, load_scores
from jobs.records import numbered

MOST_LISTED = 1000


def run(plan: Plan, folders: Folders, memory: str | None = None) -> dict[str, Any]:
    """Do the job; returns the verdict for the exit message.

    :raises JobError: when keys or expected answers are missing or broken, or the plan does not say how near
        is near enough.
    """
    tolerance, share = _bounds(plan)
    with connected(memory) as (connection, _):
        _load_expected(connection, folders.input("expected") / "expected.csv")
        connection.execute("CREATE TEMP TABLE answers (row_key VARCHAR, score DOUBLE)")
        reasons = _load_answers(connection, plan, folders)
        if not reasons:
            reasons = _unmatched(connection)
        if reasons:
            return {"passed": False, "reasons": reasons, "metrics": {}, "rows": 0}
        return _compared(connection, folders, tolerance, share)


def _bounds(plan: Plan) -> tuple[float, float]:
    try:
        return float(plan.golden["tolerance"]), float(plan.golden["share"])
    except (KeyError, TypeError, ValueError):
        raise PlanError(f"golden={dict(plan.golden)!r}: the plan needs its tolerance and share.") from None


def _load_expected(connection: duckdb.DuckDBPyConnection, path: Path) -> None:
    if not path.is_file():
        raise InputError(f"No expected answers at {path.name}: upload them beside the recorded rows.")
    try:
        connection.execute(
            "CREATE TEMP TABLE expected AS SELECT row_key, expected FROM "
            f"read_csv({literal(str(path))}, header = true, auto_detect = false, delim = ',', quote = '\"', "
            f"columns = {{'row_key': 'VARCHAR', 'expected': 'DOUBLE'}}, {NO_PATH_COLUMNS})"
        )
    except duckdb.Error as error:
        raise InputError(f"{path.name} does not hold row_key,expected in each line: {error}") from error
    rows, keys, answers = single(
        connection,
        "SELECT count(*), count(DISTINCT row_key), count(*) FILTER (WHERE isfinite(expected)) FROM expected",
    )
    if not rows:
        raise InputError(f"{path.name} expects nothing: give at least one row.")
    if rows != keys or rows != answers:
        raise InputError(f"{path.name} must hold each row key once and a finite number beside it.")


def _load_answers(connection: duckdb.DuckDBPyConnection, plan: Plan, folders: Folders) -> list[str]:
    """Load the answers of all files by row key; returns what is wrong with them."""
    reasons: list[str] = []
    for file, name in numbered(plan):
        keys = folders.input("keys") / f"{name}.parquet"
        if not keys.is_file():
            raise InputError(f"No keys of {file.name} at {keys.name}: run the prepare job again.")
        rows = int(str(single(connection, f"SELECT count(*) FROM {parquet(keys)}")[0]))
        if rows == 0:
            continue
        try:
            load_scores(connection, answer_to(folders.input("predictions"), f"{name}.csv"), "scores")
        except InputError as error:
            reasons.append(f"{file.name}: {error}")
            continue
        reasons += faults(connection, "scores", rows=rows, task=plan.dataset.task, about=file.name)
        connection.execute(
            f"INSERT INTO answers SELECT keys.row_key, scores.score FROM {parquet(keys)} AS keys "
            "JOIN scores ON scores.row = keys.row"
        )
    return reasons


def _unmatched(connection: duckdb.DuckDBPyConnection) -> list[str]:
    """What is wrong when the recorded rows are not those that answers are expected to."""
    reasons = []
    for what, here, there in (
        ("recorded rows have no expected answer", "answers", "expected"),
        ("expected answers have no recorded row", "expected", "answers"),
    ):
        missing, example = single(
            connection, f"SELECT count(*), min(row_key) FROM {here} ANTI JOIN {there} USING (row_key)"
        )
        if missing:
            reasons.append(f"{missing} {what}, such as {example!r}.")
    return reasons


def _compared(
    connection: duckdb.DuckDBPyConnection, folders: Folders, tolerance: float, share: float
) -> dict[str, Any]:
    connection.execute(
        "CREATE TEMP TABLE compared AS SELECT row_key, expected, score, abs(score - expected) AS distance "
        "FROM expected JOIN answers USING (row_key)"
    )
    rows, near, furthest = single(
        connection,
        f"SELECT count(*), count(*) FILTER (WHERE distance <= {tolerance!r}), max(distance) FROM compared",
    )
    total, within, most = int(str(rows)), int(str(near)), float(str(furthest))
    off = connection.execute(
        f"SELECT row_key, expected, score, distance FROM compared WHERE distance > {tolerance!r} "
        f"ORDER BY distance DESC, row_key LIMIT {MOST_LISTED}"
    ).fetchall()
    names = ("row_key", "expected", "score", "distance")
    found = within / total
    metrics = {"within": round(found, 6), "furthest": round(most, 6)}
    write_json(
        folders.output("golden") / "report.json",
        {
            "rows": total,
            "tolerance": tolerance,
            "share": share,
            **metrics,
            "off": [dict(zip(names, row, strict=True)) for row in off],
        },
    )
    reasons = []
    if found < share:
        reasons.append(
            f"{total - within} of {total} golden answers are further off than {tolerance:g}, "
            f"the furthest by {most:.6g}; at least {share:.2%} must be within."
        )
    return {"passed": not reasons, "reasons": reasons, "metrics": metrics, "rows": total}
