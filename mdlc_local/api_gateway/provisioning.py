"""Provisioning of REST APIs from CloudFormation templates, where ministack's is incomplete."""

import importlib
import json
import logging
from collections.abc import Callable
from types import ModuleType
from typing import Any

from mdlc_local import cloudformation, patches

log = logging.getLogger("mdlc_local.api_gateway")

API_GATEWAY = "ministack.services.apigateway_v1"
PROVISIONERS = cloudformation.PROVISIONERS
METHOD, STAGE, VALIDATOR = (f"AWS::ApiGateway::{kind}" for kind in ("Method", "Stage", "RequestValidator"))
ASSOCIATION = "AWS::WAFv2::WebACLAssociation"

NO_LOG_ROLE = "CloudWatch Logs role ARN must be set in account settings to enable logging"

Properties = dict[str, Any]


def install(app: ModuleType) -> None:
    """Provision request validators, access logs and methods' throttling; record web ACL associations."""
    del app
    handlers = patches.take(PROVISIONERS, "_RESOURCE_HANDLERS")
    for type_name, keep in ((METHOD, _keep_method), (STAGE, _keep_stage)):
        for verb in ("create", "update"):
            handlers[type_name][verb] = _keeping(handlers[type_name][verb], keep, last=verb == "update")
    patches.take(API_GATEWAY, "_create_request_validator", "api_id data")
    handlers[VALIDATOR] = {
        "create": _create_validator,
        "update": _update_validator,
        "delete": _delete_validator,
    }
    patches.wrap(PROVISIONERS, "_apigw_method_settings", "raw", _decoding)
    handlers.setdefault(ASSOCIATION, cloudformation.placeholder(ASSOCIATION, ()))


def _keeping(
    provision: Callable[..., Any], keep: Callable[[Properties], None], *, last: bool
) -> Callable[..., Any]:
    def provisioning(*arguments: Any, **keywords: Any) -> Any:
        properties = arguments[2 if last else 1]
        if keep is _keep_stage:
            _check_logging(properties)
        provisioned = provision(*arguments, **keywords)
        keep(properties)
        return provisioned

    return provisioning


def _create_validator(logical_id: str, properties: Properties, stack_name: str) -> Any:
    gateway = importlib.import_module(API_GATEWAY)
    asked = {
        "name": properties.get("Name") or f"{stack_name}-{logical_id}",
        "validateRequestBody": str(properties.get("ValidateRequestBody", False)).lower() == "true",
        "validateRequestParameters": str(properties.get("ValidateRequestParameters", False)).lower()
        == "true",
    }
    status, _, body = gateway._create_request_validator(properties["RestApiId"], asked)
    if status >= 400:
        raise ValueError(f"{VALIDATOR} create failed: {body!r}")
    validator_id = json.loads(body)["id"]
    return validator_id, {"RequestValidatorId": validator_id}


def _update_validator(physical_id: str, old: Properties, new: Properties, stack_name: str) -> Any:
    created = _create_validator(physical_id, new, stack_name)
    validators = importlib.import_module(API_GATEWAY)._request_validators.get(new["RestApiId"], {})
    if old.get("RestApiId") == new["RestApiId"]:
        # Methods refer to the validator by its id, so an update must keep the id.
        validators[physical_id] = validators.pop(created[0]) | {"id": physical_id}
        return physical_id, {"RequestValidatorId": physical_id}
    return created


def _delete_validator(physical_id: str, properties: Properties) -> None:
    importlib.import_module(API_GATEWAY)._delete_request_validator(properties["RestApiId"], physical_id)


def _keep_method(properties: Properties) -> None:
    gateway = importlib.import_module(API_GATEWAY)
    resource = gateway._resources.get(properties["RestApiId"], {})[properties["ResourceId"]]
    method = resource["resourceMethods"][properties.get("HttpMethod", "ANY")]
    method["requestValidatorId"] = properties.get("RequestValidatorId")


def _keep_stage(properties: Properties) -> None:
    gateway = importlib.import_module(API_GATEWAY)
    stage = gateway._stages_v1.get(properties["RestApiId"], {})[properties["StageName"]]
    setting = properties.get("AccessLogSetting") or {}
    stage["accessLogSettings"] = (
        {"destinationArn": setting.get("DestinationArn", ""), "format": setting.get("Format", "")}
        if setting
        else {}
    )


def _check_logging(properties: Properties) -> None:
    gateway = importlib.import_module(API_GATEWAY)
    settings = properties.get("MethodSettings") or []
    levels = {str(setting.get("LoggingLevel", "OFF")) for setting in settings if isinstance(setting, dict)}
    if not properties.get("AccessLogSetting") and levels <= {"OFF"}:
        return
    if not (gateway._account_settings.get("settings") or {}).get("cloudwatchRoleArn"):
        raise ValueError(f"{NO_LOG_ROLE} (AWS::ApiGateway::Account, CloudWatchRoleArn)")


def _decoding(settings: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Decode ``~1``, by which templates write the slashes of a method's path: ``/~1decisions``."""

    def decoded(raw: Any) -> Any:
        if isinstance(raw, list):
            raw = [
                {**operation, "ResourcePath": _decoded(operation["ResourcePath"])}
                if "ResourcePath" in operation
                else operation
                for operation in raw
                if isinstance(operation, dict)
            ]
        return settings(raw)

    return decoded


def _decoded(path: str) -> str:
    return "/" + path[1:].replace("~1", "/").lstrip("/") if "~1" in path else path
