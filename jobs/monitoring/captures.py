"""An endpoint's data capture files as typed rows: one for each row of a request, with its answer.

Lines, bodies, rows and answers that cannot be read are marked with a fault and counted. One client's mistake
or a truncated file does not keep the other rows from being evaluated. Values are read as the endpoint reads
them (`jobs.serving.values`).
"""

from collections.abc import Mapping, Sequence
from pathlib import Path

import duckdb

from jobs.answers import AnswerShape
from jobs.database import NO_PATH_COLUMNS, file_name, files, literal
from jobs.errors import InputError
from jobs.names import (
    ANSWER,
    FAULT,
    INFERENCE_ID,
    LINE,
    ONCE,
    PLACE,
    PROBLEMS,
    SCORE,
    SERVED_AT,
    VERSION,
    at_place,
)
from jobs.roles import moment, pointer
from jobs.values import checked_value, parsed_value
from mdlc_constructs.settings.payloads.moments import Interval

PROBE_PREFIX = "probe-"
"""Prefix of the inference ids of a release's own requests (`lambdas.functions.probe_answers`)."""

_BETWEEN, _WITHIN = "chr(30)", "chr(31)"  # separators of a row's notes and their parts, as in `jobs.reading`
_TOO_LONG = "maximum_object_size"
_BLANKS = "chr(9) || chr(13) || ' '"
_SIDE = 'STRUCT("data" VARCHAR, "encoding" VARCHAR)'
_COLUMNS = (
    f"{{captureData: 'STRUCT(endpointInput {_SIDE}, endpointOutput {_SIDE})', "
    "eventMetadata: 'STRUCT(eventId VARCHAR, inferenceId VARCHAR, inferenceTime VARCHAR)'}"
)
_NUMERAL = "'DOUBLE', 'BIGINT', 'UBIGINT', 'HUGEINT'"


def stage_captures(
    connection: duckdb.DuckDBPyConnection,
    folder: Path,
    names: Sequence[str],
    columns: Mapping[str, str],
    target: Path,
    *,
    window: Interval,
    version: int,
    shape: AnswerShape,
    empty_is_missing: bool,
) -> list[str]:
    """Read capture files into one Parquet file of the columns of `jobs.monitoring.rows`, faults included.

    Args:
        columns: the columns to read from each request, with declared types.
        window: the window of ``inferenceTime``; other events get the fault ``outside``.
        version: the version that an answer without a version counts as.
        empty_is_missing: whether an empty text is a missing value.

    Returns:
        Notes: a sentence for each file that is left out.

    Raises:
        InputError: when a file that the plan names does not exist.
    """
    missing = [name for name in names if not (folder / name).is_file()]
    if missing:
        raise InputError(
            f"Capture file {missing[0]} was planned but is not there: it was removed after planning; start "
            "again."
        )
    notes: list[str] = []
    left = list(names)
    connection.execute("SET preserve_insertion_order = false")
    while True:
        query = _rows(_events(folder, left, window), columns, version, shape, empty_is_missing)
        try:
            connection.execute(
                f"COPY ({query}) TO {literal(str(target))} (FORMAT parquet, ROW_GROUP_SIZE 20480)"
            )
            break
        except duckdb.InvalidInputException as error:
            # Such a line would need more memory than the job has.
            text = str(error)
            long = next((n for n in left if _TOO_LONG in text and file_name(folder / n) in text), None)
            if long is None:
                raise
            left.remove(long)
            notes.append(f"Capture file {long} has a line of more than 32 MB and is left out.")
    connection.execute("SET preserve_insertion_order = true")
    return notes


def _lines(folder: Path, names: Sequence[str]) -> str:
    if not names:
        side = f"NULL::{_SIDE}"
        return (
            f"SELECT {{'endpointInput': {side}, 'endpointOutput': {side}}} AS captureData, "
            "{'eventId': '', 'inferenceId': '', 'inferenceTime': ''} AS eventMetadata WHERE false"
        )
    paths = files(folder / name for name in names)
    return (
        f"SELECT captureData, eventMetadata FROM read_json({paths}, format = 'newline_delimited', "
        f"ignore_errors = true, columns = {_COLUMNS}, {NO_PATH_COLUMNS})"
    )


def _body(side: str) -> str:
    """The SQL expression of a captured body as text; NULL when it was not captured or is not text."""
    data = f"captureData.{side}.data"
    decoded = f"TRY(decode(from_base64({data})))"
    return f"CASE WHEN captureData.{side}.encoding = 'BASE64' THEN {decoded} ELSE {data} END"


