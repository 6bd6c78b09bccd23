"""Entry point of the replay.

Input, from the monitoring machine (`workflows/monitoring/windows.py`): `model`, `bucket`, `endpoint` (empty
for batch), `settings` (`tolerance`, `golden`) and `window` as the planner described it: where its sampled
requests and the package's answers to them lie.

Compared are what was captured, what the endpoint answers now, and what the registered package answers to the
features computed anew. Golden rows are compared with the version's first answers to them, which are kept. It
writes `consistency.json` beside the report and returns the same numbers: `moved`, `largest_move`,
`comparisons`, `notes`.

An endpoint that is gone, or serves another version by now, is a note: it says nothing against the window.
"""

import json
from collections.abc import Iterator, Sequence
from typing import Any

from aws_lambda_powertools import Logger
from botocore.exceptions import ClientError

from lambdas.aws.clients import client
from lambdas.functions.replay_answers import logic
from lambdas.functions.replay_answers.logic import Compared, Known
from lambdas.planning.sources import is_there, listed, split_uri
from lambdas.planning.steps import digest
from lambdas.probing.asking import ask, runtime
from lambdas.probing.rows import Row
from mdlc_constructs.settings.strict_json import json_lines

logger = Logger(service="replay-answers")

ROWS_TYPE = "application/jsonlines"
MOST_GOLDEN = 500
SAMPLE_SECONDS, GOLDEN_SECONDS = 150.0, 60.0
"""How long may be asked; the function itself has five minutes."""

_GONE = ("ValidationError", "ValidationException")
"""Errors of InvokeEndpoint for an endpoint that is not there.

Source: https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_runtime_InvokeEndpoint.html
"""


def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    """Ask, compare, write (see the module's documentation)."""
    window, settings = event["window"], event["settings"]
    bucket, folder = split_uri(window["folder"])
    sampled = logic.requests(_text(bucket, f"{folder}replay/requests.jsonl") or "", ROWS_TYPE)
    captured = [request.answer for request in sampled]
    notes: list[str] = []
    package = _package(window, len(sampled), notes)
    compared: dict[str, Compared] = {}
    if package:
        compared["package_and_captured"] = logic.compare(captured, package, settings["tolerance"])
    if event["endpoint"]:
        now = _asked(event, sampled, SAMPLE_SECONDS, notes)
        compared["now_and_captured"] = logic.compare(captured, now, settings["tolerance"])
        if package:
            compared["now_and_package"] = logic.compare(package, now, settings["tolerance"])
        notes += _others(now, window["version"])
        if settings["golden"] and now:
            golden = _golden(event, notes)
            if golden is not None:
                compared["golden"] = golden
    found = logic.found(compared, notes)
    client("s3").put_object(
        Bucket=bucket, Key=f"{folder}consistency.json", Body=json.dumps(found, indent=1).encode()
    )
    logger.info("replayed", extra={"window_id": window["id"], "moved": found["moved"], "notes": notes})
    return found


def _package(window: dict[str, Any], rows: int, notes: list[str]) -> list[Known]:
    """The package's answers to the sample; none, and a note, when it could not be asked."""
    failed = window.get("replay_failed")
    if failed:
        notes.append(f"The registered package was not asked: {failed}")
        return []
    answers = logic.package_answers(_texts(window["scores"]), rows, int(window["version"]))
    if rows and not answers:
        notes.append("The registered package did not answer each of the sampled rows with one number.")
    return answers


def _asked(event: dict[str, Any], rows: Sequence[Any], seconds: float, notes: list[str]) -> list[Known]:
    """The endpoint's answers now; none, and a note, when there is no endpoint."""
    try:
        answers = ask(
            runtime(), event["endpoint"], rows, run=f"replay-{event['window']['digest'][:8]}", seconds=seconds
        )
    except ClientError as error:
        if error.response["Error"]["Code"] not in _GONE:
            raise
        said = error.response["Error"]["Message"]
        notes.append(f"The endpoint {event['endpoint']} could not be asked: {said}")
        return []
    silent = sum(answer is None for answer in answers)
    if silent:
        notes.append(f"The endpoint answered {silent} of {len(answers)} requests with an error.")
    if len(answers) < len(rows):
        notes.append(f"There was time for {len(answers)} of {len(rows)} requests.")
    return answers


def _others(answers: Sequence[Known], version: int) -> list[str]:
    """A note for each version that serves by now and is not the window's."""
    return [
        f"{count} requests were answered by version {other}, which is not the window's {version}; "
        "they are not compared."
        for other, count in sorted(logic.versions(answers).items())
        if other != str(version)
    ]


def _golden(event: dict[str, Any], notes: list[str]) -> Compared | None:
    """Golden rows against the first answers of the version that answers now; None when there are none."""
    bucket = event["bucket"]
    text = _text(bucket, "golden/rows.jsonl")
    bodies = [line.strip() for line in json_lines(text or "")][:MOST_GOLDEN]
    if not bodies:
        return None
    rows = [Row(body=body, content_type=ROWS_TYPE) for body in bodies]
    answers = _asked(event, rows, GOLDEN_SECONDS, notes)
    named = logic.versions(answers)
    if len(named) != 1:
        return None
    (version,) = named
    place = f"monitoring/golden/{version}/{digest(bodies)[:20]}.json"
    first = _text(bucket, place)
    if first is None:
        notes.append(f"Version {version}'s answers to {len(bodies)} golden rows were kept to compare with.")
        client("s3").put_object(Bucket=bucket, Key=place, Body=logic.reference(bodies, answers).encode())
        return None
    return logic.compare(logic.referred(first, bodies), answers, event["settings"]["tolerance"])


def _text(bucket: str, key: str) -> str | None:
    """An object as text; None when there is none."""
    if not is_there(client("s3"), bucket, key):
        return None
    body: bytes = client("s3").get_object(Bucket=bucket, Key=key)["Body"].read()
    return body.decode()


def _texts(uri: str) -> Iterator[str]:
    """All objects below a uri, in the order of their keys."""
    bucket, prefix = split_uri(uri)
    for key in sorted(str(entry["Key"]) for entry in listed(client("s3"), bucket, prefix)):
        yield _text(bucket, key) or ""
