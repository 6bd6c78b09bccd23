"""The decision API of a team for tests: both shapes, an action that counts its calls, and a caller."""

from datetime import timedelta
from typing import Any

from aws_cdk import CfnOutput, RemovalPolicy, Stack
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_

from mdlc_constructs import (
    ActionCall,
    Dataset,
    DecisionApi,
    Decisions,
    Fallback,
    ModelHome,
    RealTimeInferenceWorkflow,
)

DECISIONS = ("ship", "ask")
FALLBACK = "ship"
ASKS_FROM = 0.6
"""The score from which somebody is asked before an order is shipped; only that is acted on."""


def rules(version: str) -> dict[str, Any]:
    """The rules; all versions of them say the same."""
    bands = [{"below": ASKS_FROM, "decision": "ship"}, {"from": ASKS_FROM, "decision": "ask"}]
    return {"schema_version": 1, "version": version, "bands": bands}


_ACTION = """
import os

import boto3

table = boto3.client("dynamodb")


def handler(event, context):
    table.update_item(
        TableName=os.environ["TABLE"],
        Key={"request_id": {"S": event["request_id"]}},
        UpdateExpression="ADD calls :one",
        ExpressionAttributeValues={":one": {"N": "1"}},
    )
"""


def add_decisions(
    stack: Stack, home: ModelHome, released: RealTimeInferenceWorkflow, dataset: Dataset
) -> None:
    """Put the API in front of the endpoint to which versions are released."""
    acted = dynamodb.Table(
        stack,
        "Acted",
        partition_key=dynamodb.Attribute(name="request_id", type=dynamodb.AttributeType.STRING),
        billing_mode=dynamodb.BillingMode.PAY_PER_REQUEST,
        removal_policy=RemovalPolicy.DESTROY,
    )
    action = lambda_.Function(
        stack,
        "Act",
        runtime=lambda_.Runtime.PYTHON_3_13,
        handler="index.handler",
        code=lambda_.Code.from_inline(_ACTION),
        environment={"TABLE": acted.table_name},
    )
    acted.grant(action, "dynamodb:UpdateItem")
    api = DecisionApi(
        stack,
        "Decisions",
        home=home,
        endpoint=released,
        decisions=Decisions.about(
            dataset,
            decisions=DECISIONS,
            # A busy machine must turn no answer into a fallback, and no call of the action into two.
            fallback=Fallback(decision=FALLBACK, endpoint_timeout=timedelta(seconds=6), tries=1),
            action=ActionCall(decisions=("ask",), timeout=timedelta(seconds=6)),
            rules_age=timedelta(seconds=1),
        ),
        rules=rules("first"),
        action=action,
        shape="both",
        account_log_role=True,
    )
    caller = iam.Role(stack, "Caller", assumed_by=iam.AccountRootPrincipal())
    api.grant_invoke(caller)
    CfnOutput(stack, "Url", value=api.url)
    CfnOutput(stack, "DecisionTableName", value=api.table_name)
    CfnOutput(stack, "ActedTableName", value=acted.table_name)
    CfnOutput(stack, "RulesUri", value=api.rules_uri)
    CfnOutput(stack, "CallerArn", value=caller.role_arn)
