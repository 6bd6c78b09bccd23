"""The EventBridge rules of a release machine: approvals start it, changes of the endpoint resume it."""

from collections.abc import Mapping
from typing import Any

from aws_cdk import aws_events as events
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from mdlc_constructs.asl.statements import Statement
from mdlc_constructs.resources.permissions import Role


def approval_rule(scope: Construct, *, group: str, machine_arn: str) -> events.CfnRule:
    """A rule that starts the machine when anyone approves a version of the package group.

    SageMaker publishes all changes of a version with one detail type, possibly twice. The changed fields are
    in `UpdatedModelPackageFields`, which its documentation does not mention. When that member is missing, the
    machine starts, and the planner finds nothing to do.
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


def endpoint_change_rule(
    scope: Construct, *, endpoint_name: str, model: str, table: str, function_arn: str
) -> events.CfnRule:
    """A rule that resumes the machine when the status of its endpoint changes."""
    rule = events.CfnRule(
        scope,
        "EndpointChange",
        description=f"A release that waits for the endpoint {endpoint_name} is resumed",
        event_pattern=_of_sagemaker("SageMaker Endpoint State Change", {"EndpointName": [endpoint_name]}),
        targets=[
            events.CfnRule.TargetProperty(
                id="Resume",
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
