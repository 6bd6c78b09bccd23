"""Stage conditions with the rule CloudWatchAlarm.

A rule fails when the alarm is in one of the configured states, or comes to one while the rule waits. Source:
https://docs.aws.amazon.com/codepipeline/latest/userguide/rule-reference-CloudWatchAlarm.html
"""

import time
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from mdlc_local import clients, clock, options
from mdlc_local.code_pipeline import records
from mdlc_local.code_pipeline.actions.action import POLL_SECONDS, SESSION
from mdlc_local.code_pipeline.declaration import resolved
from mdlc_local.code_pipeline.records import PipelineExecution


def hold(execution: PipelineExecution, stage: dict[str, Any]) -> bool:
    """Whether the conditions of a stage that succeeded hold: its alarms are watched for their time."""
    if execution.kind == "ROLLBACK":
        # The alarm that caused a rollback may still be in ALARM. AWS does not document what it does here.
        return True
    for condition in (stage.get("onSuccess") or {}).get("conditions", ()):
        state: dict[str, Any] = {"status": records.IN_PROGRESS, "rules": {}}
        execution.conditions[stage["name"]] = state
        failed = [rule["name"] for rule in condition["rules"] if not _holds(execution, rule, state)]
        state["status"] = records.FAILED if failed else records.SUCCEEDED
        if failed:
            reasons = "; ".join(state["rules"][name]["summary"] for name in failed)
            execution.summary = f"{stage['name']}: {reasons}"[:2000]
            return False
    return True


def _holds(execution: PipelineExecution, rule: dict[str, Any], state: dict[str, Any]) -> bool:
    record = {"status": records.IN_PROGRESS, "summary": "", "lastStatusChange": clock.now()}
    state["rules"][rule["name"]] = record
    held, summary = _watch(execution, rule)
    record.update(
        status=records.SUCCEEDED if held else records.FAILED, summary=summary, lastStatusChange=clock.now()
    )
    return held


def _watch(execution: PipelineExecution, rule: dict[str, Any]) -> tuple[bool, str]:
    configuration = {
        key: resolved(value, execution.variables) for key, value in rule["configuration"].items()
    }
    name, region = configuration["AlarmName"], rule.get("region") or execution.pipeline.scope.region
    forbidden = {word.strip() for word in configuration["AlarmStates"].split(",")}
    pipeline_role, own_role = execution.declaration["roleArn"], rule.get("roleArn")
    minutes = float(configuration.get("WaitTime") or 0)
    deadline = time.monotonic() + 60 * minutes / options.current().time_scale
    try:
        if own_role:
            sts = clients.client("sts", role_arn=pipeline_role, region=region, session=SESSION)
            sts.assume_role(RoleArn=own_role, RoleSessionName=SESSION)
        cloudwatch = clients.client(
            "cloudwatch", role_arn=own_role or pipeline_role, region=region, session=SESSION
        )
        while True:
            described = cloudwatch.describe_alarms(AlarmNames=[name])
            alarms = [*described.get("MetricAlarms", ()), *described.get("CompositeAlarms", ())]
            if not alarms:
                return False, f"The alarm {name} does not exist"
            current = alarms[0]["StateValue"]
            if current in forbidden or time.monotonic() >= deadline or execution.abandon.is_set():
                return current not in forbidden, f"The alarm {name} is in state {current}"
            time.sleep(POLL_SECONDS)
    except (ClientError, BotoCoreError) as error:
        return False, f"The alarm {name} cannot be read: {error}"
