"""EventBridge rules act as their targets' roles: without permission a target is not reached, as on AWS.

Rules with a rate come as much more often as time goes faster; `cron` keeps to the clock.
"""

import importlib
import logging
from collections.abc import Callable
from types import ModuleType
from typing import Any

from mdlc_local import iam, options, seams

log = logging.getLogger("mdlc_local.rules")

EVENTBRIDGE = "ministack.services.eventbridge"
SESSION = "EventBridge"
ACTIONS = {"states": "states:StartExecution", "events": "events:PutEvents"}
"""What a rule does to a target with a role, by the target's service."""


TICK = "_SCHEDULER_TICK_INTERVAL"
SHORTEST_TICK_SECONDS = 0.2
"""How often rules with a schedule are looked at, at most."""


def install(app: ModuleType) -> None:
    """Check a target's role before ministack delivers to it, and have rates follow the time scale."""
    del app
    seams.wrap(EVENTBRIDGE, "_invoke_target", "target event rule view", _as_role)
    seams.wrap(EVENTBRIDGE, "_parse_rate_seconds", "expr", _scaled)
    tick = float(seams.take(EVENTBRIDGE, TICK)) / options.current().time_scale
    seams.replace(EVENTBRIDGE, TICK, max(tick, SHORTEST_TICK_SECONDS))


def _scaled(parse: Callable[[str], int | None]) -> Callable[[str], float | None]:
    def seconds(expr: str) -> float | None:
        found = parse(expr)
        return None if found is None else found / options.current().time_scale

    return seconds


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
