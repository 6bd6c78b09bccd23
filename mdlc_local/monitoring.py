"""Authorization of CloudWatch calls: the condition key for a metric's namespace, and alarms' ARNs."""

import importlib
import json
from collections.abc import Awaitable, Callable
from types import ModuleType
from typing import Any

from mdlc_local import iam, options, patches, request_resources
from mdlc_local.request_resources import ServiceRequest

SERVICE = "monitoring"
"""ministack's name of CloudWatch."""


_LOOK = "cloudwatch:DescribeAlarms"

Handler = Callable[[str, str, dict[str, str], bytes, dict[str, Any]], Awaitable[Any]]


def install(app: ModuleType) -> None:
    """Patch ministack's enforcement of CloudWatch permissions."""
    if not options.current().iam:
        return
    patches.wrap(iam.ACTIONS, "request_tag_context", "service iam_action body params", _adding_namespaces)
    request_resources.name(SERVICE, _first_alarm)
    app.SERVICE_HANDLERS[SERVICE] = _checking_alarms(app.SERVICE_HANDLERS[SERVICE])


def members(body: bytes, params: dict[str, Any]) -> dict[str, Any]:
    """A request's members, decoded from any of CloudWatch's three encodings.

    A body that cannot be decoded has no members; the service reports the error.
    """
    if body[:1] == b"{":
        return _object(json.loads, body)
    document = _object(importlib.import_module("cbor2").loads, body) if body else {}
    flat = {name: value[0] if isinstance(value, list) else value for name, value in params.items()}
    names = [value for name, value in flat.items() if name.startswith("AlarmNames.member.")]
    return {**flat, **({"AlarmNames": names} if names else {}), **document}


def _object(read: Callable[[bytes], Any], body: bytes) -> dict[str, Any]:
    try:
        content = read(body)
    except Exception:  # cbor2 raises its own errors as well as Python's
        return {}
    return content if isinstance(content, dict) else {}


def _adding_namespaces(tags: Callable[..., dict[str, Any]]) -> Callable[..., dict[str, Any]]:
    """Add the key `cloudwatch:namespace`, without which no condition on it could be met."""

    def context(service: str, iam_action: str, body: bytes, params: dict[str, Any]) -> dict[str, Any]:
        context_keys = tags(service, iam_action, body, params)
        if iam_action == "cloudwatch:PutMetricData":
            context_keys = {
                **context_keys,
                "cloudwatch:namespace": str(members(body, params).get("Namespace", "")),
            }
        return context_keys

    return context


def _first_alarm(request: ServiceRequest) -> str | None:
    """The ARN of the first alarm that a call names, so that permission can be limited.

    Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_DescribeAlarms.html
    """
    names = members(request.body, request.query).get("AlarmNames")
    return _arn(request.scope.region, request.scope.account, names[0]) if names else None


def _checking_alarms(handler: Handler) -> Handler:
    """A handler that also checks the second and further alarms of a call; the first is its resource."""
    actions = importlib.import_module(iam.ACTIONS)
    router = importlib.import_module("ministack.core.router")

    async def handle(
        method: str, path: str, headers: dict[str, str], body: bytes, query: dict[str, Any]
    ) -> Any:
        if actions.extract_iam_action(SERVICE, method, path, headers, body, query) == _LOOK:
            region = router.extract_region(headers, query)
            account = importlib.import_module("ministack.core.responses").get_account_id()
            for name in members(body, query).get("AlarmNames", [])[1:]:
                arn = _arn(region, account, name)
                reason = iam.denial_of_key(
                    router.extract_access_key_id(headers, query), _LOOK, arn, region=region
                )
                if reason is not None:
                    return actions.access_denied_response(
                        SERVICE, _LOOK, "", "", message=reason, headers=headers
                    )
        return await handler(method, path, headers, body, query)

    return handle


def _arn(region: str, account: str, name: str) -> str:
    return f"arn:aws:cloudwatch:{region}:{account}:alarm:{name}"
