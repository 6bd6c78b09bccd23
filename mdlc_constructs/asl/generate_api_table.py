"""Generates the table of API requests for checking arguments: `python -m ... .generate_api_table`.

The table is generated from botocore's service models, because loading those at every synth takes 0.4 s. A
test fails when the table does not match the locked botocore.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

TABLE = Path(__file__).with_name("_api_table.json")

OPERATIONS: dict[str, tuple[str, ...]] = {
    "application-autoscaling": (
        "DeleteScalingPolicy",
        "DeleteScheduledAction",
        "DeregisterScalableTarget",
        "DescribeScalableTargets",
        "DescribeScalingPolicies",
        "DescribeScheduledActions",
        "PutScalingPolicy",
        "PutScheduledAction",
        "RegisterScalableTarget",
    ),
    "cloudwatch": ("DescribeAlarms", "PutMetricData"),
    "dynamodb": (
        "BatchGetItem",
        "DeleteItem",
        "GetItem",
        "PutItem",
        "Query",
        "TransactWriteItems",
        "UpdateItem",
    ),
    "events": ("PutEvents",),
    "lambda": ("Invoke",),
    "s3": ("CopyObject", "DeleteObject", "GetObject", "HeadObject", "ListObjectsV2", "PutObject"),
    "sagemaker": (
        "AddTags",
        "CreateEndpoint",
        "CreateEndpointConfig",
        "CreateHyperParameterTuningJob",
        "CreateLabelingJob",
        "CreateModel",
        "CreateModelPackage",
        "CreateProcessingJob",
        "CreateTrainingJob",
        "CreateTransformJob",
        "DeleteEndpoint",
        "DeleteEndpointConfig",
        "DeleteModel",
        "DeleteModelPackage",
        "DescribeEndpoint",
        "DescribeEndpointConfig",
        "DescribeHyperParameterTuningJob",
        "DescribeModel",
        "DescribeModelPackage",
        "DescribeProcessingJob",
        "DescribeTrainingJob",
        "DescribeTransformJob",
        "ListModelPackages",
        "StopProcessingJob",
        "StopTrainingJob",
        "StopTransformJob",
        "UpdateEndpoint",
        "UpdateEndpointWeightsAndCapacities",
        "UpdateModelPackage",
    ),
    "sagemaker-runtime": ("InvokeEndpoint", "InvokeEndpointAsync"),
    "stepfunctions": ("DescribeExecution", "StartExecution", "StopExecution"),
}
"""The operations that tasks of this library, or of its users, call, by botocore's service name."""

# Longer enumerations, such as instance types, grow every month: a list would refuse new values.
_MAX_ENUM_VALUES = 40

_KINDS = {
    "integer": "int",
    "long": "int",
    "float": "number",
    "double": "number",
    "boolean": "bool",
    "string": "text",
}


def generate() -> str:
    """The table as JSON text."""
    import botocore.session

    session = botocore.session.get_session()
    shapes: dict[str, Any] = {}
    operations: dict[str, str] = {}
    names_of: dict[str, list[str]] = {}
    for service, names in OPERATIONS.items():
        model = session.get_service_model(service)
        names_of[service] = sorted(model.operation_names)
        for name in names:
            shape = model.operation_model(name).input_shape
            operations[f"{service}:{name}"] = _reference(service, shape, shapes)
    table = {"names": names_of, "operations": operations, "shapes": shapes}
    text = json.dumps(table, separators=(",", ":"), sort_keys=True)
    # One shape per line, so that the changes of a new botocore version are a readable diff.
    return text.replace('},"', '},\n"') + "\n"


def _reference(service: str, shape: Any, shapes: dict[str, Any]) -> str:
    """The type of a member: a scalar type or a shape's name, after "[]" for a list or "{}" for a map."""
    if shape.type_name == "list":
        return "[]" + _reference(service, shape.member, shapes)
    if shape.type_name == "map":
        return "{}" + _reference(service, shape.value, shapes)
    if shape.type_name == "structure":
        key = f"{service}/{shape.name}"
        if key not in shapes:
            shapes[key] = {}  # set before its members, which may contain the shape itself
            members = {
                name[:1].upper() + name[1:]: _reference(service, member, shapes)
                for name, member in shape.members.items()
            }
            required = [name[:1].upper() + name[1:] for name in shape.required_members]
            shapes[key] = {"members": members, "required": sorted(required)}
        return key
    enum = getattr(shape, "enum", [])
    if 0 < len(enum) <= _MAX_ENUM_VALUES:
        key = f"{service}/{shape.name}"
        shapes[key] = {"enum": sorted(enum)}
        return key
    return _KINDS.get(shape.type_name, "any")


if __name__ == "__main__":
    TABLE.write_text(generate(), encoding="utf-8")
