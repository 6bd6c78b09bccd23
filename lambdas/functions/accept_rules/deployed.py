"""Entry point of the function that stores rules, from a team's upload or from a deployment.

A deployment's rules become the current ones when there are none, or when the current ones came with a
deployment, too. Rules that a team has uploaded are kept. A deployment that would make those invalid fails.
"""

from collections.abc import Mapping
from datetime import UTC, datetime

from aws_lambda_powertools import Logger
from botocore.exceptions import ClientError

from lambdas.aws import custom_resource
from lambdas.aws.clients import client
from lambdas.functions.accept_rules import handler as uploads
from lambdas.functions.accept_rules import logic
from lambdas.planning.items import text_of
from mdlc_constructs.settings.payloads.codec import JsonValue, decode
from mdlc_constructs.settings.payloads.decision import RulesResource
from mdlc_constructs.settings.rules_document import RulesRefusedError

logger = Logger(service="accept-rules")

BEFORE_EVERY_UPLOAD = "1970-01-01T00:00:00+00:00"
DEPLOYED = "deployed"
"""The attribute that marks rules of a deployment."""


def handler(event: Mapping[str, JsonValue], context: object) -> dict[str, JsonValue] | None:
    """Accept an upload (see `lambdas.functions.accept_rules.handler`), or the rules of a custom resource."""
    if "RequestType" not in event:
        return uploads.handler(event, context)

    def work() -> str:
        if event["RequestType"] == "Delete":
            return "nothing to do"
        return place(decode(RulesResource, event["ResourceProperties"]))

    custom_resource.respond(event, work, kind="rules", logger=logger)
    return None


def place(resource: RulesResource) -> str:
    """Store the deployment's rules unless a team has uploaded others; returns a text on which are in use.

    Raises:
        RulesRefusedError: when the deployment's rules are invalid, or the uploaded ones would be.
    """
    upload = logic.Upload(
        bucket=resource.bucket,
        key=resource.key,
        version_id="",
        sequencer="",
        written_at=BEFORE_EVERY_UPLOAD,
    )
    content = logic.read_upload(client("s3").get_object(Bucket=upload.bucket, Key=upload.key)["Body"])
    rules = logic.rules_in(content, resource.decisions, resource.columns)
    item = logic.rules_item(rules, upload, content, datetime.now(UTC).isoformat())
    try:
        client("dynamodb").put_item(
            TableName=resource.table,
            Item={**item, DEPLOYED: {"BOOL": True}},
            ConditionExpression="attribute_not_exists(pk) OR attribute_exists(#deployed)",
            ExpressionAttributeNames={"#deployed": DEPLOYED},
        )
    except ClientError as error:
        if error.response["Error"]["Code"] == "ConditionalCheckFailedException":
            return _check_uploaded(resource)
        raise
    client("dynamodb").put_item(TableName=resource.table, Item=logic.kept_item(item))
    return f"rules {rules.recorded} are in use"


def _check_uploaded(resource: RulesResource) -> str:
    """Keep the team's uploaded rules, if they are still valid with the deployment's decisions and columns."""
    answer = client("dynamodb").get_item(TableName=resource.table, Key=logic.key(), ConsistentRead=True)
    item = answer["Item"]
    try:
        rules = logic.rules_in(text_of(item, "document").encode(), resource.decisions, resource.columns)
    except RulesRefusedError as refused:
        version = text_of(item, "rules_version")
        raise RulesRefusedError(
            [f"The rules in use, {version}, could not be used any more ({refused}): upload others before."]
        ) from refused
    return f"the team's own rules {rules.recorded} stay"
