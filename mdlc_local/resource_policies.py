"""Resource policies that ministack does not evaluate, and keys and denials across accounts.

Across accounts, the caller's identity policies and the resource's policy must both allow. ministack combines
them for the services of its table; here SageMaker's package groups and event buses are added, and the keys
and image repositories of other accounts are found by their ARNs. Source:
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic-cross-account.html
"""

import importlib
from collections.abc import Callable
from types import ModuleType
from typing import Any

from mdlc_local import options, patches, usage
from mdlc_local.usage import AccessRequest

KMS = "ministack.services.kms"
ECR = "ministack.services.ecr"
EVENTBRIDGE = "ministack.services.eventbridge"

OwnedPolicy = tuple[Any, str] | None
"""A resource's policy and the account that owns the resource; None for a service without such policies."""

_COMBINE = "identity ctx policy owner_account required limits"
_EVALUATE = "doc ctx service named_only direct_only"


def install(app: ModuleType) -> None:
    """Patch the evaluator's search of resource policies and KMS's search of keys."""
    del app
    patches.wrap(KMS, "_resolve_key", "key_id_or_arn", _by_arn)
    if not options.current().iam:
        return
    patches.wrap(usage.EVALUATOR, "_resource_policy", "service resource_arn", _finding)
    patches.wrap(usage.EVALUATOR, "combine_resource_policy", _COMBINE, _naming)
    patches.wrap(usage.EVALUATOR, "evaluate_resource_policy", _EVALUATE, _taking)
    usage.wrap_evaluator(_asking_owners)


def _by_arn(resolve: Callable[[str], Any]) -> Callable[[str], Any]:
    """Find a key of another account by its ARN; the key's policy decides who may use it."""
    keys = patches.take(KMS, "_keys")

    def resolved(key_id_or_arn: str) -> Any:
        record = resolve(key_id_or_arn)
        parts = str(key_id_or_arn or "").split(":")
        if record is None and len(parts) == 6 and parts[5].startswith("key/"):
            record = keys.get_scoped(parts[4], parts[3], parts[5].removeprefix("key/"))
        return record

    return resolved


def _finding(original: Callable[[str, str], OwnedPolicy]) -> Callable[[str, str], OwnedPolicy]:
    keys = patches.take(KMS, "_keys")
    repositories = patches.take(ECR, "_repositories")
    repository_policies = patches.take(ECR, "_repo_policies")
    bus_policies = patches.take(EVENTBRIDGE, "_event_bus_policies")

    def owned_policy(service: str, resource_arn: str) -> OwnedPolicy:
        parts = resource_arn.split(":", 5)
        if len(parts) < 6 or not parts[4]:
            return original(service, resource_arn)
        region, account, resource = parts[3:]
        kind, _, name = resource.partition("/")
        if service == "kms" and kind == "key":
            key = keys.get_scoped(account, region, name)
            return None if key is None else (key.get("Policy") or "", account)
        if service == "ecr" and kind == "repository":
            if repositories.get_scoped(account, region, name) is None:
                return None
            return repository_policies.get_scoped(account, region, name) or "", account
        if service == "events" and kind == "event-bus":
            return bus_policies.get_scoped(account, region, name) or "", account
        if service == "sagemaker":
            groups = importlib.import_module("mdlc_local.sagemaker.registry.group_policies")
            return groups.policy_of(kind, name, account=account, region=region), account
        return original(service, resource_arn)

    return owned_policy


def _naming(combine: Callable[..., Any]) -> Callable[..., Any]:
    """Mark a denial that only the resource's policy caused, so that its message names that policy."""

    def combined(
        identity: Any,
        ctx: Any,
        policy: Any,
        owner_account: str | None,
        required: bool = False,
        limits: Any = (),
    ) -> Any:
        result = combine(identity, ctx, policy, owner_account, required, limits)
        if identity.decision == "Allow" and result.decision != "Allow":
            result.resource_policy_arn = ctx.resource_arn
        return result

    return combined


def _taking(evaluate: Callable[..., Any]) -> Callable[..., Any]:
    """Evaluate a resource's policy as if no statement allowed the actions that `usage.asking` takes away."""

    def evaluated(
        doc: Any, ctx: Any, service: str | None = None, named_only: bool = False, direct_only: bool = False
    ) -> Any:
        result = evaluate(doc, ctx, service, named_only, direct_only)
        if result.decision == "Allow" and usage.is_taken_from_resources(ctx.action):
            return importlib.import_module(usage.EVALUATOR).evaluate(ctx, [])
        return result

    return evaluated


def _asking_owners(request: AccessRequest, evaluate: Callable[[], Any]) -> Any:
    """Ask the resource's policy also for an account's own credentials, which need no identity policy."""
    verdict, key = evaluate(), request.access_key_id or ""
    account = key if len(key) == 12 and key.isdigit() else ""
    if verdict is not None or not account or request.service not in ("kms", "ecr", "events", "sagemaker"):
        return verdict
    evaluator = importlib.import_module(usage.EVALUATOR)
    owned = evaluator._resource_policy(request.service, request.resource)
    if owned is None or owned[1] == account:
        return None
    principal = f"arn:aws:iam::{account}:root"
    context = evaluator.EvalContext(
        principal_arn=principal,
        principal_type="Root",
        principal_account=account,
        action=request.action,
        resource_arn=request.resource,
        region=request.region,
        service_context={name.lower(): value for name, value in request.context.items()},
    )
    result = evaluator.evaluate_resource_policy(owned[0], context)
    if result.decision == "Allow":
        return None
    result.principal_arn, result.resource_policy_arn = principal, request.resource
    return result


def worded(message: str, action: str, *, of_resource: bool) -> str:
    """A denial's message, which names the kind of policy that lacks the statement or denies."""
    if not of_resource:
        return message
    return message.replace(
        f"because no identity-based policy allows the {action} action",
        f"because no resource-based policy allows the {action} action",
    ).replace("explicit deny in an identity-based policy", "explicit deny in a resource-based policy")
