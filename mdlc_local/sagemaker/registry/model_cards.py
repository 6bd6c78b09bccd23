"""Checks the content of a package's model card by the schema that SageMaker documents for it.

Source: https://docs.aws.amazon.com/sagemaker/latest/dg/model-registry-details.html#model-card-schema
"""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from mdlc_local.errors import invalid

Schema = Mapping[str, Any]


def _text(longest: int, shortest: int = 0) -> Schema:
    return {"type": "string", "maxLength": longest, "minLength": shortest}


def _list(items: Schema, most: int | None = None, least: int = 0) -> Schema:
    return {"type": "array", "items": items, "maxItems": most, "minItems": least}


def _object(required: tuple[str, ...] = (), **properties: Schema) -> Schema:
    return {"type": "object", "properties": properties, "required": required, "others": None}


def _texts(longest: int) -> Schema:
    """An object of any names, whose values are texts."""
    return {"type": "object", "properties": {}, "required": (), "others": _text(longest)}


_NUMBER: Schema = {"type": "number"}
_PLACES = _list(_text(1024), 15)
_AXES = {"x_axis_name": _text(63), "y_axis_name": _text(63)}
_NAMED = ("name", "value")
_TRAINING_METRICS = _list(_object(_NAMED, name=_text(255, 1), notes=_text(1024), value=_NUMBER), 50)
_HYPERPARAMETERS = _list(_object(_NAMED, name=_text(255, 1), value=_text(255, 1)), 100)


def _metric(kind: tuple[str, ...], value: Schema, axes: Mapping[str, Schema]) -> Schema:
    return _object(
        ("name", "type", "value"),
        name=_text(255, 1),
        notes=_text(1024),
        type={"type": "string", "enum": kind},
        value=value,
        **axes,
    )


_SIMPLE: Schema = {"anyOf": (_NUMBER, _text(63), {"type": "boolean"})}
_METRIC: Schema = {
    "anyOf": (
        _metric(("number", "string", "boolean"), _SIMPLE, _AXES),
        _metric(("linear_graph",), _list(_list(_NUMBER, 2, 2), least=1), _AXES),
        _metric(("bar_chart",), _list(_NUMBER, least=1), {**_AXES, "x_axis_name": _list(_text(63))}),
        _metric(
            ("matrix",),
            _list(_list(_NUMBER, 20, 1), 20, 1),
            {"x_axis_name": _list(_text(63)), "y_axis_name": _list(_text(63))},
        ),
    )
}

SCHEMA: Schema = _object(
    model_overview=_object(model_creator=_text(1024), model_artifact=_PLACES),
    intended_uses=_object(
        purpose_of_model=_text(2048),
        intended_uses=_text(2048),
        factors_affecting_model_efficiency=_text(2048),
        risk_rating={"type": "string", "enum": ("High", "Medium", "Low", "Unknown")},
        explanations_for_risk_rating=_text(2048),
    ),
    business_details=_object(
        business_problem=_text(2048), business_stakeholders=_text(2048), line_of_business=_text(2048)
    ),
    training_details=_object(
        objective_function={"type": "object"},
        training_observations=_text(1024),
        training_job_details=_object(
            training_arn=_text(1024),
            training_datasets=_PLACES,
            training_environment=_object(container_image=_PLACES),
            training_metrics=_TRAINING_METRICS,
            user_provided_training_metrics=_TRAINING_METRICS,
            hyper_parameters=_HYPERPARAMETERS,
            user_provided_hyper_parameters=_HYPERPARAMETERS,
        ),
    ),
    evaluation_details=_list(
        _object(
            ("name",),
            name=_text(63, 1),
            evaluation_observation=_text(2096),
            evaluation_job_arn=_text(256),
            datasets=_list(_text(1024), 10),
            metadata=_texts(1024),
            metric_groups=_list(
                {
                    "type": "object",
                    "properties": {"name": _text(63, 1), "metric_data": _list(_METRIC)},
                    "required": ("name", "metric_data"),
                }
            ),
        )
    ),
    additional_information=_object(
        ethical_considerations=_text(2048),
        caveats_and_recommendations=_text(2048),
        custom_details=_texts(1024),
    ),
)
"""The schema, as far as a card can break it."""

_TYPES: Mapping[str, type | tuple[type, ...]] = {
    "object": dict,
    "array": list,
    "string": str,
    "boolean": bool,
    "number": (int, float),
}


def merged(before: Mapping[str, Any] | None, changes: Mapping[str, Any]) -> dict[str, Any]:
    """A package's card after a change of its content, its status, or both.

    Raises:
        ApiError: ValidationException for a content that is no card, or an archived card's content.
    """
    if "ModelCardContent" in changes:
        check_content(changes["ModelCardContent"])
        if (before or {}).get("ModelCardStatus") == "Archived":
            raise invalid("Model Card is in Archived state.")
    return {**(before or {}), **changes}


def metadata_only(card: Mapping[str, Any]) -> dict[str, Any]:
    """A card as DescribeModelPackage answers with `IncludedData=MetadataOnly`: without what may be sensitive.

    Of the members that stay on AWS, only the risk rating is one of a package's card.
    """
    if "ModelCardContent" not in card:
        return dict(card)
    uses = json.loads(card["ModelCardContent"]).get("intended_uses", {})
    rating = {"risk_rating": uses["risk_rating"]} if "risk_rating" in uses else {}
    return {**card, "ModelCardContent": json.dumps({"intended_uses": rating} if rating else {})}


def check_content(content: str) -> None:
    """Check a card's content.

    Raises:
        ApiError: ValidationException, naming the first part that does not fit.
    """
    try:
        card = json.loads(content)
    except ValueError as error:
        raise invalid(f"Model card content is not valid JSON: {error}") from error
    for problem in problems(card):
        raise invalid(f"Model card content does not follow the schema: {problem}")


def problems(value: Any, schema: Schema = SCHEMA, where: str = "$") -> Iterator[str]:
    """What of a value does not fit a schema: the part, and why."""
    if "anyOf" in schema:
        if all(any(problems(value, choice, where)) for choice in schema["anyOf"]):
            yield f"{where} is none of what it may be"
        return
    kind = schema["type"]
    if not _is(value, kind):
        yield f"{where} is no {kind}"
        return
    if kind == "object":
        yield from _of_object(value, schema, where)
    elif kind == "array":
        if not (schema["minItems"] <= len(value) <= (schema["maxItems"] or len(value))):
            yield f"{where} has {len(value)} items"
        for place, item in enumerate(value):
            yield from problems(item, schema["items"], f"{where}[{place}]")
    elif kind == "string":
        if "enum" in schema and value not in schema["enum"]:
            yield f"{where} is {value!r}, not one of {', '.join(schema['enum'])}"
        if not schema.get("minLength", 0) <= len(value) <= schema.get("maxLength", len(value)):
            yield f"{where} has {len(value)} characters"


def _is(value: Any, kind: str) -> bool:
    """Whether a value is of a type of JSON."""
    return isinstance(value, _TYPES[kind]) and not (kind == "number" and isinstance(value, bool))


def _of_object(value: Mapping[str, Any], schema: Schema, where: str) -> Iterator[str]:
    for name in schema.get("required", ()):
        if name not in value:
            yield f"{where}.{name} is missing"
    properties = schema.get("properties", {})
    for name, member in value.items():
        inner = properties.get(name, schema.get("others"))
        if inner is not None:
            yield from problems(member, inner, f"{where}.{name}")
        elif "others" in schema:
            yield f"{where}.{name} is unknown"
