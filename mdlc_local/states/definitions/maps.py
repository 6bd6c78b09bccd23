"""Checks the fields that only a Map state has: its items, reader, batcher, writer and processor."""

from __future__ import annotations

import re

from mdlc_local.states.definitions import templates, values
from mdlc_local.states.definitions.places import JSONATA, JSONPATH, Place

MAX_LABEL_CHARACTERS = 40
MAX_READ_ITEMS = 100_000_000

READERS = ("s3:getObject", "s3:listObjectsV2")
INPUT_TYPES = ("CSV", "JSON", "JSONL", "MANIFEST", "PARQUET")

_NOT_IN_LABEL = re.compile(r"[\s?*<>{}\[\]:;,\\|^~$#%&`\"\x00-\x1f\x7f-\x9f]")


def _paired(place: Place, *names: str) -> None:
    for name in names:
        if isinstance(place.value, dict):
            values.at_most_one(place, name, f"{name}Path")


def _of_language(place: Place, only_jsonpath: set[str], only_jsonata: set[str]) -> dict[str, values.Checker]:
    """Report fields of the other query language; returns them with a checker that accepts anything."""
    if not isinstance(place.value, dict):
        return {}
    other, names = (JSONPATH, only_jsonpath) if place.language == JSONATA else (JSONATA, only_jsonata)
    return dict.fromkeys(values.in_language_only(place, other, names), values.anything)


def item_reader(place: Place) -> None:
    """An ItemReader, which says where items are read from."""
    other = _of_language(place, {"Parameters"}, {"Arguments"})
    table: dict[str, values.Checker] = {
        "Resource": _reader_resource,
        "ReaderConfig": _reader_config,
        "Parameters": templates.payload,
        "Arguments": values.mapping_or_expression,
    }
    values.fields(place, table | other, ["Resource"])


def _reader_resource(place: Place) -> None:
    arn = place.value if isinstance(place.value, str) else ""
    if arn.partition(":states:::")[2] not in READERS:
        examples = ", ".join(f"arn:<partition>:states:::{name}" for name in READERS)
        place.fault(f"The field 'Resource' does not match any of the allowed values. Examples: [{examples}]")


def _reader_config(place: Place) -> None:
    if not isinstance(place.value, dict):
        values.mapping_or_expression(place)
        return
    _of_language(place, {"MaxItemsPath"}, set())
    _paired(place, "MaxItems")
    for name, check in {
        "InputType": values.one_of(*INPUT_TYPES),
        "CSVHeaderLocation": values.one_of("FIRST_ROW", "GIVEN"),
        "CSVHeaders": values.sequence,
        "MaxItems": values.integer(0, MAX_READ_ITEMS),
        "MaxItemsPath": values.reference_path,
    }.items():
        if place.has(name):
            check(place.child(name))
    config = place.value
    if (
        config.get("InputType") == "CSV"
        and "CSVHeaderLocation" not in config
        and "ManifestType" not in config
    ):
        place.fault("The field 'CSVHeaderLocation' is required")
    if config.get("InputType") == "JSON" and "CSVHeaderLocation" in config:
        place.fault("Field 'CSVHeaderLocation' is not supported")
    if config.get("CSVHeaderLocation") == "GIVEN" and "CSVHeaders" not in config:
        place.fault("These fields are required: [CSVHeaders]")


def item_batcher(place: Place) -> None:
    """An ItemBatcher, which says how items are batched into the inputs of child executions."""
    if place.is_expression:
        return
    numbers = ("MaxItemsPerBatch", "MaxInputBytesPerBatch")
    other = _of_language(place, {f"{name}Path" for name in numbers}, set())
    table: dict[str, values.Checker] = {"BatchInput": templates.payload}
    for name in numbers:
        table |= {name: values.integer(0), f"{name}Path": _input_path}
    values.fields(place, table | other)
    _paired(place, *numbers)


def result_writer(place: Place) -> None:
    """A ResultWriter, which says where results are written to."""
    values.mapping_or_expression(place)
    _of_language(place, {"Parameters"}, {"Arguments"})
    if place.has("Parameters"):
        templates.payload(place.child("Parameters"))


def label(place: Place) -> None:
    """A Label, which becomes part of a Map Run's ARN."""
    values.text(place)
    name = place.value
    if not isinstance(name, str):
        return
    if not name:
        place.fault("Invalid Label name: Label cannot be empty", "INVALID_LABEL_NAME")
    elif len(name) > MAX_LABEL_CHARACTERS:
        place.fault(
            f"Invalid Label name: {name} exceeds the {MAX_LABEL_CHARACTERS}-character limit allowed by the "
            "service",
            "INVALID_LABEL_NAME",
        )
    elif (match := _NOT_IN_LABEL.search(name)) is not None:
        place.fault(
            f"Invalid Label name: {name} contains the invalid character {match[0]!r}", "INVALID_LABEL_NAME"
        )


def _input_path(place: Place) -> None:
    """A reference path into the input; a Map's numbers cannot come from the context object."""
    values.reference_path(place)
    if isinstance(place.value, str) and place.value.startswith("$$"):
        place.fault("Value is not a Reference Path")


FIELDS: dict[str, tuple[str | None, values.Checker]] = {
    "ItemsPath": (JSONPATH, values.reference_path),
    "Items": (JSONATA, values.items),
    "ItemSelector": (None, templates.payload),
    "ItemReader": (None, item_reader),
    "ItemBatcher": (None, item_batcher),
    "ResultWriter": (None, result_writer),
    "MaxConcurrency": (None, values.integer(0)),
    "MaxConcurrencyPath": (JSONPATH, _input_path),
    "ToleratedFailureCount": (None, values.integer(0)),
    "ToleratedFailureCountPath": (JSONPATH, _input_path),
    "ToleratedFailurePercentage": (None, values.number(0, 100)),
    "ToleratedFailurePercentagePath": (JSONPATH, _input_path),
    "Label": (None, label),
}
"""The fields that only a Map state has: the query language that supports it (None: both), and the checker."""


def check(state: Place) -> None:
    """Report a Map's fields that exclude each other."""
    values.exactly_one(state, "ItemProcessor", "Iterator")
    _paired(state, "MaxConcurrency", "ToleratedFailureCount", "ToleratedFailurePercentage")


def processor_config(place: Place) -> None:
    """A ProcessorConfig: whether items run inline or as child executions, and the type of the latter."""
    table = {
        "Mode": values.one_of("INLINE", "DISTRIBUTED"),
        "ExecutionType": values.one_of("STANDARD", "EXPRESS"),
    }
    if not isinstance(place.value, dict):
        values.mapping(place)
    elif place.value.get("Mode") == "DISTRIBUTED":
        values.fields(place, table, ["ExecutionType"])
    else:
        values.fields(place, {"Mode": table["Mode"]})


def is_distributed(processor: object) -> bool:
    """Whether an item processor runs its items as child executions (a Distributed Map)."""
    config = processor.get("ProcessorConfig") if isinstance(processor, dict) else None
    return isinstance(config, dict) and config.get("Mode") == "DISTRIBUTED"
