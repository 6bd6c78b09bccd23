"""Checks a log group's KMS key, whose key policy must allow CloudWatch Logs to use it.

Source: "Encrypt log data in CloudWatch Logs using AWS KMS" in the AWS documentation.
"""

import importlib
from collections.abc import Callable
from types import ModuleType
from typing import Any

from mdlc_local import options, patches, usage

LOGS = "ministack.services.cloudwatch_logs"
KMS = "ministack.services.kms"
PROVISIONERS = "ministack.services.cloudformation.provisioners"
LOG_GROUP_TYPE = "AWS::Logs::LogGroup"

ACTIONS = ("kms:Encrypt", "kms:Decrypt", "kms:ReEncryptFrom", "kms:GenerateDataKey", "kms:DescribeKey")
"""The actions that the key policy must allow the service, by AWS's documentation."""


def install(app: ModuleType) -> None:
    """Check the key before a log group is created by the API or by CloudFormation."""
    del app
    if not options.current().iam:
        return
    patches.wrap(LOGS, "_create_log_group", "data", _checked)
    handlers = patches.take(PROVISIONERS, "_RESOURCE_HANDLERS")[LOG_GROUP_TYPE]
    create, update = handlers["create"], handlers["update"]

    def created(logical_id: str, props: dict[str, Any], stack_name: str) -> Any:
        _require(
            props.get("KmsKeyId"),
            props.get("LogGroupName") or f"/aws/cloudformation/{stack_name}/{logical_id}",
        )
        return create(logical_id, props, stack_name)

    def updated(physical_id: str, old_props: Any, new_props: Any, *rest: Any, **keywords: Any) -> Any:
        _require(new_props.get("KmsKeyId"), new_props.get("LogGroupName") or physical_id)
        return update(physical_id, old_props, new_props, *rest, **keywords)

    handlers.update(create=created, update=updated)


def refusal(key_id: str | None, name: str) -> str | None:
    """AWS's message why a log group cannot be encrypted with a key, or None when it can."""
    if not key_id:
        return None
    responses = importlib.import_module("ministack.core.responses")
    evaluator = importlib.import_module(usage.EVALUATOR)
    region, account = responses.get_region(), responses.get_account_id()
    group = f"arn:aws:logs:{region}:{account}:log-group:{name}"
    key = importlib.import_module(KMS)._resolve_key(key_id)
    service = f"logs.{region}.amazonaws.com"

    def allows(action: str) -> bool:
        asked = evaluator.EvalContext(
            principal_arn=service,
            principal_type="Service",
            principal_account=account,
            action=action,
            resource_arn=key["Arn"],
            region=region,
            # The evaluator expects condition keys in lower case.
            service_context={"kms:encryptioncontext:aws:logs:arn": group},
        )
        decision = evaluator.evaluate_resource_policy(key.get("Policy"), asked, service=service).decision
        return bool(decision == "Allow")

    if key is not None and key.get("KeyState") == "Enabled" and all(map(allows, ACTIONS)):
        return None
    return f"The specified KMS key does not exist or is not allowed to be used with LogGroup '{group}'"


def _require(key_id: str | None, name: str) -> None:
    reason = refusal(key_id, name)
    if reason is not None:
        raise ValueError(f"InvalidParameterException: {reason}")


def _checked(method: Callable[[dict[str, Any]], Any]) -> Callable[[dict[str, Any]], Any]:
    def checking(data: dict[str, Any]) -> Any:
        reason = refusal(data.get("kmsKeyId"), data.get("logGroupName") or "")
        if reason is not None:
            responses = importlib.import_module("ministack.core.responses")
            return responses.error_response_json("InvalidParameterException", reason, 400)
        return method(data)

    return checking
