"""The table of decisions: one item a request, kept whatever becomes of the stack unless the home says so."""

from aws_cdk import RemovalPolicy
from aws_cdk import aws_dynamodb as dynamodb
from constructs import Construct

from mdlc_constructs.resources.model_home import ModelHome

KEY = "request_id"
EXPIRES = "expires_at"
"""Seconds since 1970 after which DynamoDB may delete an item."""


def decision_table(scope: Construct, home: ModelHome) -> dynamodb.CfnTable:
    """An encrypted table with point-in-time recovery, paid by request."""
    table = dynamodb.CfnTable(
        scope,
        "Decisions",
        key_schema=[{"attributeName": KEY, "keyType": "HASH"}],
        attribute_definitions=[{"attributeName": KEY, "attributeType": "S"}],
        billing_mode="PAY_PER_REQUEST",
        sse_specification={"sseEnabled": True, "sseType": "KMS", "kmsMasterKeyId": home.key_arn},
        point_in_time_recovery_specification={"pointInTimeRecoveryEnabled": True},
        time_to_live_specification={"attributeName": EXPIRES, "enabled": True},
    )
    if home.removal_policy != RemovalPolicy.DESTROY:
        table.apply_removal_policy(home.removal_policy)
    return table
