"""What ministack's IAM lacks: in-process checks for a role, PassRole, AWS's resource ARNs and messages."""

import contextvars
import importlib
import json
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any

from mdlc_local import clients, control, options, patches, resource_policies, usage
from mdlc_local.errors import ApiError, LocalAwsError

APP = "ministack.app"
ACTIONS = "ministack.core.iam_actions"
SESSION = "mdlc-local"

STATES, LAMBDA, EVENTS, SCHEDULER = (
    f"{name}.amazonaws.com" for name in ("states", "lambda", "events", "scheduler")
)
PASSED_ROLES: dict[str, tuple[str, tuple[str, ...]]] = {
    "states:CreateStateMachine": (STATES, ("roleArn",)),
    "states:UpdateStateMachine": (STATES, ("roleArn",)),
    "lambda:CreateFunction": (LAMBDA, ("Role",)),
    "lambda:UpdateFunctionConfiguration": (LAMBDA, ("Role",)),
    "events:PutRule": (EVENTS, ("RoleArn",)),
    "events:PutTargets": (EVENTS, ("Targets", "RoleArn")),
    "scheduler:CreateSchedule": (SCHEDULER, ("Target", "RoleArn")),
    "scheduler:UpdateSchedule": (SCHEDULER, ("Target", "RoleArn")),
}
"""By action: the service that a request passes a role to, and the path of the member with the role's ARN.

SageMaker's requests are checked in `mdlc_local.sagemaker`.
"""

_denied_resource: contextvars.ContextVar[str] = contextvars.ContextVar("mdlc_denied_resource", default="")


class AccessDeniedError(LocalAwsError):
    """A role lacks a permission; AWS's message names the principal, the action and the resource."""


def denial(
    role_arn: str,
    action: str,
    resource: str,
    *,
    region: str,
    context: dict[str, Any] | None = None,
    session: str = SESSION,
) -> str | None:
    """AWS's message that denies `role_arn` the `action` on `resource`, or None when it is allowed.

    Args:
        role_arn: the role that makes the call.
        action: the IAM action, for example ``kms:Decrypt``.
        resource: an ARN or ``*``.
        region: the region of the call.
        context: condition keys and values.
        session: the role session's name.
    """
    if not options.current().iam:
        return None
    access_key = clients.role_credentials(role_arn, session)["AWS_ACCESS_KEY_ID"]

    def asked() -> str | None:
        # The role is the caller, even if the current request is unsigned, as an API's may be.
        patches.take(usage.EVALUATOR, "_anonymous").set(False)
        return denial_of_key(access_key, action, resource, region=region, context=context)

    return contextvars.copy_context().run(asked)


def denial_of_key(
    access_key: str, action: str, resource: str, *, region: str, context: dict[str, Any] | None = None
) -> str | None:
    """Like `denial`, for the principal that an access key belongs to."""
    evaluator = importlib.import_module(usage.EVALUATOR)
    actions = importlib.import_module(ACTIONS)
    verdict = evaluator.enforce(
        access_key, action, action.partition(":")[0], region, resource_arn=resource, service_context=context
    )
    if verdict is None:
        return None
    if isinstance(verdict, evaluator.AuthError):
        return str(verdict.message)
    message = str(
        actions.identity_denial_message(action, verdict.principal_arn, resource, verdict.decision == "Deny")
    )
    return resource_policies.worded(message, action, of_resource=bool(verdict.resource_policy_arn))


def require(role_arn: str, action: str, resource: str, *, region: str, **keywords: Any) -> None:
    """Raise `AccessDeniedError` unless the role is allowed; the keywords are those of `denial`."""
    reason = denial(role_arn, action, resource, region=region, **keywords)
    if reason is not None:
        raise AccessDeniedError(reason)


