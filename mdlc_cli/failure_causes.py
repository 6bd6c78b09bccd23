"""Why something failed, out of the JSON within JSON that AWS gives as an error's cause. Pure.

A machine that waits for another gets that one's whole description as the cause, in which the cause may be
that of a third; below lies a job's description with its failure reason, or a function's error. Records cut
long causes off, so that what is left need not be whole JSON.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from mdlc_cli.history import JOB_KINDS

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
"""Members of a service's answer that say why something failed, the closest reason first."""

_EXECUTION = "ExecutionArn"
_NO_CAUSE = "no cause was given"
TRACEBACK = "Traceback (most recent call last):"


def explained(cause: str) -> str:
    """The innermost reason of a cause, on one line; of a traceback its last line."""
    return _one_line(_innermost(cause))


def sentence(error: str, cause: str) -> str:
    """What failed and why, such as ``DataRefused: customers.csv has no column 'spent'.``"""
    why = explained(cause) or _NO_CAUSE
    return f"{error or 'an error without a name'}: {why}".rstrip(". ") + "."


def execution(cause: str) -> str | None:
    """The ARN of the innermost execution that a cause is of; None when it is of none."""
    arn = None
    for content in _levels(cause):
        arn = content.get(_EXECUTION) or arn
    return str(arn) if arn else None


def innermost_error(error: str, cause: str) -> str:
    """The name of the error that came first: of an execution that another one waited for, its own."""
    for content in _levels(cause):
        error = str(content.get("Error") or error) if _EXECUTION in content else error
    return error


def names_a_job(error: str, cause: str) -> bool:
    """Whether an error is one that a job met, which has a log."""
    if error.startswith("SageMaker."):
        return True
    return any(name in content for content in _levels(cause) for name in JOB_KINDS)


def _innermost(cause: str) -> str:
    before, content, after = _split(cause)
    if content is None:
        return cause
    reason = next((str(content[key]) for key in REASONS if content.get(key)), "")
    # An execution that was stopped may name an error and no cause.
    reason = _innermost(reason)
    if not reason or reason.startswith('{"'):
        reason = str(content.get("Error") or reason)
    return f"{before}{reason}{after}" if reason else cause


def _levels(cause: str) -> Iterator[Mapping[str, Any]]:
    """The documents that lie in one another, the outermost first."""
    content = _split(cause)[1]
    while content is not None:
        yield content
        reason = next((str(content[key]) for key in REASONS if content.get(key)), "")
        content = _split(reason)[1]


def _split(text: str) -> tuple[str, Mapping[str, Any] | None, str]:
    """A text as what is before a JSON object, the object, and what is after it; None where there is none."""
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
    """The text members of an object whose end is missing, as far as they go."""
    fields: dict[str, str] = {}
    for match in re.finditer(r'"(?P<name>\w+)": ?"(?P<value>(?:[^"\\]|\\.)*)', text, flags=re.DOTALL):
        # Half an escape at the very end says nothing.
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
