"""Validates an execution's input, with the messages of Step Functions, whose JSON parser is Jackson."""

import json
import re

MAX_INPUT_BYTES = 262144
"""The size limit of an execution's input, in bytes of UTF-8."""

_WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_VALUES = "(JSON String, Number, Array, Object or token 'null', 'true' or 'false')"


def refusal(text: str | None) -> tuple[str, str] | None:
    """The error code and message for an invalid input, or None for a valid one.

    Args:
        text: the input of StartExecution, or None when there is none.
    """
    if text is None:
        return None
    if len(text.encode()) > MAX_INPUT_BYTES:
        return "ValidationException", (
            "1 validation error detected: Value at 'input' failed to satisfy constraint: Member must have "
            f"length less than or equal to {MAX_INPUT_BYTES}"
        )
    reason = "Invalid execution input." if not text.strip() else _problem(text)
    if reason is None:
        return None
    return "InvalidExecutionInput", f"Invalid State Machine Execution Input: '{reason}'"


def _problem(text: str) -> str | None:
    try:
        json.loads(text, parse_constant=_no_constant)
    except json.JSONDecodeError as error:
        rest = text[error.pos :].lstrip()
        word = _WORD.match(rest)
        if error.msg.startswith("Expecting property name") and rest:
            return (
                f"Unexpected character ('{rest[0]}' (code {ord(rest[0])})): "
                "was expecting double-quote to start field name"
            )
        if word:
            return f"Unrecognized token '{word[0]}': was expecting {_VALUES}"
        return str(error)
    except ValueError as error:
        return str(error)
    return None


def _no_constant(name: str) -> None:
    raise ValueError(f"Unrecognized token '{name}': was expecting {_VALUES}")