def authorize(key: str, action: str, resource: str, region: str, context: dict[str, Any]) -> None:
    """Check that the caller of an API may do `action` on `resource`.

    Args:
        key: the caller's access key.
        action: the IAM action, for example ``iam:PassRole``.
        resource: the resource's ARN.
        region: the request's region.
        context: condition keys and their values.

    Raises:
        ApiError: AccessDeniedException with IAM's message, when the caller may not.
    """
    if not options.current().iam:
        return
    reason = denial_of_key(key, action, resource, region=region, context=context)
    if reason is not None:
        raise ApiError("AccessDeniedException", reason)


def install(app: ModuleType) -> None:
    """Patch ministack's enforcement of IAM policies."""
    if not options.current().iam:
        return
    usage.install()
    _loopback_is_secure()
    _name_resources()
    _word_denials()
    for service in sorted({action.partition(":")[0] for action in PASSED_ROLES}):
        app.SERVICE_HANDLERS[service] = _checking_passed_roles(service, app.SERVICE_HANDLERS[service])
    control.route("POST", "evaluate", _evaluate)


def _evaluate(body: dict[str, Any]) -> dict[str, Any]:
    """Whether the evaluator allows one call, and the reason when it does not.

    The body has `role`, `action` and `resource`, and optionally `region`, `context`, `without`: actions
    to evaluate as if the role's policies did not allow them, and `without_resource`: the same for the
    resource's policy, such as a key's, bucket's, event bus's or model package group's.
    """
    for name in ("role", "action", "resource"):
        if not isinstance(body.get(name), str):
            raise ValueError(f"{name}={body.get(name)!r} must be a text: send it in the JSON body")
    without, without_resource = (_actions(body, name) for name in ("without", "without_resource"))
    # The evaluated call has the origin of every call: from this machine, and counted as TLS.
    importlib.import_module(usage.EVALUATOR).pin_request_origin(options.HOST, True)
    with usage.asking(without, without_resource):
        reason = denial(
            body["role"],
            body["action"],
            body["resource"],
            region=body.get("region", "us-east-1"),
            context=body.get("context"),
        )
    return {"allowed": reason is None, "reason": reason}


def _actions(body: dict[str, Any], name: str) -> list[str]:
    value = body.get(name, [])
    if not isinstance(value, list) or not all(isinstance(action, str) for action in value):
        raise ValueError(f"{name}={value!r} must be a list of actions: send it in the JSON body")
    return value


def _loopback_is_secure() -> None:
    """Count the loopback listener as TLS, so that `aws:SecureTransport` conditions evaluate as on AWS."""
    patches.take(usage.EVALUATOR, "pin_request_origin", "source_ip secure_transport")

    def pinning(pin: Callable[..., None]) -> Callable[..., None]:
        return lambda source_ip, secure_transport: pin(source_ip, True)

    patches.wrap(APP, "pin_request_origin", "source_ip secure_transport", pinning)


def _name_resources() -> None:
    """Use the resource ARNs that AWS evaluates, where ministack's differ."""
    extract = patches.take(
        ACTIONS, "extract_resource_arn", "service method path headers body query_params region account_id"
    )

    def resource(
        service: str, method: str, path: str, headers: dict[str, str], body: bytes, *rest: Any
    ) -> str:
        arn = str(extract(service, method, path, headers, body, *rest))
        if service == "events":
            # ARNs of rules on the default event bus do not contain its name.
            return arn.replace(":rule/default/", ":rule/")
        if service == "states" and arn == "*":
            # Tag operations name the tagged resource by its ARN.
            return _member(body, "resourceArn") or arn
        if service == "ecr" and arn == "*":
            return _only_repository(body, *rest) or arn
        if service == "logs" and ":log-group:" in arn and ":log-stream:" not in arn:
            if headers.get("x-amz-target", "").endswith(("TagResource", "ListTagsForResource")):
                return arn
            return f"{arn}:log-stream:{_member(body, 'logStreamName')}"
        return arn

    patches.replace(ACTIONS, "extract_resource_arn", resource)