def _events(folder: Path, names: Sequence[str], window: Interval) -> str:
    """The SQL of the common table expression ``events``, and of those it needs.

    It has one row for each captured line: ids, time, lines of request and answer, and the fault, if any.
    """
    filled = f"lambda line: trim(line, {_BLANKS}) <> ''"
    inside = f"served_at >= {moment(str(window.start))} AND served_at < {moment(str(window.end))}"
    return f"""
    lines AS ({_lines(folder, names)}),
    bodies AS (
        SELECT nullif(eventMetadata.inferenceId, '') AS given, nullif(eventMetadata.eventId, '') AS event,
            CAST(TRY_CAST(eventMetadata.inferenceTime AS TIMESTAMPTZ) AS TIMESTAMP) AS served_at,
            {_body("endpointInput")} AS body, {_body("endpointOutput")} AS answer
        FROM lines
    ),
    divided AS (
        SELECT given, event, served_at,
            CASE WHEN given IS NULL THEN hash(event, answer) ELSE hash(given, body, answer) END AS once,
            list_filter(string_split(body, chr(10)), {filled}) AS asked,
            list_filter(string_split(answer, chr(10)), {filled}) AS answered
        FROM bodies
    ),
    events AS (
        SELECT *, CASE
            WHEN served_at IS NULL OR coalesce(given, event) IS NULL THEN 'broken'
            WHEN NOT ({inside}) THEN 'outside'
            WHEN starts_with(given, {literal(PROBE_PREFIX)}) THEN 'probe'
            WHEN asked IS NULL OR answered IS NULL THEN 'body'
            WHEN len(asked) = 0 OR len(asked) <> len(answered) THEN 'answers' END AS fault
        FROM divided
    )"""


def _rows(
    events: str, columns: Mapping[str, str], version: int, shape: AnswerShape, empty_is_missing: bool
) -> str:
    """The SQL query of one row for each row of a request; an event with a fault is one row without values."""
    paths = "[" + ", ".join(literal(pointer(name)) for name in columns) + "]"
    # Only in text columns it matters whether the JSON value is a number: 5.50 becomes "5.5", "5.50" stays.
    written = [name for name, kind in columns.items() if kind in ("category", "text")]
    raw = "[" + ", ".join(literal(pointer(name)) for name in written) + "]::VARCHAR[]"
    texts, typed, values, problems = [], [], [], []
    for index, (name, kind) in enumerate(columns.items(), start=1):
        json = f"jsons[{written.index(name) + 1}]" if name in written else "NULL"
        text = f"nullif(texts[{index}], '')" if empty_is_missing else f"texts[{index}]"
        texts.append(f"{text} AS t{index}")
        typed.append(f"{_typed(f't{index}', json, kind)} AS p{index}")
        value, bad = checked_value(f"p{index}", kind, f"t{index}", "VARCHAR")
        values.append(f"{value} AS {at_place(index - 1)}")
        if bad:
            note = f"'{index - 1}' || {_WITHIN} || left(t{index}, 40)"
            problems.append(f"CASE WHEN t{index} IS NOT NULL AND {bad} THEN {note} END")
    problem_text = (
        f"nullif(concat_ws({_BETWEEN}, {', '.join(problems)}), '')" if problems else "NULL::VARCHAR"
    )
    event = "fault, given, event, served_at, once, many, place"
    good = "CASE WHEN fault IS NULL THEN"
    return f"""
    WITH {events},
    pairs AS (
        SELECT fault, given, event, served_at, once,
            coalesce(fault IS NULL AND len(asked) > 1, false) AS many,
            unnest({good} asked ELSE [NULL] END) AS row, unnest({good} answered ELSE [NULL] END) AS answer,
            unnest({good} range(len(asked)) ELSE [0] END) AS place
        FROM events
    ),
    documents AS (
        SELECT {event}, CASE WHEN json_valid(row) THEN row END AS row,
            CASE WHEN json_valid(answer) THEN answer END AS answer
        FROM pairs
    ),
    answers AS (
        SELECT {event}, row,
            coalesce(TRY_CAST(json_extract_string(answer, '/version') AS BIGINT), {version}) AS version,
            {_numbers_of("answer", shape)} AS answer
        FROM documents
    ),
    found AS (
        SELECT {event}, row, version, {_sole("answer")} AS answer,
            json_extract_string(row, {paths}) AS texts, json_extract(row, {raw}) AS jsons
        FROM answers
    ),
    read AS (
        SELECT {event}, row, version, json_type(answer) AS kind, jsons, {", ".join(texts)},
            {_number("answer")} AS number, {_list("answer", shape)} AS numbers
        FROM found
    ),
    typed AS (
        SELECT *, {", ".join(typed)}, {_score(shape)} AS score
        FROM read
    )
    SELECT CASE
            WHEN fault IS NOT NULL THEN fault
            WHEN row IS NULL OR json_type(row) <> 'OBJECT' THEN 'row'
            {"WHEN score IS NULL THEN 'numbers'" if shape.several else "WHEN kind = 'ARRAY' THEN 'several'"}
            WHEN score IS NULL THEN 'score' END AS {FAULT},
        coalesce(given, event) || CASE WHEN many THEN '#' || place ELSE '' END AS {INFERENCE_ID},
        served_at AS {SERVED_AT}, score AS {SCORE}, numbers AS {ANSWER}, version AS {VERSION}, row AS {LINE},
        once AS {ONCE}, place AS {PLACE}, {problem_text} AS {PROBLEMS}, {", ".join(values)}
    FROM typed"""


