"""Extracts the reason of a failure from the nested JSON in an error's cause. Pure functions.

When a machine waits for another, its cause is the other execution's whole description, whose cause may again
be an execution's description. The innermost is a job's description with its failure reason, or a function's
error. Records truncate long causes, so the JSON may be incomplete.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from mdlc_cli.executions.history import JOB_KINDS, TUNING_JOB

REASONS = (
    "FailureReason",
    "errorMessage",
    "Cause",
    "StatusReason",
    "StatusReasonMessage",
    "StateDetails",
    "StateChangeReason",
    "ErrorMessage",
    "Message",
    "message",
)
"""Members of a service's answer that hold a failure's reason, the most specific first."""

_EXECUTION = "ExecutionArn"
_REPORT = re.compile(r"Report: (s3://[^\s,;\"']+/)")
_NO_CAUSE = "no cause was given"
TRACEBACK = "Traceback (most recent call last):"


def explained(cause: str) -> str:
    """The innermost reason of a cause, on one line; for a traceback, its last line."""
    return _one_line(_innermost(cause))


def report_folder(cause: str) -> str:
    """The S3 folder of the report that a cause names, such as that on refused data; empty without one."""
    match = _REPORT.search(explained(cause))
    return match[1] if match else ""


def sentence(error: str, cause: str) -> str:
    """The error and its reason, such as ``DataRefused: customers.csv has no column 'spent'.``"""
    why = explained(cause) or _NO_CAUSE
    return f"{error or 'an error without a name'}: {why}".rstrip(". ") + "."


def execution(cause: str) -> str | None:
    """The ARN of the innermost execution described in a cause, or None when there is none."""
    arn = None
    for content in _levels(cause):
        arn = content.get(_EXECUTION) or arn
    return str(arn) if arn else None


def innermost_error(error: str, cause: str) -> str:
    """The name of the first error: the innermost execution's, when the cause describes executions."""
    for content in _levels(cause):
        error = str(content.get("Error") or error) if _EXECUTION in content else error
    return error


def names_a_job(error: str, cause: str) -> bool:
    """Whether an error is a SageMaker job's, so that there may be a log."""
    if error.startswith("SageMaker."):
        return True
    return any(name in content for content in _levels(cause) for name in (*JOB_KINDS, TUNING_JOB))


def _innermost(cause: str) -> str:
    before, content, after = _split(cause)
    if content is None:
        return cause
    reason = next((str(content[key]) for key in REASONS if content.get(key)), "")
    # A stopped execution may have an error without a cause.
    reason = _innermost(reason)
    if not reason or reason.startswith('{"'):
        reason = str(content.get("Error") or reason)
    return f"{before}{reason}{after}" if reason else cause


def _levels(cause: str) -> Iterator[Mapping[str, Any]]:
    """The nested JSON objects, outermost first."""
    content = _split(cause)[1]
    while content is not None:
        yield content
        reason = next((str(content[key]) for key in REASONS if content.get(key)), "")
        content = _split(reason)[1]


def _split(text: str) -> tuple[str, Mapping[str, Any] | None, str]:
    """The text before a JSON object, the object (None when there is none), and the text after it."""
    start = text.find('{"')
    if start < 0:
        return text, None, ""
    try:
        content, end = json.JSONDecoder(strict=False).raw_decode(text[start:])
    except ValueError:
        content, end = _cut_off(text[start:]), len(text)
    if not any(name in content for name in (*REASONS, _EXECUTION)):
        return text, None, ""
    return text[:start], content, text[start + end :]


def _cut_off(text: str) -> dict[str, str]:
    """The string members of a truncated JSON object, the last one possibly truncated."""
    fields: dict[str, str] = {}
    for match in re.finditer(r'"(?P<name>\w+)": ?"(?P<value>(?:[^"\\]|\\.)*)', text, flags=re.DOTALL):
        # Remove an incomplete escape sequence at the end.
        value = re.sub(r"\\(u[0-9a-fA-F]{0,3})?$", "", match["value"])
        try:
            fields.setdefault(match["name"], json.loads(f'"{value}"', strict=False))
        except ValueError:
            continue
    return fields


def _one_line(text: str) -> str:
    head, mark, trace = text.partition(TRACEBACK)
    lines = [line.strip() for line in trace.splitlines() if line.strip()]
    text = f"{head} {lines[-1]}" if mark and lines else text
    return " ".join(text.split())