def _word_denials() -> None:
    """Make every denial name the denied action and resource, also for a request's additional checks."""
    actions = importlib.import_module(ACTIONS)
    respond = patches.take(
        ACTIONS,
        "access_denied_response",
        "service action principal_arn request_id error_code message headers resource_arn explicit_deny "
        "resource_policy_arn",
    )

    def keeping(request: usage.AccessRequest, evaluate: Callable[[], Any]) -> Any:
        verdict = evaluate()
        if verdict is not None:
            _denied_resource.set(request.resource)
        return verdict

    def response(
        service: str,
        action: str,
        principal_arn: str,
        request_id: str,
        *,
        error_code: str = "",
        message: str = "",
        headers: dict[str, str] | None = None,
        resource_arn: str = "*",
        explicit_deny: bool = False,
        resource_policy_arn: str = "",
    ) -> Any:
        resource_arn = _denied_resource.get() or resource_arn
        if not message and not error_code and not (explicit_deny and resource_policy_arn):
            message = actions.identity_denial_message(action, principal_arn, resource_arn, explicit_deny)
            message = resource_policies.worded(message, action, of_resource=bool(resource_policy_arn))
        status, sent, body = respond(
            service,
            action,
            principal_arn,
            request_id,
            error_code=error_code,
            message=message,
            headers=headers,
            resource_arn=resource_arn,
            explicit_deny=explicit_deny,
            resource_policy_arn=resource_policy_arn,
        )
        if not error_code and (headers or {}).get("x-amz-target"):
            status = 400  # the JSON protocols' status for AccessDenied
        return status, sent, body

    usage.wrap_evaluator(keeping)
    patches.replace(ACTIONS, "access_denied_response", response)


def _checking_passed_roles(service: str, handler: Callable[..., Any]) -> Callable[..., Any]:
    """A service's handler that first checks `iam:PassRole` for every role that the request passes."""
    actions = importlib.import_module(ACTIONS)
    router = importlib.import_module("ministack.core.router")

    async def handle(
        method: str, path: str, headers: dict[str, str], body: bytes, query: dict[str, Any]
    ) -> Any:
        action = actions.extract_iam_action(service, method, path, headers, body, query)
        if action in PASSED_ROLES:
            principal, member = PASSED_ROLES[action]
            key = router.extract_access_key_id(headers, query)
            region = router.extract_region(headers, query)
            for role_arn in _named(_json(body), member):
                reason = denial_of_key(
                    key, "iam:PassRole", role_arn, region=region, context={"iam:PassedToService": principal}
                )
                if reason is not None:
                    return actions.access_denied_response(
                        service, "iam:PassRole", "", "", message=reason, headers=headers
                    )
        return await handler(method, path, headers, body, query)

    return handle


def _named(value: Any, member: tuple[str, ...]) -> Iterator[str]:
    """The strings at a member path; a list on the path is searched item by item."""
    if isinstance(value, list):
        for item in value:
            yield from _named(item, member)
    elif not member:
        if isinstance(value, str) and value:
            yield value
    elif isinstance(value, dict):
        yield from _named(value.get(member[0]), member[1:])


def _only_repository(body: bytes, query_params: Any, region: str, account_id: str) -> str:
    """The ARN of the one repository that DescribeRepositories names in a list; empty for none or several."""
    content = _json(body)
    names = content.get("repositoryNames") if isinstance(content, dict) else None
    if not isinstance(names, list) or len(names) != 1:
        return ""
    return f"arn:aws:ecr:{region}:{account_id}:repository/{names[0]}"


def _json(body: bytes) -> Any:
    try:
        return json.loads(body or b"{}")
    except ValueError:
        return {}


def _member(body: bytes, name: str) -> str:
    content = _json(body)
    value = content.get(name) if isinstance(content, dict) else None
    return value if isinstance(value, str) else ""
