"""Calls across accounts: condition keys and bucket policies that ministack evaluates by the account alone.

Both the caller's identity policies and the resource's policy must allow a call across accounts. Source:
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic-cross-account.html
"""

import importlib
import re
from collections.abc import Callable
from types import ModuleType
from typing import Any

from mdlc_local import options, patches, usage

S3 = "ministack.services.s3"
ACTIONS = "ministack.core.iam_actions"
_S3_ARN = "arn:aws:s3:::"
_SESSION = re.compile(r"arn:(aws[a-z-]*):sts::(\d{12}):assumed-role/([^/]+)/.+")
_FOREIGN = "owner_account bucket_name key method query_params caller headers"


def install(app: ModuleType) -> None:
    """Patch the evaluation of calls across accounts."""
    del app
    if not options.current().iam:
        return
    patches.wrap(usage.EVALUATOR, "_resolve_condition_key", "key ctx", _resolving)
    patches.wrap(S3, "_foreign_bucket_allows", _FOREIGN, _by_principal)


def role_of(principal_arn: str) -> str:
    """The ARN that `aws:PrincipalArn` has: a session's is that of its role."""
    session = _SESSION.fullmatch(principal_arn)
    return f"arn:{session[1]}:iam::{session[2]}:role/{session[3]}" if session else principal_arn


def _resolving(resolve: Callable[[str, Any], Any]) -> Callable[[str, Any], Any]:
    owner_of = patches.take(S3, "_bucket_owner_account", "name")

    def resolved(key: str, ctx: Any) -> Any:
        name = key.lower()
        if name == "aws:principalarn":
            return role_of(str(ctx.principal_arn))
        if name in ("aws:resourceaccount", "s3:resourceaccount") and ctx.resource_arn.startswith(_S3_ARN):
            # ARNs of S3 name no account.
            owner = owner_of(ctx.resource_arn.removeprefix(_S3_ARN).partition("/")[0])
            return owner or ctx.principal_account
        return resolve(key, ctx)

    return resolved


def _by_principal(original: Callable[..., bool]) -> Callable[..., bool]:
    """Whether a bucket of another account allows a request, by the caller's own ARN."""
    policies = patches.take(S3, "_bucket_policies")

    def allows(
        owner_account: str,
        bucket_name: str,
        key: str,
        method: str,
        query_params: dict[str, Any],
        caller: str,
        headers: dict[str, str] | None = None,
    ) -> bool:
        if original(owner_account, bucket_name, key, method, query_params, caller, headers):
            return True
        policy = policies.get_scoped(owner_account, None, bucket_name)
        if not policy or not caller:
            return False
        evaluator = importlib.import_module(usage.EVALUATOR)
        action = importlib.import_module(ACTIONS)._s3_action(
            method, f"/{bucket_name}/{key}" if key else f"/{bucket_name}", query_params
        )
        if not action:
            return False
        resource = f"{_S3_ARN}{bucket_name}"
        context = evaluator.EvalContext(
            principal_arn=evaluator.caller_arn(),
            principal_type="AssumedRole",
            principal_account=caller,
            action=f"s3:{action}",
            resource_arn=f"{resource}/{key}" if key else resource,
            region=importlib.import_module("ministack.core.responses").get_region(),
            service_context={},
        )
        return bool(evaluator.evaluate_resource_policy(policy, context).decision == "Allow")

    return allows
