"""A model's golden rows: recorded input rows, and the predictions expected for them.

They are stored in the model's bucket (see docs/contracts.md): `golden/rows.jsonl` has one raw row per line,
and `golden/expected.csv`, with the header `row_key,expected`, one answer per line in the same order.
"""

from __future__ import annotations

import csv
import io
import json
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from mdlc_cli.aws.target import Target
from mdlc_cli.decisions import row_files
from mdlc_cli.errors import CommandError
from mdlc_client.aws import split_uri

ROWS_KEY, EXPECTED_KEY = "golden/rows.jsonl", "golden/expected.csv"
HEADER = ["row_key", "expected"]
ROWS_TYPE = "application/jsonlines"
ROWS_A_REQUEST = 100


@dataclass(frozen=True, kw_only=True)
class Golden:
    """A recorded row: its key, the input row, and the expected answer, or None while it is unknown.

    Of a model of classes the expected answer is a class.
    """

    key: str
    row: dict[str, Any]
    expected: float | str | None = None


def read(
    path: Path,
    *,
    keys: Sequence[str],
    expected: str | None,
    limit: int | None,
    classes: Sequence[str] = (),
) -> list[Golden]:
    """The rows of a CSV file with a header, or of JSON lines.

    Values of a CSV file stay text, which the feature program parses as it does the training data. An empty
    value is a missing value and is left out of the row.

    Args:
        path: a file that ends in `.csv`, or in `.jsonl` or `.json` with one object a line.
        keys: the dataset's row key columns; empty for rows without ids, which are numbered from 1.
        expected: the column with the expected answers, which is removed from the rows; None when the
            endpoint's answers are to be recorded.
        limit: the most rows to read, from the first; None for all.
        classes: of the model; empty when it answers numbers.

    Raises:
        CommandError: naming the file, the line and the remedy.
    """
    golden_rows: list[Golden] = []
    seen: set[str] = set()
    for number, row in row_files.rows(path):
        if limit is not None and len(golden_rows) == limit:
            break
        where = f"line {number} of {path.name}"
        missing = [name for name in (*keys, *([expected] if expected else [])) if row.get(name) in (None, "")]
        if missing:
            raise CommandError(
                f"{where} has no {missing[0]!r}: give the row key's columns with --key, and with --expected "
                "the column that holds the answers"
            )
        key = key_of(row, keys) if keys else str(len(golden_rows) + 1)
        if key in seen:
            raise CommandError(f"{where} repeats the row key {key}: leave one of the two rows out")
        seen.add(key)
        answer = None
        if expected is not None:
            column = f"{where}, column {expected!r}"
            answer = (
                _class(row.pop(expected), classes, column) if classes else _number(row.pop(expected), column)
            )
        golden_rows.append(Golden(key=key, row=row, expected=answer))
    if not golden_rows:
        raise CommandError(f"{path.name} holds no rows: give at least one")
    return golden_rows


def key_of(row: dict[str, Any], keys: Sequence[str]) -> str:
    """The row's key as the jobs write it: a single column's value, or a JSON object of several columns."""
    from mdlc_constructs.settings.rules import canonical  # imported here to keep other commands fast

    texts = {
        name: canonical(value if isinstance(value := row[name], str) else json.dumps(value)) for name in keys
    }
    if len(texts) == 1:
        return texts[keys[0]]
    return json.dumps(texts, separators=(",", ":"), ensure_ascii=False)


def _class(value: Any, classes: Sequence[str], where: str) -> str:
    from mdlc_constructs.settings.rules import canonical

    text = value if isinstance(value, str) else json.dumps(value)
    for name in classes:
        if canonical(name) == canonical(text):
            return name
    raise CommandError(f"{where} holds {text!r}: give one of the model's classes, {', '.join(classes)}")


def _number(value: Any, where: str) -> float:
    try:
        number = float(value)
    except (TypeError, ValueError):
        number = math.nan
    if not math.isfinite(number):
        raise CommandError(f"{where} holds {value!r}: give a finite number as the expected answer")
    return number


