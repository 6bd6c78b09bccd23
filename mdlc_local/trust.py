"""Evaluates role trust policies: whether a service may assume a role, with the service's source keys.

Conditions on `aws:SourceAccount` and `aws:SourceArn` are evaluated for services that send these keys. For a
service that, by AWS's documentation, does not send them, such a condition is never met, as on AWS.
"""

import importlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from types import ModuleType
from typing import Any

from mdlc_local import options, patches, usage

IAM = "ministack.services.iam"
PROVISIONERS = "ministack.services.cloudformation.provisioners"

SENDS_SOURCE = frozenset(
    f"{name}.amazonaws.com"
    for name in ("codebuild", "codepipeline", "events", "lambda", "sagemaker", "scheduler", "states")
)
"""Principals of services that send these keys. Sources: "Cross-service confused deputy prevention" of
CodeBuild, CodePipeline, EventBridge, SageMaker and EventBridge Scheduler, "Creating an IAM role for your
state machine" of Step Functions, and "Working with AWS managed policies in the execution role" of Lambda."""


def may_assume(role_arn: str, service: str, *, account: str, source_arn: str, region: str) -> bool:
    """Whether a role exists and its trust policy lets a service assume it; True if IAM is not enforced.

    Args:
        role_arn: the role.
        service: the service's principal, such as `states.amazonaws.com`.
        account: the account on whose behalf the service acts.
        source_arn: the resource on whose behalf it acts.
        region: the region of the call.
    """
    if not options.current().iam:
        return True
    parts = role_arn.split(":")
    owner = parts[4] if len(parts) > 5 else ""
    role = importlib.import_module(IAM)._roles.get_scoped(owner, None, role_arn.rsplit("/", 1)[-1])
    return role is not None and allows(
        role.get("AssumeRolePolicyDocument") or {},
        service,
        account=account,
        source_arn=source_arn,
        role_arn=role_arn,
        region=region,
    )


def allows(
    policy: str | dict[str, Any], service: str, *, account: str, source_arn: str, role_arn: str, region: str
) -> bool:
    """Whether a trust policy lets a service assume the role; the arguments are those of `may_assume`."""
    document = json.loads(policy) if isinstance(policy, str) else policy
    statements = document.get("Statement", [])
    statements = [statements] if isinstance(statements, dict) else statements
    # A trust policy has no Resource element, because its resource is the role itself.
    open_to = {"Statement": [{**statement, "Resource": "*"} for statement in statements]}
    # The evaluator expects condition keys in lower case.
    source = {"aws:sourceaccount": account, "aws:sourcearn": source_arn}
    return service_is_allowed(
        open_to,
        service,
        "sts:AssumeRole",
        role_arn,
        region=region,
        context=source if service in SENDS_SOURCE else {},
    )


def service_is_allowed(
    policy: str | dict[str, Any],
    service: str,
    action: str,
    resource: str,
    *,
    region: str,
    context: dict[str, str],
) -> bool:
    """Whether a resource's policy allows an action to a service principal.

    Args:
        policy: the resource's policy.
        service: the service's principal.
        action: the IAM action.
        resource: the resource's ARN.
        region: the region of the call.
        context: condition keys, in lower case, and their values.
    """
    evaluator = importlib.import_module(usage.EVALUATOR)
    account = resource.split(":")[4] if resource.count(":") > 4 else ""
    asked = evaluator.EvalContext(
        principal_arn=service,
        principal_type="Service",
        principal_account=account,
        action=action,
        resource_arn=resource,
        region=region,
        service_context=context,
    )
    verdict = evaluator.evaluate_resource_policy(policy, asked, service=service)
    return bool(verdict.decision == "Allow")


@dataclass(frozen=True, kw_only=True)
class Checked:
    """How a request's role is checked, and the error when the service cannot assume it.

    Attributes:
        principal: the service's principal.
        member: the path of the member with the role's ARN.
        resource: the ARN, without prefix and name, of the resource that uses the role.
        error: the error's code.
        message: the error's message.
    """

    principal: str
    member: tuple[str, ...]
    resource: str
    error: str
    message: str


