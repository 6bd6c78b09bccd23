"""The ItemBatcher of a Distributed Map, whose fields may be expressions and paths."""

import importlib
import json
from dataclasses import dataclass
from typing import Any

from mdlc_local.states import locations

MAX_BATCH_BYTES = 262144
"""Step Functions' size limit of a child execution's input."""

FIELD = "ItemBatcher"
PATH_FIELDS = ("MaxItemsPerBatch", "MaxInputBytesPerBatch")
"""The fields that in JSONPath also have a form with a path, whose name ends in Path."""


@dataclass(frozen=True)
class Batcher:
    """The ItemBatcher of a state.

    Attributes:
        fields: its fields in the definition.
        language: the state's query language.
    """

    fields: dict[str, Any]
    language: str

    def values(self, environment: Any) -> dict[str, Any]:
        """The values of the fields, evaluated in moto's environment of the state."""
        if self.language == locations.JSONATA:
            state = {"Output": locations.marked(self.fields, FIELD)}
        else:
            state = {"Parameters": {_payload_name(name): value for name, value in self.fields.items()}}
        environment.stack.append(environment.states.get_input())
        _template(state).eval(environment)
        values: dict[str, Any] = environment.stack.pop()
        environment.stack.pop()
        # The value at a path may be a number as text.
        return {name: int(value) if name in PATH_FIELDS else value for name, value in values.items()}


def batches(items: list[Any], batcher: dict[str, Any]) -> list[dict[str, Any]]:
    """The inputs of the child executions: the items in batches within the batcher's limits."""
    count = batcher.get("MaxItemsPerBatch")
    limit = batcher.get("MaxInputBytesPerBatch", MAX_BATCH_BYTES)
    common = {"BatchInput": batcher["BatchInput"]} if "BatchInput" in batcher else {}
    batched: list[dict[str, Any]] = []
    for item in items:
        size = len(json.dumps(item))
        last = batched[-1] if batched else None
        if last and (not count or len(last["Items"]) < count) and len(json.dumps(last)) + size < limit:
            last["Items"].append(item)
        else:
            batched.append({**common, "Items": [item]})
    return batched


def _payload_name(name: str) -> str:
    field = name.removesuffix("Path")
    return f"{field}.$" if name != field and field in PATH_FIELDS else name


def _template(fields: dict[str, Any]) -> Any:
    """The fields as moto parses them in a Pass state, to be evaluated."""
    language = {"QueryLanguage": locations.JSONATA} if "Output" in fields else {}
    state = {"Type": "Pass", "End": True, **fields}
    machine = {**language, "StartAt": "Batch", "States": {"Batch": state}}
    parser = importlib.import_module("moto.stepfunctions.parser.asl.parse.asl_parser")
    read = parser.AmazonStateLanguageParser.parse(json.dumps(machine))[0].states.states["Batch"]
    return read.output.jsonata_template_value if language else read.parameters
