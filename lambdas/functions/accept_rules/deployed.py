"""Entry point of the function for both that bring rules: a team's upload, and a deployment.

A deployment's rules stand where there are none, and where those that stand came with a deployment as well.
Rules that a team has uploaded since are newer than any deployment and stay; a deployment after which they
could not be used fails.
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
"""The attribute of rules that came with a deployment."""


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
    """Put the rules into their place unless uploaded ones stand there; says which.

    Raises:
        RulesRefusedError: when neither can be used.
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
    """The team's own rules stay, as long as they name nothing that the deployment takes away."""
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
