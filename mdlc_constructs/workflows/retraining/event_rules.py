"""The EventBridge rules of a retraining machine: they record triggers and resume executions."""

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
"""How often the function looks for retrainings whose execution died."""


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
    """A rule that sends events to the function that records triggers, with the triggers they may fire.

    Args:
        scope: the rule's scope.
        id_: the rule's id.
        description: the rule's description.
        triggers: the triggers that the events may fire.
        plan: the other members of the function's payload.
        function_arn: ARN of the function.
        pattern: the event pattern; give this or `schedule`.
        schedule: the schedule expression.
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
    """The event pattern of monitoring: a window of the model was completed."""
    return {
        "source": ["mdlc"],
        "detail-type": ["Monitoring Completed"],
        "detail": {"model": [model]},
    }


def uploaded(bucket: str, prefix: str) -> dict[str, Any]:
    """The event pattern of new objects of the dataset."""
    return {
        "source": ["aws.s3"],
        "detail-type": ["Object Created"],
        "detail": {"bucket": {"name": [bucket]}, "object": {"key": [{"prefix": prefix}]}},
    }


def decision_rule(
    scope: Construct, *, group: str, model: str, table: str, function_arn: str
) -> events.CfnRule:
    """A rule that resumes the machine when anyone approves or rejects a version of the package group."""
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
    """A schedule that restarts a retraining of the model whose execution died."""
    return _rule_to(
        scope,
        "Resuming",
        function_arn,
        description=f"A retraining of {model} that was killed is started again",
        schedule_expression=RESUMED,
        input=json.dumps({**plan, "resume": True}),
    )


def failing_alarm(scope: Construct, *, model: str, function_arn: str) -> cloudwatch.CfnAlarm:
    """An alarm for triggers that cannot be recorded: after Lambda's three attempts the event is lost."""
    return cloudwatch.CfnAlarm(
        scope,
        "NotingAlarm",
        alarm_description=f"A trigger for a retraining of {model} could not be recorded and may be lost, "
        "or a retraining that was killed is not started again.",
        namespace="AWS/Lambda",
        metric_name="Errors",
        # The seventh part of the ARN is the function's name.
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
