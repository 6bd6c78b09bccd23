"""Authorization in API Gateway: token uses of user pools, integrations' roles, functions' policies.

ministack verifies the signature of a caller of an AWS_IAM method, evaluates ``execute-api:Invoke``, and
verifies a user pool's token. This module adds the other checks.
"""

import importlib
import json
import logging
import re
from collections.abc import Awaitable, Callable
from types import ModuleType
from typing import Any

from mdlc_local import iam, options, patches, trust
from mdlc_local.api_gateway import requests

log = logging.getLogger("mdlc_local.api_gateway")

API_GATEWAY = requests.API_GATEWAY
EVALUATOR = "ministack.core.iam_evaluator"
_ACCOUNT = re.compile(r"(on resource: arn:aws:execute-api:[^:]*:)\d{8}(\d{4})")
PRINCIPAL = "apigateway.amazonaws.com"

AUTHORIZE = (
    "api_id stage_name method_obj method request_path resource headers body query_params path_params stage "
    "owner_account_id owner_region"
)


def install(app: ModuleType) -> None:
    """Patch ministack's authorization of callers."""
    for name, parameters in (
        ("_iam_caller_identity", "headers query_params"),
        ("_gw_error", "response_type message"),
    ):
        patches.take(API_GATEWAY, name, parameters)
    enforce = "api_id stage method execute_path headers query_params iam_action"
    patches.wrap(app.__name__, "_enforce_execute_api", enforce, _worded)
    validate = "authorizer method_obj headers query_params stage"
    patches.wrap(API_GATEWAY, "_validate_cognito_authorizer", validate, _of_the_right_use)
    patches.wrap(API_GATEWAY, "_authorize_request_v1", AUTHORIZE, _keeping_the_caller)


def may_act_as(role_arn: str, region: str) -> bool:
    """Whether a role's trust policy lets API Gateway assume it."""
    account = role_arn.split(":")[4] if role_arn.count(":") > 4 else ""
    return trust.may_assume(role_arn, PRINCIPAL, account=account, source_arn="", region=region)


def may_invoke(function: dict[str, Any], arn: str, source_arn: str, credentials: str | None) -> str | None:
    """The reason why an integration may not invoke a function, or None when it may.

    Args:
        function: ministack's record of the function.
        arn: the function's ARN.
        source_arn: the method's ARN, for `aws:SourceArn` in the function's resource policy.
        credentials: the integration's role; when None, the function's resource policy decides.
    """
    region = arn.split(":")[3]
    if not options.current().iam:
        return None
    if credentials:
        if not may_act_as(credentials, region):
            return f"{credentials} does not let {PRINCIPAL} assume it"
        return iam.denial(credentials, "lambda:InvokeFunction", arn, region=region, session=requests.SESSION)
    source = {"aws:sourcearn": source_arn, "aws:sourceaccount": source_arn.split(":")[4]}
    policy = function.get("policy") or {}
    if trust.service_is_allowed(
        policy, PRINCIPAL, "lambda:InvokeFunction", arn, region=region, context=source
    ):
        return None
    return f"no statement of {arn} allows {PRINCIPAL} with the source {source_arn}"


def _worded(enforce: Callable[..., Any]) -> Callable[..., Any]:
    """Give an AccessDenied answer API Gateway's form, which shows only the end of the account's number."""

    def enforced(*arguments: Any, **keywords: Any) -> Any:
        refused = enforce(*arguments, **keywords)
        if refused is None or b"is not authorized" not in refused[2]:
            return refused
        body = json.loads(refused[2])
        message = _ACCOUNT.sub(r"\1********\2", str(body.get("message") or body.get("Message")))
        headers = {"Content-Type": "application/json", "x-amzn-ErrorType": "AccessDeniedException"}
        return refused[0], headers, json.dumps({"Message": message}).encode()

    return enforced


def _of_the_right_use(validate: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
    """Accept only access tokens for a method with scopes, and only ID tokens for one without, as on AWS."""

    async def validated(
        authorizer: dict[str, Any], method_obj: dict[str, Any], headers: Any, query_params: Any, stage: Any
    ) -> Any:
        claims, error = await validate(authorizer, method_obj, headers, query_params, stage)
        wanted = "access" if method_obj.get("authorizationScopes") else "id"
        if error is None and claims.get("token_use") != wanted:
            return None, importlib.import_module(API_GATEWAY)._gw_error("UNAUTHORIZED", "Unauthorized")
        return claims, error

    return validated


def _keeping_the_caller(authorize: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
    async def authorized(*arguments: Any) -> Any:
        error, authorizer = await authorize(*arguments)
        request = requests.current()
        request.authorizer = authorizer or {}
        method, headers, query = arguments[2], arguments[6], arguments[8]
        if error is None and (method.get("authorizationType") or "").upper() == "AWS_IAM":
            gateway = importlib.import_module(API_GATEWAY)
            request.caller = gateway._iam_caller_identity(headers, query) or {}
        return error, authorizer

    return authorized
