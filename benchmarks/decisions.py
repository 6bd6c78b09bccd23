"""The measured decision: twelve numbers in the request, eight looked up; rules with an override and bands."""

import io
import json
import tarfile
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

from benchmarks.containers import FEATURES
from jobs.serving import archive
from jobs.serving.program import Program, Step
from mdlc_constructs.settings.decisions import Decisions, Fallback, FeatureLookup

API, MODEL, ENDPOINT = "benchmark", "benchmark", "benchmark"
CUSTOMER = "c1"
NAMES = tuple(f"x{number}" for number in range(FEATURES))
SENT, LOOKED_UP = NAMES[:12], NAMES[12:]
RULES: dict[str, Any] = {
    "schema_version": 1,
    "version": "1",
    "overrides": [
        {"name": "large", "when": {"x0": {"at_least": 100}}, "score": {"above": 0.9}, "decision": "refer"}
    ],
    "bands": [{"below": 0.5, "decision": "approve"}, {"from": 0.5, "decision": "refer"}],
}


def decisions() -> Decisions:
    """The settings. Timeouts are long, so that a busy machine does not cause fallbacks."""
    columns = {"customer": "category", **dict.fromkeys(NAMES, "number")}
    return Decisions(
        decisions=("approve", "refer"),
        columns=columns,
        required=("customer", *SENT),
        lookup=FeatureLookup(
            key="customer", defaults=dict.fromkeys(LOOKED_UP, 0.0), timeout=timedelta(seconds=2)
        ),
        fallback=Fallback(decision="refer", endpoint_timeout=timedelta(seconds=5), tries=1),
    )


def request_row() -> dict[str, Any]:
    """The row of a request."""
    return {"customer": CUSTOMER, **{name: number / 10 for number, name in enumerate(SENT)}}


def endpoint_row() -> dict[str, Any]:
    """The row that is sent to the endpoint: the request's row and the looked-up features."""
    return {**request_row(), **looked_up()}


def looked_up() -> dict[str, float]:
    """The customer's features in the table."""
    return {name: number / 20 for number, name in enumerate(LOOKED_UP)}


def looked_up_item() -> dict[str, dict[str, str]]:
    """The customer's DynamoDB item: key and features."""
    return {"customer": {"S": CUSTOMER}, **{name: {"N": str(value)} for name, value in looked_up().items()}}


def model_archive(model: Path) -> bytes:
    """``model.tar.gz`` for the container template: the model, and the program with its code."""
    steps = tuple(Step(feature=name, column=name, kind="number", fill=0.0) for name in NAMES)
    program = Program(columns=dict.fromkeys(NAMES, "number"), steps=steps)
    buffer = io.BytesIO()
    with (
        tarfile.open(fileobj=buffer, mode="w:gz") as joined,
        tarfile.open(fileobj=io.BytesIO(archive.pack(program))) as packed,
    ):
        joined.add(model, "xgboost-model")
        for entry in packed:
            joined.addfile(entry, packed.extractfile(entry))
    return buffer.getvalue()


def item_bytes(item: Mapping[str, Mapping[str, object]]) -> int:
    """The approximate size of a DynamoDB item: names and values as text."""
    return sum(len(name) + len(json.dumps(next(iter(value.values())))) for name, value in item.items())
