"""The path of an expression in its state, such as ``Output/total``, which Step Functions' errors contain.

Before moto parses a definition, each expression gets a comment with its path at its beginning. moto's
expression object removes the comment again when it is created.
"""

import re
from typing import Any

from mdlc_local import patches

STRINGS = "moto.stepfunctions.parser.asl.component.common.string.string_expression"
JSONATA = "JSONata"

_MARK = re.compile(r"^/\*@(.*?)@\*/", re.DOTALL)
_SCOPES = ("ItemProcessor", "Iterator")


def mark(machine: dict[str, Any], language: str = "JSONPath") -> None:
    """Add its path to every JSONata expression of a definition, which is changed in place.

    Args:
        machine: a state machine, a branch or an item processor.
        language: the query language that it inherits.
    """
    language = machine.get("QueryLanguage", language)
    for state in (machine.get("States") or {}).values():
        own = state.get("QueryLanguage", language)
        for field, value in state.items():
            if field == "Branches" and isinstance(value, list):
                for branch in value:
                    mark(branch, own)
            elif field in _SCOPES and isinstance(value, dict):
                mark(value, own)
            elif own == JSONATA and field != "Comment":
                state[field] = marked(value, field)


def expression_and_place(marked: str) -> tuple[str, str]:
    """The expression without its mark, and its path in the state ("" when it has no mark)."""
    match = _MARK.match(marked)
    return (marked[match.end() :].strip(), match[1]) if match else (marked, "")


def marked(value: Any, place: str) -> Any:
    """A copy of `value`, whose path is `place`, with its expressions marked by their paths."""
    if isinstance(value, str) and value.startswith("{%") and value.endswith("%}"):
        return "{%/*@" + place.replace("*/", "") + "@*/" + value[2:]
    if isinstance(value, dict):
        return {key: marked(item, f"{place}/{key}") for key, item in value.items()}
    if isinstance(value, list):
        return [marked(item, f"{place}[{index}]") for index, item in enumerate(value)]
    return value


def install() -> None:
    """Patch moto's expressions to read their path from the mark."""
    kind = f"{STRINGS}:StringJSONata"
    patches.take(kind, "__init__", "self expression")

    def begin(self: Any, expression: str) -> None:
        self.expression, self.place = expression_and_place(expression)
        self.literal_value = self.expression

    patches.replace(kind, "__init__", begin)
