"""The steps around a model at its endpoint, as SageMaker's scikit-learn image runs a script.

`MDLC_SERVING_STEP` says which one this container is. ``prepare`` takes rows as JSON, one a line, and answers
the model's features as CSV; ``stamp`` takes the model's answers, one a line, and answers each as JSON with
the version of the model package (`MDLC_MODEL_VERSION`).

The image makes an exception a 500, whatever it is. A row that cannot be read is the caller's to mend, so it
is answered by a WSGI application with the status 400: Flask, which serves the script, runs what it is handed.
Source: github.com/aws/sagemaker-containers (_transformer.py) and Flask's ``make_response``.
"""

import json
import math
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from jobs.serving.program import Program, shown

STEP = "MDLC_SERVING_STEP"
VERSION = "MDLC_MODEL_VERSION"
ROWS = "application/jsonlines"
FEATURES = "text/csv"

_ROW_TYPES = (ROWS, "application/x-jsonlines", "application/json")
_ANSWER_TYPES = (FEATURES, "text/plain")
_MAX_LOGGED_NAMES = 100
_REASONS = {400: "Bad Request", 415: "Unsupported Media Type"}

Answered = tuple[str, str]
"""A body and its content type."""


class Refusal:
    """An answer to a request that its caller must mend; a WSGI application.

    Args:
        status: the HTTP status, a 4xx.
        message: what is wrong, and the remedy.
    """

    def __init__(self, status: int, message: str) -> None:
        self.status = status
        self.message = message

    def __call__(self, environ: Any, start_response: Callable[..., Any]) -> Iterable[bytes]:
        """Answer over WSGI."""
        body = self.message.encode("utf-8", "backslashreplace")
        headers = [("Content-Type", "text/plain; charset=utf-8"), ("Content-Length", str(len(body)))]
        start_response(f"{self.status} {_REASONS[self.status]}", headers)
        return [body]


def model_fn(model_dir: str) -> Callable[[bytes, str], Answered | Refusal]:
    """What this container does with a request's body and content type.

    Raises:
        ValueError: when the environment does not say which step this is, or not the model's version.
    """
    step = os.environ.get(STEP)
    if step == "prepare":
        program = Program.read(Path(model_dir))
        logged: set[str] = set()
        return lambda body, kind: prepare_rows(program, body, kind, logged)
    if step == "stamp":
        version = os.environ.get(VERSION, "")
        if not version.isdecimal():
            raise ValueError(f"{VERSION}={version!r}: give the version of the model package, a whole number.")
        return lambda body, kind: stamp_answers(int(version), body, kind)
    raise ValueError(f'{STEP}={step!r}: give "prepare" or "stamp".')


def input_fn(body: bytes | str, content_type: str) -> tuple[bytes, str]:
    """The body as bytes (the image decodes some types already) and its content type without parameters."""
    raw = body.encode("utf-8", "surrogateescape") if isinstance(body, str) else body
    return raw, content_type.partition(";")[0].strip().lower()


def predict_fn(
    data: tuple[bytes, str], model: Callable[[bytes, str], Answered | Refusal]
) -> Answered | Refusal:
    """Do the step."""
    return model(*data)


def output_fn(prediction: Answered | Refusal, accept: str) -> Answered | Refusal:
    """The answer as it is: each step has one form, whatever is asked for."""
    return prediction


def prepare_rows(
    program: Program, body: bytes, content_type: str, logged: set[str] | None = None
) -> Answered | Refusal:
    """The features of rows, as batch scoring writes them.

    Args:
        logged: keys that are no columns of the model and are in the log already; each is logged
            once, since callers may send more than the model reads.
    """
    if content_type not in _ROW_TYPES:
        return Refusal(415, f"Content type {content_type!r}: send {ROWS}, one row as a JSON object a line.")
    lines = []
    try:
        for number, row in _rows(body):
            try:
                program.require_known(row)
                features = program.prepare(program.typed(row))
            except ValueError as error:
                raise ValueError(f"line {number}, {error}") from None
            lines.append(",".join(map(repr, features)))
            if logged is not None:
                _log_unknown(program, row, logged)
        if not lines:
            raise ValueError("the request holds no row: send one JSON object a line.")
    except ValueError as error:
        return Refusal(400, str(error))
    return "\n".join(lines), FEATURES


def _log_unknown(program: Program, row: Mapping[str, Any], logged: set[str]) -> None:
    """Name in the log what of a row the model does not read; a misspelt column is a missing one."""
    for name in row:
        if name not in program.columns and name not in logged and len(logged) < _MAX_LOGGED_NAMES:
            logged.add(name)
            print(f"Rows have the key {shown(name)}, which the model does not read.", flush=True)


def _rows(body: bytes) -> Iterator[tuple[int, dict[str, Any]]]:
    # Not splitlines: a text within JSON may hold what Unicode calls a line's end.
    for number, line in enumerate(body.split(b"\n"), start=1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except (ValueError, RecursionError):
            excerpt = shown(line.decode("utf-8", "replace").strip())
            raise ValueError(f"line {number}: {excerpt} is no JSON: send one JSON object a line.") from None
        if not isinstance(row, dict):
            raise ValueError(f"line {number}: {shown(row)} is no JSON object: name each value's column.")
        yield number, row


def stamp_answers(version: int, body: bytes, content_type: str) -> Answered:
    """Each of the model's answers with the version.

    Raises:
        ValueError: when the answers are no CSV of numbers, which is the model's mistake and not the
            caller's.
    """
    if content_type not in _ANSWER_TYPES:
        raise ValueError(f"The model answered {content_type!r}: its container must answer {FEATURES}.")
    lines = [line.strip() for line in body.decode("utf-8", "replace").split("\n")]
    answers = [
        json.dumps({"score": _score(line, number), "version": version})
        for number, line in enumerate(lines, start=1)
        if line
    ]
    return "".join(f"{answer}\n" for answer in answers), ROWS


def _score(line: str, number: int) -> float | list[float]:
    """One number, or a list of several: in brackets, as XGBoost's image answers in batches, or without."""
    bracketed = line.startswith("[") and line.endswith("]")
    try:
        values = [float(part) for part in line.strip("[]").split(",")]
    except ValueError:
        values = [math.nan]
    if not all(map(math.isfinite, values)):
        raise ValueError(f"line {number} of the model's answer: {shown(line)} is no finite number.")
    return values if bracketed or len(values) > 1 else values[0]