def answered(target: Target, endpoint: str, rows: Sequence[Golden]) -> list[Golden]:
    """The rows, with the endpoint's current answers as the expected ones.

    Raises:
        CommandError: the endpoint does not answer one number or class per row.
    """
    runtime = target.client("sagemaker-runtime")
    answered_rows: list[Golden] = []
    for start in range(0, len(rows), ROWS_A_REQUEST):
        asked = rows[start : start + ROWS_A_REQUEST]
        answer = runtime.invoke_endpoint(
            EndpointName=endpoint, ContentType=ROWS_TYPE, Accept=ROWS_TYPE, Body=lines(asked)
        )
        answer_lines = [line for line in answer["Body"].read().decode().split("\n") if line.strip()]
        if len(answer_lines) != len(asked):
            raise CommandError(
                f"endpoint {endpoint} gave {len(answer_lines)} answers to {len(asked)} rows: give the "
                "expected answers in a column, with --expected"
            )
        scores = (
            _score(line, f"the answer of endpoint {endpoint} to {golden_row.key}")
            for line, golden_row in zip(answer_lines, asked, strict=True)
        )
        answered_rows += [
            replace(golden_row, expected=score) for golden_row, score in zip(asked, scores, strict=True)
        ]
    return answered_rows


def _score(line: str, where: str) -> float | str:
    try:
        value = json.loads(line)
    except ValueError:
        value = line
    if isinstance(value, dict) and isinstance(value.get("prediction"), str):
        return str(value["prediction"])
    return _number(value.get("score") if isinstance(value, dict) else value, where)


def lines(rows: Iterable[Golden]) -> bytes:
    """The rows as JSON lines."""
    return "".join(json.dumps(golden_row.row, ensure_ascii=False) + "\n" for golden_row in rows).encode()


def expected_csv(rows: Iterable[Golden]) -> bytes:
    """The expected answers as CSV."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(HEADER)
    writer.writerows((golden_row.key, expected_text(golden_row)) for golden_row in rows)
    return text.getvalue().encode()


def expected_text(golden_row: Golden) -> str:
    """The expected answer as it is recorded: a class, or a number with all digits."""
    answer = golden_row.expected
    return answer if isinstance(answer, str) else repr(answer)


def bucket_of(target: Target, model: str) -> str:
    """The model's bucket, from the S3 URI of its newest package's feature program.

    Raises:
        CommandError: the model has no package, or no training workflow registered the newest one.
    """
    sagemaker = target.client("sagemaker")
    packages = sagemaker.list_model_packages(
        ModelPackageGroupName=model, SortBy="CreationTime", SortOrder="Descending", MaxResults=1
    )["ModelPackageSummaryList"]
    if not packages:
        raise CommandError(f"{model} has no model package yet: train it first, with `mdlc run training`")
    described = sagemaker.describe_model_package(ModelPackageName=packages[0]["ModelPackageArn"])
    program = str(described.get("CustomerMetadataProperties", {}).get("program", ""))
    bucket, path = split_uri(program)
    if not path:
        raise CommandError(f"the newest package of {model} was registered by no training workflow: train it")
    return bucket


def write(target: Target, bucket: str, rows: Sequence[Golden]) -> None:
    """Write both objects; the answers last, so that there are never answers without their rows."""
    s3 = target.client("s3")
    s3.put_object(Bucket=bucket, Key=ROWS_KEY, Body=lines(rows), ContentType=ROWS_TYPE)
    s3.put_object(Bucket=bucket, Key=EXPECTED_KEY, Body=expected_csv(rows), ContentType="text/csv")


def recorded(target: Target, bucket: str, classes: Sequence[str] = ()) -> list[Golden]:
    """The rows recorded in a bucket.

    Args:
        classes: of the model, whose expected answers are text, whatever they look like; empty when it
            answers numbers.

    Raises:
        CommandError: nothing is recorded, or the two files do not match.
    """
    s3 = target.client("s3")
    texts = []
    for key in (ROWS_KEY, EXPECTED_KEY):
        try:
            texts.append(s3.get_object(Bucket=bucket, Key=key)["Body"].read().decode())
        except s3.exceptions.NoSuchKey as error:
            raise CommandError(
                f"s3://{bucket}/{key} is not there: record rows with `mdlc golden record`"
            ) from error
    rows = [json.loads(line) for line in texts[0].split("\n") if line.strip()]
    header, *answers = list(csv.reader(io.StringIO(texts[1], newline=""))) or [[]]
    if header != HEADER or len(answers) != len(rows):
        raise CommandError(
            f"s3://{bucket}/{EXPECTED_KEY} does not answer the {len(rows)} rows beside it: record them again "
            "with `mdlc golden record`"
        )
    return [
        Golden(key=key, row=row, expected=_recorded(answer, classes))
        for row, (key, answer) in zip(rows, answers, strict=True)
    ]


def _recorded(text: str, classes: Sequence[str]) -> float | str:
    if classes:
        return text
    try:
        number = float(text)
    except ValueError:
        return text
    # No recorded number is infinite or none; such a text is the name of a class.
    return number if math.isfinite(number) else text
