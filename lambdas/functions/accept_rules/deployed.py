"""Entry point of the function for both that bring rules: a team's upload, and a deployment.

A deployment's rules stand where there are none, and where those that stand came with a deployment as well.
Rules that a team has uploaded since are newer than any deployment and stay; a deployment after which they
could not be used fails.
"""

from datetime import UTC, datetime
from typing import Any

from aws_lambda_powertools import Logger
from botocore.exceptions import ClientError

from lambdas.aws.clients import client
from lambdas.aws.custom_resource import answer
from lambdas.functions.accept_rules import handler as uploads
from lambdas.functions.accept_rules import logic
from mdlc_constructs.settings.rules_document import RulesRefusedError

logger = Logger(service="accept-rules")

BEFORE_EVERY_UPLOAD = "1970-01-01T00:00:00+00:00"
DEPLOYED = "deployed"
"""The attribute of rules that came with a deployment."""


def handler(event: dict[str, Any], context: object) -> dict[str, str] | None:
    """Accept an upload (see `lambdas.functions.accept_rules.handler`), or the rules of a custom resource.

    An upload comes as the event of S3 in `event`, beside what the event's rule knows. Properties of the
    resource: `Bucket` and `Key` of the document, `Table`, and the `Decisions` and `Columns` that it may name.
    """
    if "RequestType" not in event:
        return uploads.handler({**event, **_uploaded(event["event"])}, context)
    status, reason = "SUCCESS", "nothing to do"
    if event["RequestType"] != "Delete":
        try:
            reason = place(event["ResourceProperties"])
        except Exception as error:  # CloudFormation must get an answer, or it waits for an hour
            logger.exception("rules")
            status, reason = "FAILED", f"{type(error).__name__}: {error}"[-900:]
    answer(event, status, reason, kind="rules")
    return None


def place(properties: dict[str, Any]) -> str:
    """Put the rules into their place unless uploaded ones stand there; says which.

    Raises:
        RulesRefusedError: when neither can be used.
    """
    upload = logic.Upload(
        bucket=properties["Bucket"],
        key=properties["Key"],
        version_id="",
        sequencer="",
        written_at=BEFORE_EVERY_UPLOAD,
    )
    content = logic.read_upload(client("s3").get_object(Bucket=upload.bucket, Key=upload.key)["Body"])
    rules = logic.rules_in(content, properties["Decisions"], properties["Columns"])
    item = logic.item_of(rules, upload, content, datetime.now(UTC).isoformat())
    dynamodb = client("dynamodb")
    try:
        dynamodb.put_item(
            TableName=properties["Table"],
            Item={**item, DEPLOYED: {"BOOL": True}},
            ConditionExpression="attribute_not_exists(pk) OR attribute_exists(#deployed)",
            ExpressionAttributeNames={"#deployed": DEPLOYED},
        )
    except ClientError as error:
        if error.response["Error"]["Code"] == "ConditionalCheckFailedException":
            return _staying(dynamodb, properties)
        raise
    dynamodb.put_item(TableName=properties["Table"], Item=logic.kept_item(item))
    return f"rules {rules.recorded} are in use"


def _staying(dynamodb: Any, properties: dict[str, Any]) -> str:
    """The team's own rules stay, as long as they name nothing that the deployment takes away."""
    found = dynamodb.get_item(TableName=properties["Table"], Key=logic.key(), ConsistentRead=True)["Item"]
    document = found["document"]["S"].encode()
    try:
        rules = logic.rules_in(document, properties["Decisions"], properties["Columns"])
    except RulesRefusedError as refused:
        version = found["rules_version"]["S"]
        raise RulesRefusedError(
            [f"The rules in use, {version}, could not be used any more ({refused}): upload others before."]
        ) from refused
    return f"the team's own rules {rules.recorded} stay"


def _uploaded(event: dict[str, Any]) -> dict[str, str]:
    """What is uploaded, of the event that S3 sends; a bucket without versions names none."""
    detail = event["detail"]
    return {
        "bucket": detail["bucket"]["name"],
        "key": detail["object"]["key"],
        "version_id": detail["object"].get("version-id", ""),
        "sequencer": detail["object"].get("sequencer", ""),
        "at": event["time"],
    }
