"""What CloudFormation owns around a retraining machine: rules that note triggers and wake it."""

import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from typing import Any

from aws_cdk import CfnResource, Fn
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_events as events
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from mdlc_constructs.asl.machine import Machine
from mdlc_constructs.asl.states import Task
from mdlc_constructs.settings.triggers import Trigger, encode_trigger
from mdlc_constructs.workflows.retraining.approving import WAITING

CUSTOM_RESOURCE_SECONDS = 300
RESUMED = "rate(1 hour)"
"""How often is looked for retrainings that were killed."""
_TOKEN = re.compile(r"\$\{Token\[[^\]]*\]\}")


def note_rule(
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
    """A rule that hands its events to what notes triggers, with the triggers that they may fire.

    Args:
        plan: what the function is told besides.
        pattern: which events; or else `schedule`.
    """
    known = {**plan, "triggers": [encode_trigger(one) for one in triggers]}
    return _rule_to(
        scope,
        id_,
        function_arn,
        description=description,
        event_pattern=dict(pattern) if pattern else None,
        schedule_expression=schedule,
        input_transformer=events.CfnRule.InputTransformerProperty(
            input_template=json.dumps(known)[:-1] + ', "event": <aws.events.event.json>}'
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


def wake_rule(scope: Construct, *, group: str, model: str, table: str, function_arn: str) -> events.CfnRule:
    """Wakes the machine when a version of the group was approved or rejected, by whomever."""
    told = {"table": table, "model": model, "endpoint": WAITING}
    return _rule_to(
        scope,
        "Decided",
        function_arn,
        description=f"A retraining that waits for a decision on a version of {group} is woken",
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
            input_template=json.dumps(told)[:-1] + ', "status": <status>}',
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
    """Goes to ALARM when what notes triggers fails: Lambda asks it three times, and the event is lost."""
    return cloudwatch.CfnAlarm(
        scope,
        "NotingAlarm",
        alarm_description=f"What may start a retraining of {model} could not be noted and may be lost, "
        "or one that was killed is not started again.",
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


def code_change(
    scope: Construct, *, trigger: Trigger, plan: Mapping[str, object], digest: str, function_arn: str
) -> CfnResource:
    """A resource of the deployment that changes when what training does has changed."""
    given = encode_trigger(trigger)
    return CfnResource(
        scope,
        "Code",
        type="Custom::MdlcTrainingCode",
        properties={
            "ServiceToken": function_arn,
            "ServiceTimeout": CUSTOM_RESOURCE_SECONDS + 60,
            **plan,
            "triggers": [given],
            "Digest": digest,
        },
    )


def work_digest(training: Machine) -> str:
    """What a training machine's work follows from: settings, requests, and what these are bound to.

    That is what decides whether a training is done anew: labels of code that change nothing are not in it.
    """
    plan = training.state("Plan")
    assert isinstance(plan, Task) and isinstance(plan.arguments, Mapping)
    payload: Any = plan.arguments["Payload"]
    bound = {
        name: _TOKEN.sub("", str(value))
        for name, value in training.bindings.items()
        if f"${{{name}}}" in json.dumps(payload["bound"])
    }
    told = {name: payload[name] for name in ("settings", "requests")}
    text = json.dumps({**told, "bound": bound}, sort_keys=True, default=str)
    # What is known only at deployment is where things are, not what is done.
    return hashlib.sha256(_TOKEN.sub("", text).encode()).hexdigest()


def _rule_to(
    scope: Construct,
    id_: str,
    function_arn: str,
    *,
    input_transformer: events.CfnRule.InputTransformerProperty | None = None,
    input: str | None = None,
    **rule: Any,
) -> events.CfnRule:
    made = events.CfnRule(
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
        source_arn=made.attr_arn,
    )
    return made
