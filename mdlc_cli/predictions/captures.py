"""Finds an endpoint's answer in a day's data capture files."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable, Iterator, Mapping
from datetime import date
from typing import Any

from mdlc_cli.aws.target import Target
from mdlc_cli.predictions.prediction import ENDPOINT, Prediction
from mdlc_constructs.settings.strict_json import json_lines

PREFIX = "capture/"


def find(
    target: Target, bucket: str, model: str, day: date, inference_id: str, note: Callable[[str], None]
) -> Prediction | None:
    """The answer with an inference id in the data capture of a model's endpoints on a UTC day, or None."""
    s3 = target.client("s3")
    for endpoint in _folders(s3, bucket, PREFIX):
        for variant in _folders(s3, bucket, endpoint):
            for key in _keys(s3, bucket, f"{variant}{day:%Y/%m/%d}/"):
                note(f"s3://{bucket}/{key}")
                text = s3.get_object(Bucket=bucket, Key=key)["Body"].read().decode(errors="replace")
                prediction = read(text, inference_id, model=model, place=f"s3://{bucket}/{key}")
                if prediction:
                    return prediction
    return None


def read(text: str, inference_id: str, *, model: str, place: str) -> Prediction | None:
    """The answer with this inference id in a capture file's text, or None; invalid lines are skipped."""
    if inference_id not in text:
        return None
    for line in json_lines(text):
        try:
            event = json.loads(line)
            about, data = event["eventMetadata"], event["captureData"]
        except (ValueError, KeyError, TypeError):
            continue
        if inference_id not in (about.get("inferenceId"), about.get("eventId")):
            continue
        rows, answers = (_values(data.get(side)) for side in ("endpointInput", "endpointOutput"))
        answered = [answer for answer in answers if isinstance(answer, Mapping)]
        versions = {answer["version"] for answer in answered if isinstance(answer.get("version"), int)}
        scores = [answer.get("score") if isinstance(answer, Mapping) else answer for answer in answers]
        return Prediction(
            prediction_id=inference_id,
            kind=ENDPOINT,
            model=model,
            place=place,
            at=str(about.get("inferenceTime", "")),
            version=versions.pop() if len(versions) == 1 else None,
            score=_only(scores),
            row=_only(rows),
            details={
                **{
                    name: _only([answer[name] for answer in answered])
                    for name in ("prediction", "probabilities", "cluster", "distance", "vector")
                    if answered and all(name in answer for answer in answered)
                },
                **{name: about[name] for name in ("eventId", "customAttributes") if name in about},
            },
        )
    return None


def _values(side: Any) -> list[Any]:
    """The lines of a request (rows) or an answer (scores), each parsed as JSON if it is JSON."""
    if not isinstance(side, Mapping) or not isinstance(side.get("data"), str):
        return []
    text = str(side["data"])
    if side.get("encoding") == "BASE64":
        try:
            text = base64.b64decode(text, validate=True).decode()
        except (binascii.Error, UnicodeDecodeError):
            return [text]
    return [_value(line) for line in json_lines(text)]


def _value(line: str) -> Any:
    try:
        return json.loads(line)
    except ValueError:
        return line


def _only(values: list[Any]) -> Any:
    if len(values) < 2:
        return values[0] if values else None
    return values


def _folders(s3: Any, bucket: str, prefix: str) -> list[str]:
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix, Delimiter="/")
    return [each["Prefix"] for page in pages for each in page.get("CommonPrefixes", [])]


def _keys(s3: Any, bucket: str, prefix: str) -> Iterator[str]:
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix):
        yield from (each["Key"] for each in page.get("Contents", []))
