"""What CloudFormation owns around a release machine: alarms, and rules that start and wake it."""

from collections.abc import Mapping
from typing import Any

from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_events as events
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from mdlc_constructs.asl.statements import Statement
from mdlc_constructs.resources.permissions import Role
from mdlc_constructs.settings.rollback_alarms import AlarmSpec

_PERCENTILE = "p"


def alarm_name(spec: AlarmSpec, endpoint_name: str) -> str:
    """An alarm's name: known beforehand, because roles of a home in another stack name it too."""
    return f"{endpoint_name}-rollback-{spec.key}"


def rollback_alarm(
    scope: Construct, spec: AlarmSpec, *, endpoint_name: str, variant: str
) -> cloudwatch.CfnAlarm:
    """An alarm that SageMaker watches while a new version bakes."""
    own = (("EndpointName", endpoint_name), ("VariantName", variant)) if spec.of_endpoint else ()
    percentile = spec.statistic.startswith(_PERCENTILE)
    return cloudwatch.CfnAlarm(
        scope,
        f"{spec.key}Alarm",
        alarm_name=alarm_name(spec, endpoint_name),
        alarm_description=(
            f"While a new version of the endpoint {endpoint_name} bakes, this sends it back: {spec.metric} "
            f"{'above' if spec.comparison.startswith('Greater') else 'below'} {spec.threshold:g} {spec.unit}."
        ),
        namespace=spec.namespace,
        metric_name=spec.metric,
        dimensions=[{"name": name, "value": value} for name, value in (*own, *spec.dimensions)],
        statistic=None if percentile else spec.statistic,
        extended_statistic=spec.statistic if percentile else None,
        period=spec.period_seconds,
        evaluation_periods=spec.evaluation_periods,
        threshold=spec.threshold,
        comparison_operator=spec.comparison,
        treat_missing_data=spec.missing,
    )


def approval_rule(scope: Construct, *, group: str, machine_arn: str) -> events.CfnRule:
    """Starts the machine when a version of the group is approved, by whomever.

    SageMaker announces every change of a version under one name, and may do so twice. What changed is said
    in `UpdatedModelPackageFields`, which its documentation does not mention: where the member is missing,
    the machine starts, and the planner finds that there is nothing to do.
    """
    role = Role(
        scope,
        "ApprovalRole",
        service="events.amazonaws.com",
        statements=(Statement(actions=("states:StartExecution",), resources=("${Machine}",)),),
        bindings={"Machine": machine_arn},
    )
    return events.CfnRule(
        scope,
        "Approval",
        description=f"An approved version of {group} is released",
        event_pattern=_of_sagemaker(
            "SageMaker Model Package State Change",
            {
                "ModelPackageGroupName": [group],
                "ModelApprovalStatus": ["Approved"],
                "UpdatedModelPackageFields": ["ModelApprovalStatus", {"exists": False}],
            },
        ),
        targets=[
            events.CfnRule.TargetProperty(
                id="Release",
                arn=machine_arn,
                role_arn=role.arn,
                input_transformer=events.CfnRule.InputTransformerProperty(
                    input_paths_map={"version": "$.detail.ModelPackageVersion", "id": "$.id"},
                    input_template=(
                        '{"package_version": <version>, "forward_only": true, "trigger": "approval", '
                        '"request_id": <id>}'
                    ),
                ),
            )
        ],
    )


def wake_rule(
    scope: Construct, *, endpoint_name: str, model: str, table: str, function_arn: str
) -> events.CfnRule:
    """Wakes the machine when its endpoint's state has changed."""
    rule = events.CfnRule(
        scope,
        "EndpointChange",
        description=f"A release that waits for the endpoint {endpoint_name} is woken",
        event_pattern=_of_sagemaker("SageMaker Endpoint State Change", {"EndpointName": [endpoint_name]}),
        targets=[
            events.CfnRule.TargetProperty(
                id="Wake",
                arn=function_arn,
                input_transformer=events.CfnRule.InputTransformerProperty(
                    input_paths_map={"status": "$.detail.EndpointStatus"},
                    input_template=(
                        f'{{"table": "{table}", "model": "{model}", "endpoint": "{endpoint_name}", '
                        '"status": <status>}'
                    ),
                ),
            )
        ],
    )
    lambda_.CfnPermission(
        scope,
        "EndpointChangePermission",
        action="lambda:InvokeFunction",
        function_name=function_arn,
        principal="events.amazonaws.com",
        source_arn=rule.attr_arn,
    )
    return rule


def _of_sagemaker(detail_type: str, detail: Mapping[str, Any]) -> dict[str, Any]:
    return {"source": ["aws.sagemaker"], "detail-type": [detail_type], "detail": dict(detail)}
