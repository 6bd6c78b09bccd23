"""The answers of a transform job: one for each row, in the order of the input rows."""

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory

import duckdb

from jobs.answers import AnswerShape
from jobs.database import NO_PATH_COLUMNS, files, quote, single
from jobs.errors import InputError
from jobs.folders import scratch
from jobs.forecasts.answers import quantile_faults, quantiles_query
from jobs.named_answers import has_names, write_bare
from jobs.plan import Plan
from mdlc_constructs.settings.payloads.job_plan import DataFile
from mdlc_constructs.settings.payloads.records import SUFFIXES

SUFFIX = ".out"
_LINE_BYTES = 16_000_000
_SHOWN = 5


def answer_to(folder: Path, record_file: str) -> Path:
    """The output file for a file of records, anywhere below the folder.

    Args:
        record_file: the file's name without its ending, which depends on the format of the records.

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
    names = {f"{record_file}{ending}{SUFFIX}" for ending in SUFFIXES.values()}
    return [path for path in sorted(folder.rglob(f"*{SUFFIX}")) if path.name in names]


def load_answers(connection: duckdb.DuckDBPyConnection, path: Path, table: str, shape: AnswerShape) -> int:
    """Load answers into a table of ``row`` (from 0), ``score`` and ``answer``, and of a forecast ``fault``.

    ``score`` is NULL when it is not a number. ``answer`` is a list of the numbers of the row, or NULL when
    the task has one number.

    XGBoost's image separates the scores of one request by commas or newlines, depending on its version, and
    writes several numbers of a row as a JSON list in a transform job and with commas otherwise. Other
    algorithms answer JSON. So numbers without names are read in the order of the file, whatever is between
    them, and numbers with names by name (`jobs.named_answers`).

    Returns:
        The number of answers.

    Raises:
        InputError: when the file is not UTF-8 text with one kind of line ends, or numbers have names or
            levels that the task does not ask for.
    """
    forecast = shape.task == "forecast"
    with _bare(path, shape) as bare:
        query = quantiles_query(_lines(path), shape) if forecast else _query(bare, shape)
        try:
            connection.execute(f"CREATE OR REPLACE TEMP TABLE {quote(table)} AS {query}")
            if shape.several and not forecast:
                _regroup(connection, table, shape)
        except duckdb.InvalidInputException as error:
            raise InputError(
                f"The answers in {path.name} cannot be read: let the model end all lines in one way, and "
                "write UTF-8 text."
            ) from error
    return int(str(single(connection, f"SELECT count(*) FROM {quote(table)}")[0]))


@contextmanager
def _bare(path: Path, shape: AnswerShape) -> Iterator[Path]:
    """The file of answers, or a temporary one with its numbers without their names."""
    if shape.task == "forecast" or not has_names(path):
        yield path
        return
    with TemporaryDirectory(prefix="mdlc-answers-", dir=scratch()) as folder:
        target = Path(folder) / "answers.csv"
        write_bare(path, target, shape)
        yield target


def shape_in(connection: duckdb.DuckDBPyConnection, path: Path, shape: AnswerShape) -> AnswerShape:
    """The shape with as many numbers as the first answer has, if the task does not say how many."""
    if shape.task != "embedding":
        return shape
    with _bare(path, shape) as bare:
        line = connection.execute(f"SELECT line FROM ({_lines(bare)}) LIMIT 1").fetchone()
    return shape.sized(str(line[0]).count(",") + 1 if line else 1)


def _lines(path: Path) -> str:
    return (
        f"SELECT line FROM read_csv({files([path])}, auto_detect = false, header = false, delim = '\x1f', "
        f"quote = '', escape = '', columns = {{'line': 'VARCHAR'}}, parallel = false, "
        f"max_line_size = {_LINE_BYTES}, {NO_PATH_COLUMNS}) WHERE trim(line) <> ''"
    )


def _query(path: Path, shape: AnswerShape) -> str:
    return _several(path, shape) if shape.several else _single(path)


def _several(path: Path, shape: AnswerShape) -> str:
    """The numbers of each line, in whatever brackets they are."""
    bare = "regexp_replace(line, '[][{}\"]', '', 'g')"
    numbers = f"list_transform(string_split({bare}, ','), lambda number: TRY_CAST(number AS DOUBLE))"
    return (
        f"SELECT row_number() OVER () - 1 AS row, {shape.score('answer')} AS score, answer "
        f"FROM (SELECT {numbers} AS answer FROM ({_lines(path)}))"
    )


def _single(path: Path) -> str:
    return (
        "SELECT row_number() OVER () - 1 AS row, TRY_CAST(answer AS DOUBLE) AS score, "
        "NULL::DOUBLE[] AS answer "
        f"FROM (SELECT unnest(string_split(line, ',')) AS answer FROM ({_lines(path)}))"
    )


def _regroup(connection: duckdb.DuckDBPyConnection, table: str, shape: AnswerShape) -> None:
    """Divide the numbers into rows when the lines do not."""
    count, name = len(shape.names), quote(table)
    (uneven,) = single(connection, f"SELECT count(*) FROM {name} WHERE len(answer) <> {count}")
    if not uneven:
        return
    numbered = (
        f"SELECT number, row_number() OVER (ORDER BY row, place) - 1 AS place FROM (SELECT row, "
        f"unnest(answer) AS number, unnest(range(len(answer))) AS place FROM {name})"
    )
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE {name} AS SELECT row, {shape.score('answer')} AS score, answer FROM ("
        f"SELECT place // {count} AS row, list(number ORDER BY place) AS answer FROM ({numbered}) GROUP BY 1)"
    )


def faults(
    connection: duckdb.DuckDBPyConnection, table: str, *, rows: int, shape: AnswerShape, about: str
) -> Sequence[str]:
    """A sentence for each problem of loaded answers: wrong count, not finite numbers, out of range."""
    if shape.task == "forecast":
        return quantile_faults(connection, table, rows=rows, shape=shape, about=about)
    if shape.several:
        return _faults_of_several(connection, table, rows=rows, shape=shape, about=about)
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
    elif shape.bounded and numbers and (float(str(lowest)) < 0 or float(str(highest)) > 1):
        sentences.append(f"{about}: scores run from {lowest} to {highest}; probabilities lie from 0 to 1.")
    return sentences


def _faults_of_several(
    connection: duckdb.DuckDBPyConnection, table: str, *, rows: int, shape: AnswerShape, about: str
) -> Sequence[str]:
    complete, in_bounds = shape.complete("answer"), shape.in_bounds("answer")
    numbers, answers, incomplete, wrong = (
        int(str(count))
        for count in single(
            connection,
            f"SELECT coalesce(sum(len(answer)), 0)::BIGINT, count(*), count(*) FILTER (NOT {complete}), "
            f"count(*) FILTER ({complete} AND NOT ({in_bounds})) FROM {quote(table)}",
        )
    )
    count = len(shape.names)
    if numbers != rows * count:
        listed = ", ".join(map(repr, shape.names[:_SHOWN])) + (", ..." if count > _SHOWN else "")
        return [
            f"{about}: {numbers} numbers for {rows} rows; a row's answer has {count}, one for each of "
            f"{listed}."
        ]
    sentences = []
    if incomplete:
        sentences.append(f"{about}: {incomplete} of {answers} answers hold what is no finite number.")
    if wrong:
        sentences.append(f"{about}: {wrong} of {answers} answers are {shape.out_of_bounds}.")
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
