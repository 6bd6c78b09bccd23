"""Small definitions, made of one state that a test is about."""

import json
from typing import Any

from mdlc_local.states.definitions import problems_of

PASS: dict[str, Any] = {"Type": "Pass", "End": True}
FUNCTION = "arn:aws:lambda:us-east-1:123456789012:function:f"
TASK: dict[str, Any] = {"Type": "Task", "Resource": FUNCTION, "End": True}
INNER: dict[str, Any] = {"StartAt": "I", "States": {"I": PASS}}
SCHEMA = "SCHEMA_VALIDATION_FAILED"
DISTRIBUTED = {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}


def integration(called: str, **more: Any) -> dict[str, Any]:
    """A task that calls an integration, its parameters empty."""
    return {"Type": "Task", "Resource": f"arn:aws:states:::{called}", "Parameters": {}, "End": True, **more}


def mapped(*, distributed: bool = False, **more: Any) -> dict[str, Any]:
    """A Map state over states that do nothing."""
    processor = {**INNER, **({"ProcessorConfig": DISTRIBUTED} if distributed else {})}
    return {"Type": "Map", "ItemProcessor": processor, "End": True, **more}


def choice(*rules: Any, **more: Any) -> dict[str, Any]:
    """A Choice state that goes to B."""
    return {"Type": "Choice", "Choices": list(rules), "Default": "B", **more}


def machine(state: Any, *others: str, **more: Any) -> dict[str, Any]:
    """A machine of a state A and of states that only pass on."""
    return {"StartAt": "A", "States": {"A": state, **dict.fromkeys(others, PASS)}, **more}


def jsonata(state: Any, *others: str) -> dict[str, Any]:
    """The same in JSONata."""
    return machine(state, *others, QueryLanguage="JSONata")


def refusals(definition: Any, kind: str = "STANDARD") -> list[str]:
    """Why a definition is refused, each as ``CODE: sentence at place``; JSON text is taken as it is."""
    text = definition if isinstance(definition, str) else json.dumps(definition)
    return [str(problem) for problem in problems_of(text, kind)]


def only(language: str, field: str) -> str:
    """AWS's sentence for a field that only another query language has."""
    other = {"JSONata": "JSONPath", "JSONPath": "JSONata"}[language]
    return (
        f"The QueryLanguage is set to '{other}', but field '{field}' is only supported for the "
        f"'{language}' QueryLanguage"
    )
