"""CloudFormation's types of CodeBuild: projects and report groups."""

from typing import Any

from mdlc_local import patches, template_requests
from mdlc_local.code_build.service import API

Properties = dict[str, Any]
Provisioned = tuple[str, dict[str, Any]]


def install() -> None:
    """Register the types' handlers."""
    table = patches.take(template_requests.PROVISIONERS, "_RESOURCE_HANDLERS")
    table["AWS::CodeBuild::Project"] = {
        "create": _create_project,
        "update": _update_project,
        "delete": lambda physical_id, properties: _call("DeleteProject", {"name": physical_id}),
    }
    table["AWS::CodeBuild::ReportGroup"] = {
        "create": _create_group,
        "update": _update_group,
        "delete": _delete_group,
    }


def request(operation: str, properties: Properties) -> dict[str, Any]:
    """A request of a template's properties, whose names and types are those of the API.

    Raises:
        ValueError: for a property that the operation does not have.
    """
    shape = API.service_model.operation_model(operation).input_shape
    converted: dict[str, Any] = template_requests.converted(shape, properties, "Properties")
    return converted


def _call(operation: str, content: dict[str, Any]) -> dict[str, Any]:
    return template_requests.call(API, operation, content)


def _project(properties: Properties, name: str) -> dict[str, Any]:
    # `Triggers` configures webhooks, which pipelines do not use.
    own = {key: value for key, value in properties.items() if key != "Name"}
    return {**request("CreateProject", own), "name": name}


def _create_project(logical_id: str, properties: Properties, stack_name: str) -> Provisioned:
    name = properties.get("Name") or template_requests.physical_name(stack_name, logical_id, 255)
    arn = _call("CreateProject", _project(properties, name))["project"]["arn"]
    return name, {"Arn": arn}


def _update_project(physical_id: str, old: Properties, new: Properties, stack_name: str) -> Provisioned:
    if new.get("Name", physical_id) != physical_id:
        _call("DeleteProject", {"name": physical_id})
        return _create_project("", new, stack_name)
    arn = _call("UpdateProject", _project(new, physical_id))["project"]["arn"]
    return physical_id, {"Arn": arn}


def _create_group(logical_id: str, properties: Properties, stack_name: str) -> Provisioned:
    name = properties.get("Name") or template_requests.physical_name(stack_name, logical_id, 128)
    own = {key: value for key, value in properties.items() if key not in ("Name", "DeleteReports")}
    arn = _call("CreateReportGroup", {**request("CreateReportGroup", own), "name": name})["reportGroup"][
        "arn"
    ]
    return arn, {"Arn": arn}


def _update_group(physical_id: str, old: Properties, new: Properties, stack_name: str) -> Provisioned:
    if new.get("Name") != old.get("Name"):
        _delete_group(physical_id, old)
        return _create_group("", new, stack_name)
    return physical_id, {"Arn": physical_id}


def _delete_group(physical_id: str, properties: Properties) -> None:
    _call("DeleteReportGroup", {"arn": physical_id, "deleteReports": bool(properties.get("DeleteReports"))})
