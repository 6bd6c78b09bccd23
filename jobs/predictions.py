"""The answers of a transform job: one score for each row, in the order of the input rows."""

import re
from collections.abc import Sequence
from pathlib import Path, PurePosixPath

import duckdb

from jobs.database import NO_PATH_COLUMNS, files, quote, single
from jobs.errors import InputError
from jobs.plan import Plan
from mdlc_constructs.settings.payloads.job_plan import DataFile

SUFFIX = ".out"
_LINE_BYTES = 16_000_000


def answer_to(folder: Path, record_file: str) -> Path:
    """The output file for a file of records, anywhere below the folder.

    Raises:
        InputError: when there is none, or more than one.
    """
    paths = _answers(folder, record_file)
    if len(paths) != 1:
        what = "no answers" if not paths else f"{len(paths)} files of answers"
        raise InputError(
            f"There are {what} to {record_file} under {folder.name}: run the transform job again."
        )
    return paths[0]


def optional_answer_to(folder: Path, record_file: str) -> Path | None:
    """The output file for a file of records, anywhere below the folder; None when there is not just one."""
    paths = _answers(folder, record_file)
    return paths[0] if len(paths) == 1 else None


def _answers(folder: Path, record_file: str) -> list[Path]:
    return [path for path in sorted(folder.rglob(f"*{SUFFIX}")) if path.name == record_file + SUFFIX]


def load_scores(connection: duckdb.DuckDBPyConnection, path: Path, table: str) -> int:
    """Load answers into a table of ``row`` (from 0) and ``score`` (NULL when it is not a number).

    XGBoost's image separates the scores of one request by commas or newlines, depending on its version; both
    are read.

    Returns:
        The number of answers.

    Raises:
        InputError: when the file is not UTF-8 text with one kind of line ends.
    """
    query = f"""
        CREATE OR REPLACE TEMP TABLE {quote(table)} AS
        SELECT row_number() OVER () - 1 AS row, TRY_CAST(answer AS DOUBLE) AS score
        FROM (
            SELECT unnest(string_split(line, ',')) AS answer
            FROM read_csv({files([path])}, auto_detect = false, header = false, delim = '\x1f', quote =
            '',
                escape = '', columns = {{'line': 'VARCHAR'}}, parallel = false, max_line_size = {_LINE_BYTES},
                {NO_PATH_COLUMNS})
            WHERE trim(line) <> ''
        )
        """
    try:
        connection.execute(query)
    except duckdb.InvalidInputException as error:
        raise InputError(
            f"The answers in {path.name} cannot be read: let the model end all lines in one way, and write "
            "UTF-8 text."
        ) from error
    return int(str(single(connection, f"SELECT count(*) FROM {quote(table)}")[0]))


def faults(
    connection: duckdb.DuckDBPyConnection, table: str, *, rows: int, task: str, about: str
) -> Sequence[str]:
    """A sentence for each problem of loaded answers: wrong count, not finite numbers, out of range."""
    answers, numbers, lowest, highest = single(
        connection,
        "SELECT count(*), count(*) FILTER (WHERE isfinite(score)), min(score), max(score) "
        f"FROM {quote(table)}",
    )
    sentences = []
    if answers != rows:
        sentences.append(f"{about}: {answers} scores for {rows} rows.")
    if numbers != answers:
        sentences.append(f"{about}: {int(str(answers)) - int(str(numbers))} scores are no finite numbers.")
    elif task == "binary" and numbers and (float(str(lowest)) < 0 or float(str(highest)) > 1):
        sentences.append(f"{about}: scores run from {lowest} to {highest}; probabilities lie from 0 to 1.")
    return sentences


def numbered_files(plan: Plan) -> list[tuple[DataFile, str]]:
    """Each input file with the base name of its records and keys: a number, and the file's own name.

    The records are in one folder, as transform jobs handle subfolders in a special way; the number makes
    equal file names unique.
    """
    files = sorted(plan.files, key=lambda file: file.name)
    return [(file, f"{number:05d}-{_stem(file.name)}") for number, file in enumerate(files)]


def _stem(name: str) -> str:
    """The file name's readable part, without characters that are special in S3 keys and glob patterns."""
    return re.sub(r"[^A-Za-z0-9_-]+", "-", PurePosixPath(name).name.split(".")[0])[:60]
