"""Where in its state an expression stands, which the errors of Step Functions say: ``Output/total``.

The definition is marked before moto reads it: each expression begins with a comment that holds its place, and
takes it off when it is made.
"""

import re
from typing import Any

from mdlc_local import patches

STRINGS = "moto.stepfunctions.parser.asl.component.common.string.string_expression"
JSONATA = "JSONata"

_MARK = re.compile(r"^/\*@(.*?)@\*/", re.DOTALL)
_SCOPES = ("ItemProcessor", "Iterator")


def mark(machine: dict[str, Any], language: str = "JSONPath") -> None:
    """Put the place of every JSONata expression into it, in place.

    Args:
        machine: a state machine, a branch or an item processor.
        language: the query language of what it stands in.
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
    """The expression without its mark, and its place in the state ("" when it has no mark)."""
    match = _MARK.match(marked)
    return (marked[match.end() :].strip(), match[1]) if match else (marked, "")


def marked(value: Any, place: str) -> Any:
    """A copy of `value`, which stands at `place`, with the places of its expressions."""
    if isinstance(value, str) and value.startswith("{%") and value.endswith("%}"):
        return "{%/*@" + place.replace("*/", "") + "@*/" + value[2:]
    if isinstance(value, dict):
        return {key: marked(item, f"{place}/{key}") for key, item in value.items()}
    if isinstance(value, list):
        return [marked(item, f"{place}[{index}]") for index, item in enumerate(value)]
    return value


def install() -> None:
    """Let expressions know their place."""
    kind = f"{STRINGS}:StringJSONata"
    patches.take(kind, "__init__", "self expression")

    def begin(self: Any, expression: str) -> None:
        self.expression, self.place = expression_and_place(expression)
        self.literal_value = self.expression

    patches.replace(kind, "__init__", begin)
