"""The containers before and after the model in an inference pipeline, on SageMaker's scikit-learn image.

The environment variable `MDLC_SERVING_STEP` selects the container's step. ``prepare`` receives rows as JSON
Lines and returns the model's features as CSV. ``stamp`` receives the model's answers, one for each line, and
returns each as JSON with the version of the model package (`MDLC_MODEL_VERSION`), and where the program has
classes with the predicted one and the probability of each, or with the cluster and the distance to its
centre, or with the vector. Models answer CSV or, as algorithms of AWS do, JSON.

The image answers every exception with status 500. A row that cannot be read is the caller's mistake and must
get status 400. So the script returns a WSGI application, which Flask, the image's web framework, calls.
Source: github.com/aws/sagemaker-containers (_transformer.py) and Flask's ``make_response``.
"""

import json
import math
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

from jobs.serving import recordio
from jobs.serving.program import FILE, SUM_TOLERANCE, Program, shown
from mdlc_constructs.settings.payloads.answer_formats import expected_names, read_answers

STEP = "MDLC_SERVING_STEP"
VERSION = "MDLC_MODEL_VERSION"
ROWS = "application/jsonlines"
FEATURES = "text/csv"
RECORDIO = "application/x-recordio-protobuf"

_ROW_TYPES = (ROWS, "application/x-jsonlines", "application/json")
_NUMBERS = (FEATURES, "text/plain")
_OBJECTS = ("application/json", "application/jsonlines")
_MAX_LOGGED_NAMES = 100
_REASONS = {400: "Bad Request", 415: "Unsupported Media Type"}

Asked = Literal["score", "probabilities", "cluster", "vector"]
_ANSWERS: Mapping[str, Asked] = {"cluster": "cluster", "embedding": "vector"}
"""What a model answers, by the task that its program names."""

Answered = tuple[str | bytes, str]
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
        held = (Path(model_dir) / FILE).is_file()
        program = Program.read(Path(model_dir)) if held else Program(columns={}, steps=())
        return lambda body, kind: stamp_answers(int(version), body, kind, program.classes, program.task)
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
    """The features of rows in the format of batch scoring; a `Refusal` when a row cannot be read.

    Args:
        logged: the unknown keys that are already in the log. Each is logged once, because callers may always
            send more columns than the model reads. None: nothing is logged.
    """
    if content_type not in _ROW_TYPES:
        return Refusal(415, f"Content type {content_type!r}: send {ROWS}, one row as a JSON object a line.")
    records = []
    try:
        for number, row in _rows(body):
            try:
                program.require_known(row)
                records.append(program.prepare(program.typed(row)))
            except ValueError as error:
                raise ValueError(f"line {number}, {error}") from None
            if logged is not None:
                _log_unknown(program, row, logged)
        if not records:
            raise ValueError("the request holds no row: send one JSON object a line.")
        return _written(records, program.records)
    except ValueError as error:
        return Refusal(400, str(error))


def _written(records: Sequence[Sequence[float]], kind: str) -> Answered:
    """The records in the format that the model's container takes, without a line's end after the last."""
    if kind == "recordio":
        try:
            return b"".join(map(recordio.encode, records)), RECORDIO
        except OverflowError:
            raise ValueError("a number is too large for the 32 bits that the model reads.") from None
    if kind == "jsonlines":
        return "\n".join(json.dumps({"features": features}) for features in records), ROWS
    return "\n".join(",".join(map(repr, features)) for features in records), FEATURES


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


def stamp_answers(
    version: int, body: bytes, content_type: str, classes: Sequence[str] = (), task: str = ""
) -> Answered:
    """The model's answers as JSON Lines with the version, and with classes the predicted one.

    Args:
        classes: of a multiclass task, in the order of the model's numbers.
        task: `cluster` or `embedding`; empty for other tasks.

    Raises:
        ValueError: when the answers are no numbers, or not those that the task asks for; this is an error of
            the model, not of the caller.
    """
    if content_type not in (*_NUMBERS, *_OBJECTS):
        raise ValueError(
            f"The model answered {content_type!r}: its container must answer {FEATURES}, "
            f"{' or '.join(_OBJECTS)}."
        )
    text = body.decode("utf-8", "replace")
    if content_type in _OBJECTS:
        scores = _of_objects(text, content_type, classes, task)
    else:
        lines = [line.strip() for line in text.split("\n")]
        scores = [(number, _score(line, number)) for number, line in enumerate(lines, start=1) if line]
    answers = [
        json.dumps({**_parts(score, classes, task, number), "version": version}) for number, score in scores
    ]
    return "".join(f"{answer}\n" for answer in answers), ROWS


def _of_objects(
    text: str, content_type: str, classes: Sequence[str], task: str
) -> list[tuple[int, float | list[float]]]:
    """The numbers of JSON answers, each with the number of its row or line."""
    documents = [text] if content_type == _OBJECTS[0] else [line for line in text.split("\n") if line.strip()]
    asked: Asked = _ANSWERS.get(task, "probabilities" if classes else "score")
    rows: list[float | list[float]] = []
    for number, document in enumerate(documents, start=1):
        try:
            content = json.loads(document)
        except (ValueError, RecursionError):
            content = None
        read = read_answers(content, asked, classes)
        if read is None or any(value != value for row in read for value in row):
            raise ValueError(
                f"line {number} of the model's answer: {shown(document)} does not hold "
                f"{expected_names(asked, classes)}."
            )
        rows += [row[0] if asked == "score" else list(row) for row in read]
    return list(enumerate(rows, start=1))


def _parts(score: float | list[float], classes: Sequence[str], task: str, number: int) -> dict[str, Any]:
    """The members of an answer, the same as the columns of published predictions."""
    if classes:
        return _of_classes(score, classes, number)
    several = score if isinstance(score, list) else [score]
    if task == "embedding":
        return {"score": several[0], "vector": several}
    if task != "cluster":
        return {"score": score}
    if len(several) != 2 or several[0] < 0 or not several[0].is_integer() or several[1] < 0:
        raise ValueError(
            f"line {number} of the model's answer: {shown(several)} is not the number of a cluster and the "
            "distance to its centre."
        )
    return {"score": several[1], "cluster": int(several[0]), "distance": several[1]}


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
