"""The scaling engine: a thread that checks alarms and scheduled actions and changes instance counts.

Cooldowns are real time divided by the server's time scale. During a scale-out cooldown no instances are
added; AWS would add those beyond the number that it has already added. A scale-in never delays a scale-out.
"""

import importlib
import logging
import time

from mdlc_local import alarms, clock, options
from mdlc_local.autoscaling import counts, schedules, store
from mdlc_local.autoscaling.policies import DEFAULT_COOLDOWN_SECONDS
from mdlc_local.autoscaling.store import Policy, Target
from mdlc_local.autoscaling.tracking import Look, wanted

log = logging.getLogger("mdlc_local.autoscaling")

LOOK_SECONDS = 0.25
"""Seconds between checks of all targets."""

MIN_PAUSE_SECONDS = 60
"""The least time between two changes by alarms, whatever the cooldowns: AWS evaluates alarms every minute."""


def run() -> None:
    """Check all targets repeatedly until the server ends."""
    responses = importlib.import_module("ministack.core.responses")
    while True:
        time.sleep(LOOK_SECONDS)
        for target in store.everything():
            responses.set_request_account_id(target.scope.account)
            responses.set_request_region(target.scope.region)
            try:
                schedules.carry_out(target, clock.now())
                track(target, time.monotonic())
            except Exception:
                # A target that cannot be scaled must not prevent the scaling of the others.
                log.exception("%s cannot be scaled", target.resource_id)


def track(target: Target, now: float) -> None:
    """Scale a target to the count that its policies want, unless a cooldown or a suspension prevents that.

    Args:
        target: the target.
        now: the time by the monotonic clock.
    """
    count = counts.current(target)
    with store.lock:
        followed = list(target.policies.values())
    if count is None or not followed:
        return
    looks = [look(policy) for policy in followed]
    goal = wanted(count, target.minimum, target.maximum, looks)
    if goal == count:
        return
    out = goal > count
    cooldowns = [policy.tracked.get("ScaleOutCooldown" if out else "ScaleInCooldown") for policy in followed]
    seconds = max(DEFAULT_COOLDOWN_SECONDS if seconds is None else seconds for seconds in cooldowns)
    before = [target.scaled_out] if out else [target.scaled_in, target.scaled_out]
    waited = [now - moment for moment in before if moment is not None]
    if any(passed < max(seconds, MIN_PAUSE_SECONDS) / options.current().time_scale for passed in waited):
        return
    if target.suspended.get("DynamicScalingOutSuspended" if out else "DynamicScalingInSuspended"):
        return
    policy = next(
        (policy for policy, seen in zip(followed, looks, strict=True) if (seen.high if out else seen.low)),
        followed[0],
    )
    alarm = policy.high if out else policy.low
    cause = f"monitor alarm {alarm} in state ALARM triggered policy {policy.request['PolicyName']}"
    if counts.change(target, goal, cause):
        if out:
            target.scaled_out = now
        else:
            target.scaled_in = now


def look(policy: Policy) -> Look:
    """The states of a policy's alarms and its metric's latest value, in the current account and region."""
    cloudwatch = importlib.import_module(alarms.CLOUDWATCH)
    high = cloudwatch._alarms.get(policy.high)
    low = cloudwatch._alarms.get(policy.low) if policy.low is not None else None
    values = alarms.values(high, time.time()) if high is not None else []
    return Look(
        target=float(policy.tracked["TargetValue"]),
        value=next((value for value in values if value is not None), None),
        high=high is not None and high["StateValue"] == "ALARM",
        low=None if policy.low is None else bool(low is not None and low["StateValue"] == "ALARM"),
    )
