"""The EventBridge rules that start a monitoring machine: a schedule, and published predictions."""

import json
from datetime import timedelta

from aws_cdk import aws_events as events
from constructs import Construct

from mdlc_constructs.asl.statements import Statement
from mdlc_constructs.resources.permissions import Role
from mdlc_constructs.workflows.monitoring.settings import MonitoringSettings

DAY, HOUR, MINUTE = timedelta(days=1), timedelta(hours=1), timedelta(minutes=1)


def schedule(every: timedelta, settling: timedelta) -> str:
    """The schedule expression: the end of each window plus the time until its captures are written, in UTC.

    Windows longer than a day are also checked every day, because labels arrive daily.
    """
    minutes = int(-(-settling // MINUTE))
    hour, minute = divmod(minutes, 60)
    if every < DAY and not DAY % every:
        return f"cron({minute} {hour % (every // HOUR)}/{every // HOUR} * * ? *)"
    if every < DAY:
        return f"rate({every // HOUR} hours)"
    return f"cron({minute} {hour} * * ? *)"


def starts(scope: Construct, settings: MonitoringSettings, machine_arn: str) -> tuple[events.CfnRule, ...]:
    """The rules that start the machine: on a schedule, and for batch whenever predictions are published."""
    role = Role(
        scope,
        "StartRole",
        service="events.amazonaws.com",
        statements=(Statement(actions=("states:StartExecution",), resources=("${Machine}",)),),
        bindings={"Machine": machine_arn},
    )
    clock = events.CfnRule(
        scope,
        "Schedule",
        description=f"Windows of {settings.model} are monitored when they are over",
        schedule_expression=schedule(settings.every, settings.settling),
        targets=[
            events.CfnRule.TargetProperty(
                id="Monitor",
                arn=machine_arn,
                role_arn=role.arn,
                input=json.dumps({"trigger": "schedule"}),
            )
        ],
    )
    if settings.kind == "endpoint":
        return (clock,)
    published = events.CfnRule(
        scope,
        "Published",
        description=f"Published predictions of {settings.model} are monitored",
        event_pattern={
            "source": ["mdlc"],
            "detail-type": ["Predictions Published"],
            "detail": {"model": [settings.model], "outcome": ["Succeeded"]},
        },
        targets=[
            events.CfnRule.TargetProperty(
                id="Monitor",
                arn=machine_arn,
                role_arn=role.arn,
                input_transformer=events.CfnRule.InputTransformerProperty(
                    input_paths_map={"id": "$.id"},
                    input_template='{"trigger": "predictions", "request_id": <id>}',
                ),
            )
        ],
    )
    return (clock, published)