def _numbers_of(answer: str, shape: AnswerShape) -> str:
    """The SQL expression of what holds the numbers of an answer: the whole of it, or a member."""
    score = f"json_extract({answer}, '/score')"
    if shape.published:
        score = f"coalesce(json_extract({answer}, '/{shape.published}'), {score}, CAST({answer} AS JSON))"
    return f"CASE WHEN json_type({answer}) = 'OBJECT' THEN {score} ELSE CAST({answer} AS JSON) END"


def _number(value: str) -> str:
    """The SQL expression of a JSON number; NULL for any other value."""
    return (
        f"CASE WHEN json_type({value}) IN ({_NUMERAL}) THEN TRY_CAST(CAST({value} AS VARCHAR) AS DOUBLE) END"
    )


def _list(answer: str, shape: AnswerShape) -> str:
    """The SQL expression of all numbers of an answer, which is a list or an object by name."""
    if not shape.several:
        return "NULL::DOUBLE[]"
    count = len(shape.names)
    listed = ", ".join(_number(f"json_extract({answer}, '/{place}')") for place in range(count))
    named = ", ".join(_number(f"json_extract({answer}, {literal(pointer(name))})") for name in shape.names)
    return (
        f"CASE WHEN json_type({answer}) = 'ARRAY' AND json_array_length({answer}) = {count} THEN [{listed}] "
        f"WHEN json_type({answer}) = 'OBJECT' AND len(json_keys({answer})) = {count} THEN [{named}] END"
    )


def _score(shape: AnswerShape) -> str:
    """The SQL expression of a row's score; NULL when an answer of the task cannot have such numbers."""
    if shape.several:
        good = f"{shape.complete('numbers')} AND {shape.in_bounds('numbers')}"
        return f"CASE WHEN {good} THEN {shape.score('numbers')} END"
    bounds = "BETWEEN 0 AND 1" if shape.bounded else "IS NOT NULL"
    return f"CASE WHEN isfinite(number) AND number {bounds} THEN number END"


def _sole(answer: str) -> str:
    """The SQL expression of an answer, or of its only element: XGBoost's image answers a batch with lists."""
    single_answer = f"json_type({answer}) = 'ARRAY' AND json_array_length({answer}) = 1"
    return f"CASE WHEN {single_answer} THEN json_extract({answer}, '/0') ELSE {answer} END"


def _typed(text: str, json: str, kind: str) -> str:
    """The SQL expression of a JSON value as the declared kind, as `jobs.serving.values` reads it.

    It is NULL when the value does not fit.

    Args:
        text: the value's text, without quotes when it is a string.
        json: the value as JSON, which distinguishes the number 5.50 from the text "5.50".
    """
    if kind in ("category", "text"):
        # DuckDB calls an integer of more than 64 bits DOUBLE too, but its text has all digits.
        fractional = f"json_type({json}) = 'DOUBLE' AND NOT regexp_full_match({text}, '-?[0-9]+')"
        number = parsed_value(f"CAST({text} AS DOUBLE)", kind, "DOUBLE")
        return f"CASE WHEN {fractional} THEN {number} ELSE {parsed_value(text, kind, 'VARCHAR')} END"
    if kind == "boolean":
        return f"coalesce(TRY_CAST({text} AS BOOLEAN), TRY_CAST({text} AS DOUBLE) <> 0)"
    if kind == "timestamp":
        return parsed_value(text, kind, "VARCHAR")
    return (
        f"CASE {text} WHEN 'true' THEN 1 WHEN 'false' THEN 0 ELSE {parsed_value(text, kind, 'VARCHAR')} END"
    )
