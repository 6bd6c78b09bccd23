"""Beliefs about each state of each workflow's machine: TestState answers as the embedded AWS does."""

from __future__ import annotations

import functools
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from mdlc_cli.conformance.bench import Bench
from mdlc_cli.conformance.probe import Observation, Probe

CASES = Path(__file__).parent.parent / "states.json"
"""By workflow and state: its definition and the cases; written by `scripts/write_states.py`."""


@functools.cache
def cases() -> dict[str, dict[str, Any]]:
    """By workflow: by state: the definition and its cases."""
    read: dict[str, dict[str, Any]] = json.loads(CASES.read_text())
    return read


def asking(workflow: str) -> Callable[[Bench], Observation]:
    """A function that asks TestState for each case of each state of a workflow's machine."""

    def ask(bench: Bench) -> Observation:
        answer: dict[str, Any] = {}
        causes: dict[str, str] = {}
        for state, tested in cases()[workflow].items():
            for number, case in enumerate(tested["cases"], start=1):
                name = f"{state} #{number}"
                answer[name], cause = tried(bench, tested["definition"], case)
                if cause:
                    causes[name] = cause
        return Observation(answer=answer, notes={"causes": causes})

    return ask


def tried(bench: Bench, definition: dict[str, Any], case: dict[str, Any]) -> tuple[dict[str, Any], str]:
    """TestState's answer to one case, and the cause of a failure."""
    from botocore.exceptions import ClientError

    request: dict[str, Any] = {
        "definition": json.dumps(definition),
        "input": json.dumps(case["input"]),
        "variables": json.dumps(case["variables"]),
        "inspectionLevel": "DEBUG",
    }
    if "mock" in case:
        # What the services answer is not compared here, so it need not be complete.
        request["mock"] = {**case["mock"], "fieldValidationMode": "NONE"}
        if case["context"]:
            request["context"] = json.dumps(case["context"])
    try:
        tested = bench.client("stepfunctions").test_state(**request)
    except ClientError as error:
        code = error.response["Error"]["Code"]
        if code not in ("InvalidDefinition", "ValidationException", "InvalidExecutionInput"):
            raise
        return {"refused": code}, error.response["Error"]["Message"]
    inspected = tested.get("inspectionData", {})
    answer = {name: tested[name] for name in ("status", "nextState", "error") if name in tested}
    for name, text in (
        ("output", tested.get("output")),
        ("arguments", inspected.get("afterArguments")),
        ("variables", inspected.get("variables")),
    ):
        if text is not None:
            answer[name] = json.loads(text)
    if "variables" in answer:
        before = case["variables"]
        changed = {
            name: value
            for name, value in answer.pop("variables").items()
            if name not in before or before[name] != value
        }
        if changed:
            answer["assigned"] = changed
    return answer, str(tested.get("cause", ""))


def _probes() -> tuple[Probe, ...]:
    return tuple(
        Probe(
            id=f"states-of-{workflow}",
            belief=f"TestState answers for each of the {len(states)} states of the {workflow} machine as our "
            "interpreter does: arguments, output, variables, errors and the next state.",
            source="https://docs.aws.amazon.com/step-functions/latest/apireference/API_TestState.html",
            page="embedded-aws.md",
            ask=asking(workflow),
            seconds=sum(len(state["cases"]) for state in states.values()),
        )
        for workflow, states in cases().items()
    )


PROBES = _probes()
