"""The containers before and after the model in an inference pipeline, on SageMaker's scikit-learn image.

The environment variable `MDLC_SERVING_STEP` selects the container's step. ``prepare`` receives rows as JSON
Lines and returns the model's features as CSV. ``stamp`` receives the model's answers, one for each line, and
returns each as JSON with the version of the model package (`MDLC_MODEL_VERSION`), and where the program has
classes with the predicted one and the probability of each.

The image answers every exception with status 500. A row that cannot be read is the caller's mistake and must
get status 400. So the script returns a WSGI application, which Flask, the image's web framework, calls.
Source: github.com/aws/sagemaker-containers (_transformer.py) and Flask's ``make_response``.
"""

import json
import math
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from jobs.serving.program import FILE, SUM_TOLERANCE, Program, shown

STEP = "MDLC_SERVING_STEP"
VERSION = "MDLC_MODEL_VERSION"
ROWS = "application/jsonlines"
FEATURES = "text/csv"

_ROW_TYPES = (ROWS, "application/x-jsonlines", "application/json")
_ANSWER_TYPES = (FEATURES, "text/plain")
_MAX_LOGGED_NAMES = 100
_REASONS = {400: "Bad Request", 415: "Unsupported Media Type"}

Answered = tuple[str, str]
"""A response's body and its content type."""


class Refusal:
    """The response to an invalid request, as a WSGI application.

    Args:
        status: the HTTP status, 4xx.
        message: the problem and the remedy.
    """

    def __init__(self, status: int, message: str) -> None:
        self.status = status
        self.message = message

    def __call__(self, environ: Any, start_response: Callable[..., Any]) -> Iterable[bytes]:
        """Send the response by WSGI."""
        body = self.message.encode("utf-8", "backslashreplace")
        headers = [("Content-Type", "text/plain; charset=utf-8"), ("Content-Length", str(len(body)))]
        start_response(f"{self.status} {_REASONS[self.status]}", headers)
        return [body]


def model_fn(model_dir: str) -> Callable[[bytes, str], Answered | Refusal]:
    """The function of this container's step; it gets a request's body and content type.

    Raises:
        ValueError: when the environment variable of the step or of the model's version is missing or invalid.
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
        # A model that was trained before programs had classes has none.
        classes = Program.read(Path(model_dir)).classes if (Path(model_dir) / FILE).is_file() else ()
        return lambda body, kind: stamp_answers(int(version), body, kind, classes)
    raise ValueError(f'{STEP}={step!r}: give "prepare" or "stamp".')


def input_fn(body: bytes | str, content_type: str) -> tuple[bytes, str]:
    """The body as bytes (the image decodes some types already) and its content type without parameters."""
    raw = body.encode("utf-8", "surrogateescape") if isinstance(body, str) else body
    return raw, content_type.partition(";")[0].strip().lower()


def predict_fn(
    data: tuple[bytes, str], model: Callable[[bytes, str], Answered | Refusal]
) -> Answered | Refusal:
    """Run the step."""
    return model(*data)


def output_fn(prediction: Answered | Refusal, accept: str) -> Answered | Refusal:
    """The unchanged answer: each step has one content type, whatever the request accepts."""
    return prediction


def prepare_rows(
    program: Program, body: bytes, content_type: str, logged: set[str] | None = None
) -> Answered | Refusal:
    """The features of rows as CSV, in the format of batch scoring; a `Refusal` when a row cannot be read.

    Args:
        logged: the unknown keys that are already in the log. Each is logged once, because callers may always
            send more columns than the model reads. None: nothing is logged.
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
    """Log the keys of a row that the model does not read: a misspelt column becomes a missing value."""
    for name in row:
        if name not in program.columns and name not in logged and len(logged) < _MAX_LOGGED_NAMES:
            logged.add(name)
            print(f"Rows have the key {shown(name)}, which the model does not read.", flush=True)


def _rows(body: bytes) -> Iterator[tuple[int, dict[str, Any]]]:
    # Not splitlines: a JSON string may contain Unicode line separators.
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


def stamp_answers(version: int, body: bytes, content_type: str, classes: Sequence[str] = ()) -> Answered:
    """The model's answers as JSON Lines with the version, and with classes the predicted one.

    Args:
        classes: of a multiclass task, in the order of the model's numbers.

    Raises:
        ValueError: when the answers are not CSV of numbers, or not one probability for each class; this is an
            error of the model, not of the caller.
    """
    if content_type not in _ANSWER_TYPES:
        raise ValueError(f"The model answered {content_type!r}: its container must answer {FEATURES}.")
    lines = [line.strip() for line in body.decode("utf-8", "replace").split("\n")]
    answers = []
    for number, line in enumerate(lines, start=1):
        if line:
            score = _score(line, number)
            answer = _of_classes(score, classes, number) if classes else {"score": score}
            answers.append(json.dumps({**answer, "version": version}))
    return "".join(f"{answer}\n" for answer in answers), ROWS


def _of_classes(score: float | list[float], classes: Sequence[str], number: int) -> dict[str, Any]:
    """The predicted class (of equal ones the first), its probability, and that of each class."""
    several = score if isinstance(score, list) else [score]
    if len(several) != len(classes):
        raise ValueError(
            f"line {number} of the model's answer has {len(several)} numbers and the model has "
            f"{len(classes)} classes: its container must answer a probability for each."
        )
    if min(several) < 0 or max(several) > 1 or abs(sum(several) - 1) > SUM_TOLERANCE:
        raise ValueError(
            f"line {number} of the model's answer: {shown(several)} are no probabilities from 0 to 1 whose "
            "sum is 1."
        )
    highest = max(several)
    return {
        "prediction": classes[several.index(highest)],
        "score": highest,
        "probabilities": dict(zip(classes, several, strict=True)),
    }


def _score(line: str, number: int) -> float | list[float]:
    """A number, or a list if there are several or they are in brackets (XGBoost's image, for batches)."""
    bracketed = line.startswith("[") and line.endswith("]")
    try:
        values = [float(part) for part in line.strip("[]").split(",")]
    except ValueError:
        values = [math.nan]
    if not all(map(math.isfinite, values)):
        raise ValueError(f"line {number} of the model's answer: {shown(line)} is no finite number.")
    return values if bracketed or len(values) > 1 else values[0]