_FUNCTION = Checked(
    principal="lambda.amazonaws.com",
    member=("Role",),
    resource="lambda:{region}:{account}:function:",
    error="InvalidParameterValueException",
    message="The role defined for the function cannot be assumed by Lambda.",
)
_SCHEDULE = Checked(
    principal="scheduler.amazonaws.com",
    member=("Target", "RoleArn"),
    resource="scheduler:{region}:{account}:schedule-group/default",
    error="ValidationException",
    message="The execution role you provide must allow AWS EventBridge Scheduler to assume the role.",
)
CHECKED = {
    "lambda:CreateFunction": _FUNCTION,
    "lambda:UpdateFunctionConfiguration": _FUNCTION,
    "scheduler:CreateSchedule": _SCHEDULE,
    "scheduler:UpdateSchedule": _SCHEDULE,
}
"""The actions whose requests are checked here. State machines are checked in `mdlc_local.states.creation`,
SageMaker's requests in `mdlc_local.sagemaker.execution_roles`; a rule's role is checked when the rule calls
its target, as on AWS."""


def install(app: ModuleType) -> None:
    """Reject a function or schedule whose role its service cannot assume."""
    if not options.current().iam:
        return
    patches.take(usage.EVALUATOR, "evaluate_resource_policy", "doc ctx service named_only direct_only")
    for service in sorted({action.partition(":")[0] for action in CHECKED}):
        app.SERVICE_HANDLERS[service] = _checking(service, app.SERVICE_HANDLERS[service])
    function = patches.take(PROVISIONERS, "_RESOURCE_HANDLERS")["AWS::Lambda::Function"]
    for verb, position in (("create", 1), ("update", 2)):
        function[verb] = _provisioning(function[verb], position)


def _refused(checked: Checked, role_arn: object, name: str) -> bool:
    if not isinstance(role_arn, str):
        return False
    responses = importlib.import_module("ministack.core.responses")
    region, account = responses.get_region(), responses.get_account_id()
    source = f"arn:aws:{checked.resource.format(region=region, account=account)}{name}"
    return not may_assume(role_arn, checked.principal, account=account, source_arn=source, region=region)


def _provisioning(provision: Callable[..., Any], position: int) -> Callable[..., Any]:
    """A function's provisioner that first checks the role.

    Args:
        provision: the provisioner.
        position: the index of its argument with the resource's properties.
    """

    def provisioning(*arguments: Any, **keywords: Any) -> Any:
        properties = arguments[position]
        if _refused(_FUNCTION, properties.get("Role"), str(properties.get("FunctionName") or arguments[0])):
            raise ValueError(f"{_FUNCTION.error}: {_FUNCTION.message}")
        return provision(*arguments, **keywords)

    return provisioning


def _checking(service: str, handler: Callable[..., Any]) -> Callable[..., Any]:
    """A service's handler that first checks the role in a request."""
    actions = importlib.import_module("ministack.core.iam_actions")
    responses = importlib.import_module("ministack.core.responses")

    async def handle(
        method: str, path: str, headers: dict[str, str], body: bytes, query: dict[str, Any]
    ) -> Any:
        checked = CHECKED.get(str(actions.extract_iam_action(service, method, path, headers, body, query)))
        if checked is not None:
            request = _json(body)
            role: Any = request
            for member in checked.member:
                role = role.get(member) if isinstance(role, dict) else None
            name = (
                ""
                if checked is _SCHEDULE
                else str(request.get("FunctionName") or "".join(path.split("/")[3:4]))
            )
            if _refused(checked, role, name):
                return responses.error_response_json(checked.error, checked.message, 400)
        return await handler(method, path, headers, body, query)

    return handle


def _json(body: bytes) -> dict[str, Any]:
    try:
        content = json.loads(body or b"{}")
    except ValueError:
        return {}
    return content if isinstance(content, dict) else {}
