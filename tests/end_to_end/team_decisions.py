"""The decision API of a team for tests: both shapes, an action that counts its calls, and a caller."""

from datetime import timedelta

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

RULES = {
    "schema_version": 1,
    "version": "first",
    "bands": [{"below": ASKS_FROM, "decision": "ship"}, {"from": ASKS_FROM, "decision": "ask"}],
}

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
            # A busy machine must not turn answers into fallbacks.
            fallback=Fallback(decision=FALLBACK, endpoint_timeout=timedelta(seconds=6)),
            action=ActionCall(decisions=("ask",), timeout=timedelta(seconds=3)),
        ),
        rules=RULES,
        action=action,
        shape="both",
    )
    caller = iam.Role(stack, "Caller", assumed_by=iam.AccountRootPrincipal())
    api.grant_invoke(caller)
    CfnOutput(stack, "Url", value=api.url)
    CfnOutput(stack, "DecisionTableName", value=api.table_name)
    CfnOutput(stack, "ActedTableName", value=acted.table_name)
    CfnOutput(stack, "CallerArn", value=caller.role_arn)
