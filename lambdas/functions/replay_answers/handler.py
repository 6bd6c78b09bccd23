"""Entry point of the replay: sends a window's sampled requests again, and compares the answers.

It compares the captured answers, the endpoint's current answers, and the registered package's answers to
newly computed features. Golden rows are compared with the version's first answers to them, which are stored.
The result is written to `consistency.json` beside the report.

An endpoint that was deleted, or serves another version now, is only noted: it does not affect the result.
"""

import json
from collections.abc import Iterator, Mapping, Sequence

from aws_lambda_powertools import Logger
from botocore.exceptions import ClientError

from lambdas.aws.clients import client
from lambdas.functions.replay_answers import logic
from lambdas.functions.replay_answers.logic import Known
from lambdas.planning.sources import is_there, listed, split_uri
from lambdas.planning.steps import digest
from lambdas.probing.asking import RowRequest, ask, runtime
from lambdas.probing.rows import Row
from mdlc_constructs.settings.payloads.codec import JsonValue, decode, encode
from mdlc_constructs.settings.payloads.monitoring import Comparison, ComputedWindow, ReplayRequest
from mdlc_constructs.settings.strict_json import json_lines

logger = Logger(service="replay-answers")

ROWS_TYPE = "application/jsonlines"
MAX_GOLDEN = 500
SAMPLE_SECONDS, GOLDEN_SECONDS = 150.0, 60.0
"""Longest times for sending requests; the function's timeout is five minutes."""

_GONE = ("ValidationError", "ValidationException")
"""Errors of InvokeEndpoint for an endpoint that does not exist.

Source: https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_runtime_InvokeEndpoint.html
"""


def handler(event: Mapping[str, JsonValue], context: object) -> dict[str, JsonValue]:
    """Replay a window: from a `ReplayRequest` to a `ReplayResult`."""
    request = decode(ReplayRequest, event)
    window, tolerance = request.window, request.settings.tolerance
    bucket, folder = split_uri(window.folder)
    sample = logic.requests(_text(bucket, f"{folder}replay/requests.jsonl") or "", ROWS_TYPE)
    captured = [each.answer for each in sample]
    notes: list[str] = []
    classes = next((each.classes for each in sample), ())
    package = _package(window, len(sample), classes, notes)
    comparisons: dict[str, Comparison] = {}
    if package:
        comparisons["package_and_captured"] = logic.compare(captured, package, tolerance)
    if request.endpoint:
        now = _ask(request, sample, SAMPLE_SECONDS, notes)
        comparisons["now_and_captured"] = logic.compare(captured, now, tolerance)
        if package:
            comparisons["now_and_package"] = logic.compare(package, now, tolerance)
        notes += _others(now, window.version)
        golden = _golden(request, notes) if request.settings.golden and now else None
        if golden is not None:
            comparisons["golden"] = golden
    result = encode(logic.worst(comparisons, notes))
    client("s3").put_object(
        Bucket=bucket, Key=f"{folder}consistency.json", Body=json.dumps(result, indent=1).encode()
    )
    logger.info("replayed", extra={"window_id": window.id, "moved": result["moved"], "notes": notes})
    return result


def _package(window: ComputedWindow, rows: int, classes: Sequence[str], notes: list[str]) -> list[Known]:
    """The package's answers to the sample; empty, with a note, when its transform job failed."""
    if window.replay_failed:
        notes.append(f"The registered package was not asked: {window.replay_failed}")
        return []
    answers = logic.package_answers(_texts(window.scores), rows, window.version, classes)
    if rows and not answers:
        what = f"the probabilities of {len(classes)} classes" if classes else "one number"
        notes.append(f"The registered package did not answer each of the sampled rows with {what}.")
    return answers


def _ask(request: ReplayRequest, rows: Sequence[RowRequest], seconds: float, notes: list[str]) -> list[Known]:
    """The endpoint's current answers; empty, with a note, when there is no endpoint."""
    try:
        answers = ask(
            runtime(), request.endpoint, rows, run=f"replay-{request.window.digest[:8]}", seconds=seconds
        )
    except ClientError as error:
        if error.response["Error"]["Code"] not in _GONE:
            raise
        message = error.response["Error"]["Message"]
        notes.append(f"The endpoint {request.endpoint} could not be asked: {message}")
        return []
    silent = sum(answer is None for answer in answers)
    if silent:
        notes.append(f"The endpoint answered {silent} of {len(answers)} requests with an error.")
    if len(answers) < len(rows):
        notes.append(f"There was time for {len(answers)} of {len(rows)} requests.")
    return answers


def _others(answers: Sequence[Known], version: int) -> list[str]:
    """A note for each other version than the window's that answered."""
    return [
        f"{count} requests were answered by version {other}, which is not the window's {version}; "
        "they are not compared."
        for other, count in sorted(logic.versions(answers).items())
        if other != str(version)
    ]


def _golden(request: ReplayRequest, notes: list[str]) -> Comparison | None:
    """Compare the serving version's answers to golden rows with its first ones; None without those."""
    bucket = request.bucket
    text = _text(bucket, "golden/rows.jsonl")
    bodies = [line.strip() for line in json_lines(text or "")][:MAX_GOLDEN]
    if not bodies:
        return None
    rows = [Row(body=body, content_type=ROWS_TYPE) for body in bodies]
    answers = _ask(request, rows, GOLDEN_SECONDS, notes)
    named = logic.versions(answers)
    if len(named) != 1:
        return None
    (version,) = named
    key = f"monitoring/golden/{version}/{digest(bodies)[:20]}.json"
    first = _text(bucket, key)
    if first is None:
        notes.append(f"Version {version}'s answers to {len(bodies)} golden rows were kept to compare with.")
        client("s3").put_object(Bucket=bucket, Key=key, Body=logic.reference(bodies, answers).encode())
        return None
    return logic.compare(logic.first_answers(first, bodies), answers, request.settings.tolerance)


def _text(bucket: str, key: str) -> str | None:
    """An object as text; None when it does not exist."""
    if not is_there(client("s3"), bucket, key):
        return None
    return client("s3").get_object(Bucket=bucket, Key=key)["Body"].read().decode()


def _texts(uri: str) -> Iterator[str]:
    """Yield all objects below a URI as texts, in the order of their keys."""
    bucket, prefix = split_uri(uri)
    for key in sorted(entry["Key"] for entry in listed(client("s3"), bucket, prefix)):
        yield _text(bucket, key) or ""
