"""Put-, Get- and DeleteModelPackageGroupPolicy, and whose registry a request uses.

A group's policy decides which other accounts may use the group and its packages. Source:
https://docs.aws.amazon.com/sagemaker/latest/dg/model-registry-deploy-xaccount.html
"""

import json
from typing import Any

from mdlc_local.errors import invalid
from mdlc_local.sagemaker import records
from mdlc_local.sagemaker.records import MODEL_PACKAGE, MODEL_PACKAGE_GROUP, Record
from mdlc_local.sagemaker.registry import model_package_groups
from mdlc_local.scopes import Scope

POLICY = "_policy"
"""The member of a group's record that holds its policy's text."""


def put(request: dict[str, Any], scope: Scope) -> dict[str, Any]:
    """PutModelPackageGroupPolicy.

    Raises:
        ApiError: ValidationException when the group does not exist or the policy is none.
    """
    group = model_package_groups.existing(request["ModelPackageGroupName"], scope)
    set_policy(group, request["ResourcePolicy"])
    return {"ModelPackageGroupArn": group["ModelPackageGroupArn"]}


def set_policy(group: Record, policy: Any) -> None:
    """Set or, with None, remove a group's policy, which is a text or an object."""
    if policy is None:
        group.pop(POLICY, None)
        return
    try:
        document = json.loads(policy) if isinstance(policy, str) else policy
    except ValueError as error:
        raise invalid(f"The resource policy is no JSON: {error}") from error
    if not isinstance(document, dict) or "Statement" not in document:
        raise invalid("The resource policy must be an object with a Statement")
    group[POLICY] = json.dumps(document)


def get(request: dict[str, Any], scope: Scope) -> dict[str, Any]:
    """GetModelPackageGroupPolicy.

    Raises:
        ApiError: ValidationException when the group has no policy.
    """
    group = _with_policy(request, scope)
    return {"ResourcePolicy": group[POLICY]}


def delete(request: dict[str, Any], scope: Scope) -> dict[str, Any]:
    """DeleteModelPackageGroupPolicy.

    Raises:
        ApiError: ValidationException when the group has no policy.
    """
    _with_policy(request, scope).pop(POLICY)
    return {}


def _with_policy(request: dict[str, Any], scope: Scope) -> Record:
    group = model_package_groups.existing(request["ModelPackageGroupName"], scope)
    if POLICY not in group:
        raise invalid(f"Cannot find resource policy for: {group['ModelPackageGroupArn']}")
    return group


def policy_of(kind: str, name: str, *, account: str, region: str) -> str:
    """The policy for a resource of SageMaker: its group's for groups and packages, none for all others.

    Args:
        kind: the word of the resource's ARN, for example ``model-package``.
        name: the rest of the ARN.
        account: the owner.
        region: its region.
    """
    if kind not in (MODEL_PACKAGE.arn_word, MODEL_PACKAGE_GROUP.arn_word):
        return ""
    group = records.find(MODEL_PACKAGE_GROUP, name.partition("/")[0], Scope(account, region))
    return str(group.get(POLICY, "")) if group else ""


def owner(operation: str, request: dict[str, Any], scope: Scope) -> Scope:
    """The account and region whose registry a request uses: those of the ARN that it names, if any."""
    if "ModelPackage" not in operation:
        return scope
    for name in ("ModelPackageArn", "ModelPackageName", "ModelPackageGroupName"):
        if isinstance(request.get(name), str):
            return records.scope_of(request[name], scope)
    return scope


def foreign_packages(request: dict[str, Any], scope: Scope) -> list[str]:
    """The ARNs of other accounts' packages that CreateModel names."""
    containers = [request.get("PrimaryContainer") or {}, *(request.get("Containers") or [])]
    named = [str(each.get("ModelPackageName") or "") for each in containers]
    return [name for name in named if records.scope_of(name, scope).account != scope.account]
