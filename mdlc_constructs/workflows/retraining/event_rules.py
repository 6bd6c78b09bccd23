"""The EventBridge rules around a retraining machine: they record triggers, and resume what waits or was
killed.
"""

import json
from collections.abc import Iterable, Mapping
from typing import Any

from aws_cdk import Fn
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_events as events
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from mdlc_constructs.settings.triggers import Trigger, encode_trigger
from mdlc_constructs.workflows.retraining.approval import WAITING

RESUMED = "rate(1 hour)"
"""How often the function looks for retrainings that were killed."""


def trigger_rule(
    scope: Construct,
    id_: str,
    *,
    description: str,
    triggers: Iterable[Trigger],
    plan: Mapping[str, object],
    function_arn: str,
    pattern: Mapping[str, Any] | None = None,
    schedule: str | None = None,
) -> events.CfnRule:
    """A rule that sends its events to the function that records triggers, with the triggers they may fire.

    Args:
        plan: what the function is given besides.
        pattern: which events; or else `schedule`.
    """
    request = {**plan, "triggers": [encode_trigger(trigger) for trigger in triggers]}
    return _rule_to(
        scope,
        id_,
        function_arn,
        description=description,
        event_pattern=dict(pattern) if pattern else None,
        schedule_expression=schedule,
        input_transformer=events.CfnRule.InputTransformerProperty(
            input_template=json.dumps(request)[:-1] + ', "event": <aws.events.event.json>}'
        ),
    )


def monitored(model: str) -> dict[str, Any]:
    """The events of monitoring: a window of the model was judged."""
    return {
        "source": ["mdlc"],
        "detail-type": ["Monitoring Completed"],
        "detail": {"model": [model]},
    }


def uploaded(bucket: str, prefix: str) -> dict[str, Any]:
    """The events of new objects of the dataset."""
    return {
        "source": ["aws.s3"],
        "detail-type": ["Object Created"],
        "detail": {"bucket": {"name": [bucket]}, "object": {"key": [{"prefix": prefix}]}},
    }


def decision_rule(
    scope: Construct, *, group: str, model: str, table: str, function_arn: str
) -> events.CfnRule:
    """Resumes the machine when a version of the group was approved or rejected, by whomever."""
    request = {"table": table, "model": model, "endpoint": WAITING}
    return _rule_to(
        scope,
        "Decided",
        function_arn,
        description=f"A retraining that waits for a decision on a version of {group} is resumed",
        event_pattern={
            "source": ["aws.sagemaker"],
            "detail-type": ["SageMaker Model Package State Change"],
            "detail": {
                "ModelPackageGroupName": [group],
                "ModelApprovalStatus": ["Approved", "Rejected"],
            },
        },
        input_transformer=events.CfnRule.InputTransformerProperty(
            input_paths_map={"status": "$.detail.ModelApprovalStatus"},
            input_template=json.dumps(request)[:-1] + ', "status": <status>}',
        ),
    )


def resume_rule(
    scope: Construct, *, model: str, plan: Mapping[str, object], function_arn: str
) -> events.CfnRule:
    """Starts a retraining of the model again that was killed, when no event does before."""
    return _rule_to(
        scope,
        "Resuming",
        function_arn,
        description=f"A retraining of {model} that was killed is started again",
        schedule_expression=RESUMED,
        input=json.dumps({**plan, "resume": True}),
    )


def failing_alarm(scope: Construct, *, model: str, function_arn: str) -> cloudwatch.CfnAlarm:
    """Goes to ALARM when triggers cannot be recorded: Lambda tries three times, then the event is lost."""
    return cloudwatch.CfnAlarm(
        scope,
        "NotingAlarm",
        alarm_description=f"A trigger for a retraining of {model} could not be recorded and may be lost, "
        "or a retraining that was killed is not started again.",
        namespace="AWS/Lambda",
        metric_name="Errors",
        # An ARN's seventh part is the function's name.
        dimensions=[{"name": "FunctionName", "value": Fn.select(6, Fn.split(":", function_arn))}],
        statistic="Sum",
        period=300,
        evaluation_periods=1,
        threshold=1,
        comparison_operator="GreaterThanOrEqualToThreshold",
        treat_missing_data="notBreaching",
    )


def _rule_to(
    scope: Construct,
    id_: str,
    function_arn: str,
    *,
    input_transformer: events.CfnRule.InputTransformerProperty | None = None,
    input: str | None = None,
    **rule: Any,
) -> events.CfnRule:
    event_rule = events.CfnRule(
        scope,
        id_,
        targets=[
            events.CfnRule.TargetProperty(
                id="Function", arn=function_arn, input_transformer=input_transformer, input=input
            )
        ],
        **rule,
    )
    lambda_.CfnPermission(
        scope,
        f"{id_}Permission",
        action="lambda:InvokeFunction",
        function_name=function_arn,
        principal="events.amazonaws.com",
        source_arn=event_rule.attr_arn,
    )
    return event_rule
