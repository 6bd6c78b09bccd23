"""The IAM permissions that a SageMaker request needs.

The server evaluates the request's own action on the resource of `resource_arn`. `check_dependent` evaluates
the dependent actions (`iam:PassRole`, `sagemaker:AddTags`) of AWS's Service Authorization Reference.
"""

from collections.abc import Callable
from typing import Any

from mdlc_local import iam, patches, request_resources
from mdlc_local.autoscaling import permissions as scaling
from mdlc_local.errors import ApiError
from mdlc_local.request_resources import ServiceRequest
from mdlc_local.sagemaker import execution_roles, records
from mdlc_local.sagemaker.endpoints import invocations
from mdlc_local.sagemaker.records import (
    ENDPOINT,
    ENDPOINT_CONFIG,
    KINDS,
    MODEL_PACKAGE,
    MODEL_PACKAGE_GROUP,
    TUNING_JOB,
    Kind,
)
from mdlc_local.sagemaker.registry import group_policies, model_packages
from mdlc_local.scopes import Scope

SERVICE = "sagemaker"
ACTIONS = "ministack.core.iam_actions"

_TUNING = "CreateHyperParameterTuningJob"
_ROLE_FIELDS = ("RoleArn", "ExecutionRoleArn")


def resource_arn(operation: str, request: dict[str, Any], scope: Scope) -> str:
    """The resource ARN for the evaluation of a request; ``*`` when it has none, as List operations."""
    if operation in ("AddTags", "DeleteTags", "ListTags"):
        return str(request.get("ResourceArn") or "*")
    home = group_policies.owner(operation, request, scope)
    if operation == "ListModelPackages" and home != scope:
        return records.arn(MODEL_PACKAGE, f"{records.bare(request['ModelPackageGroupName'])}/*", home)
    scope = home
    # The only List operation on a resource.
    listed = operation == "ListTrainingJobsForHyperParameterTuningJob"
    kind = TUNING_JOB if listed else _kind(operation)
    if kind is None:
        return "*"
    if kind is MODEL_PACKAGE:
        return _package_arn(request, scope)
    name = request.get(kind.name_field)
    return records.arn(kind, records.bare(name), scope) if isinstance(name, str) else "*"


def _kind(operation: str) -> Kind | None:
    if operation == "UpdateEndpointWeightsAndCapacities":
        return ENDPOINT
    if operation.endswith("ModelPackageGroupPolicy"):
        return MODEL_PACKAGE_GROUP
    for verb in ("Create", "Describe", "Delete", "Update", "Stop"):
        if operation.startswith(verb):
            return next((kind for kind in KINDS if kind.name == operation.removeprefix(verb)), None)
    return None


def _package_arn(request: dict[str, Any], scope: Scope) -> str:
    group = request.get("ModelPackageGroupName")
    if isinstance(group, str):
        try:
            name = f"{records.bare(group)}/{model_packages.next_version(group, scope)}"
        except ApiError:
            name = f"{records.bare(group)}/1"
        return records.arn(MODEL_PACKAGE, name, scope)
    name_or_arn = request.get("ModelPackageName") or request.get("ModelPackageArn")
    if not isinstance(name_or_arn, str):
        return "*"
    return records.arn(MODEL_PACKAGE, records.bare(name_or_arn), scope)


def check_dependent(operation: str, request: dict[str, Any], scope: Scope, key: str) -> None:
    """Check the caller's permissions for the dependent actions of an operation.

    Raises:
        ApiError: AccessDeniedException with IAM's message, when one is missing.
    """
    definition = request.get("TrainingJobDefinition", {}) if operation == _TUNING else {}
    for field in _ROLE_FIELDS:
        role = request.get(field) or definition.get(field)
        if role:
            iam.authorize(
                key, "iam:PassRole", role, scope.region, {"iam:PassedToService": execution_roles.PRINCIPAL}
            )
    if operation == "CreateModel":
        for package in group_policies.foreign_packages(request, scope):
            iam.authorize(key, "sagemaker:CreateModel", package, scope.region, {})
    if operation in ("CreateEndpoint", "UpdateEndpoint"):
        config = records.arn(ENDPOINT_CONFIG, request["EndpointConfigName"], scope)
        iam.authorize(key, f"sagemaker:{operation}", config, scope.region, {})
    if operation == "DeleteEndpoint":
        scaling.check_deletion(request["EndpointName"], scope, key)
    if operation.startswith("Create") and request.get("Tags"):
        tags = {f"aws:RequestTag/{tag['Key']}": tag["Value"] for tag in request["Tags"]}
        context = {**tags, "aws:TagKeys": [tag["Key"] for tag in request["Tags"]]}
        iam.authorize(
            key, "sagemaker:AddTags", resource_arn(operation, request, scope), scope.region, context
        )


def install() -> None:
    """Add SageMaker's namespace, actions and resources to ministack's IAM."""
    patches.take(ACTIONS, "SERVICE_TO_IAM_NAMESPACE")[SERVICE] = SERVICE
    request_resources.name(SERVICE, _named)
    patches.wrap(ACTIONS, "extract_iam_action", "service method path headers body query_params", _invoking)


def _invoking(original: Callable[..., str | None]) -> Callable[..., str | None]:
    """Add the data plane's only action, whose requests name no operation."""

    def extract_iam_action(
        service: str,
        method: str,
        path: str,
        headers: dict[str, str],
        body: bytes,
        query_params: dict[str, Any],
    ) -> str | None:
        if service == SERVICE and invocations.endpoint_of(path) is not None:
            return "sagemaker:InvokeEndpoint"
        return original(service, method, path, headers, body, query_params)

    return extract_iam_action


def _named(request: ServiceRequest) -> str:
    endpoint = invocations.endpoint_of(request.path)
    if endpoint is not None:
        return records.arn(ENDPOINT, endpoint, request.scope)
    return resource_arn(request.operation, request.content, request.scope)
