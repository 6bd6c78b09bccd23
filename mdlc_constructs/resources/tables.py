"""DynamoDB tables: encrypted with a KMS key, with point-in-time recovery, billed on demand."""

from aws_cdk import aws_dynamodb as dynamodb
from constructs import Construct


def new_table(
    scope: Construct,
    id_: str,
    key: str,
    sort_key: str | None = None,
    *,
    key_arn: str,
    expires: str | None = None,
) -> dynamodb.CfnTable:
    """A new table with point-in-time recovery (35 days). Its keys are strings.

    Args:
        key_arn: the KMS key that encrypts it.
        expires: the time-to-live attribute: Unix seconds after which DynamoDB may delete an item.
    """
    keys = {key: "HASH", **({sort_key: "RANGE"} if sort_key else {})}
    return dynamodb.CfnTable(
        scope,
        id_,
        key_schema=[{"attributeName": name, "keyType": kind} for name, kind in keys.items()],
        attribute_definitions=[{"attributeName": name, "attributeType": "S"} for name in keys],
        billing_mode="PAY_PER_REQUEST",
        sse_specification={"sseEnabled": True, "sseType": "KMS", "kmsMasterKeyId": key_arn},
        point_in_time_recovery_specification={"pointInTimeRecoveryEnabled": True},
        time_to_live_specification={"attributeName": expires, "enabled": True} if expires else None,
    )
