"""EventBridge rules call their targets with the targets' roles.

Without permission the call is counted, and the event is sent to the target's dead-letter queue.

The interval of a `rate` schedule is divided by the server's time scale; `cron` uses the real clock.
"""

import importlib
import json
import logging
from collections.abc import Callable
from types import ModuleType
from typing import Any

from mdlc_local import iam, options, patches, trust, undelivered

log = logging.getLogger("mdlc_local.rules")

EVENTBRIDGE = "ministack.services.eventbridge"
FUNCTIONS = "ministack.services.lambda_svc"
SESSION = "EventBridge"
PRINCIPAL = "events.amazonaws.com"
ACTIONS = {"states": "states:StartExecution", "events": "events:PutEvents"}
"""By the target's service: the action for which a rule uses the target's role."""


TICK = "_SCHEDULER_TICK_INTERVAL"
MIN_TICK_SECONDS = 0.2
"""The shortest interval between checks of scheduled rules."""


def install(app: ModuleType) -> None:
    """Check a target's role before ministack calls it, and divide `rate` intervals by the time scale."""
    del app
    undelivered.check_seams()
    patches.take(EVENTBRIDGE, "_pattern_event_view", "event")
    patches.take(FUNCTIONS, "_get_func_record_for_ref_in_scope", "function_ref account_id region")
    patches.wrap(EVENTBRIDGE, "_invoke_target", "target event rule view", _as_role)
    patches.wrap(EVENTBRIDGE, "_parse_rate_seconds", "expr", _scaled)
    tick = float(patches.take(EVENTBRIDGE, TICK)) / options.current().time_scale
    patches.replace(EVENTBRIDGE, TICK, max(tick, MIN_TICK_SECONDS))


def _scaled(parse: Callable[[str], int | None]) -> Callable[[str], float | None]:
    def seconds(expr: str) -> float | None:
        interval = parse(expr)
        return None if interval is None else interval / options.current().time_scale

    return seconds


def _as_role(invoke: Callable[..., None]) -> Callable[..., None]:
    def invoking(target: dict[str, Any], event: Any, rule: dict[str, Any], view: Any = None) -> None:
        arn = target.get("Arn", "")
        service = arn.split(":")[2] if arn.count(":") > 2 else ""
        reason = None
        if service in ACTIONS and ":api-destination/" not in arn:
            reason = _role_refusal(target, ACTIONS[service], arn, str(rule.get("Arn", "")))
        elif service == "lambda":
            reason = _function_refusal(arn, str(rule.get("Arn", "")))
        if reason is not None:
            log.warning("rule %s does not reach %s: %s", rule.get("Name"), arn, reason)
            seen = view or patches.take(EVENTBRIDGE, "_pattern_event_view", "event")(event)
            undelivered.record(target, rule, json.dumps(seen.event_with_detail()), reason, _place()[0])
            return
        invoke(target, event, rule, view)

    return invoking


def _role_refusal(target: dict[str, Any], action: str, arn: str, rule_arn: str) -> str | None:
    role_arn = target.get("RoleArn")
    if not role_arn:
        return None if action == "events:PutEvents" else "the target has no role"
    region, account = _place()
    if not trust.may_assume(role_arn, PRINCIPAL, account=account, source_arn=rule_arn, region=region):
        return f"{role_arn} does not let {PRINCIPAL} assume it for {rule_arn}"
    return iam.denial(role_arn, action, arn, region=region, session=SESSION)


def _function_refusal(arn: str, rule_arn: str) -> str | None:
    """The reason why a function's resource policy does not let a rule invoke it, or None when it does."""
    if not options.current().iam:
        return None
    region, account = _place()
    functions = importlib.import_module(FUNCTIONS)
    function, config, _ = functions._get_func_record_for_ref_in_scope(arn, account_id=account, region=region)
    source = {"aws:sourcearn": rule_arn, "aws:sourceaccount": account}
    if config is None or trust.service_is_allowed(
        function.get("policy") or {}, PRINCIPAL, "lambda:InvokeFunction", arn, region=region, context=source
    ):
        return None
    return f"no statement of the function's policy allows {PRINCIPAL} with the source {rule_arn}"


def _place() -> tuple[str, str]:
    responses = importlib.import_module("ministack.core.responses")
    return str(responses.get_region()), str(responses.get_account_id())
