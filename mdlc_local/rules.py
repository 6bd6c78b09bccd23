"""EventBridge rules act as their targets' roles: without permission a target is not reached, as on AWS."""

import importlib
import logging
from collections.abc import Callable
from types import ModuleType
from typing import Any

from mdlc_local import iam, seams

log = logging.getLogger("mdlc_local.rules")

EVENTBRIDGE = "ministack.services.eventbridge"
SESSION = "EventBridge"
ACTIONS = {"states": "states:StartExecution", "events": "events:PutEvents"}
"""What a rule does to a target with a role, by the target's service."""


def install(app: ModuleType) -> None:
    """Check a target's role before ministack delivers to it."""
    del app
    seams.wrap(EVENTBRIDGE, "_invoke_target", "target event rule view", _as_role)


def _as_role(invoke: Callable[..., None]) -> Callable[..., None]:
    def invoking(target: dict[str, Any], event: Any, rule: dict[str, Any], view: Any = None) -> None:
        arn = target.get("Arn", "")
        action = ACTIONS.get(arn.split(":")[2] if arn.count(":") > 2 else "")
        if action is not None and ":api-destination/" not in arn:
            reason = _refusal(target, action, arn)
            if reason is not None:
                log.warning("rule %s does not reach %s: %s", rule.get("Name"), arn, reason)
                return
        invoke(target, event, rule, view)

    return invoking


def _refusal(target: dict[str, Any], action: str, arn: str) -> str | None:
    role_arn = target.get("RoleArn")
    if not role_arn:
        return None if action == "events:PutEvents" else "the target has no role"
    region = importlib.import_module("ministack.core.responses").get_region()
    return iam.denial(role_arn, action, arn, region=region, session=SESSION)
