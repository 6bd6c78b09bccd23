"""The rules of a decision API: their S3 key, the function that accepts uploads, and the initial rules."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from aws_cdk import CfnResource, Stack
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_events as events
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from mdlc_constructs.resources import bundles
from mdlc_constructs.resources.assets import asset
from mdlc_constructs.resources.model_home import ModelHome
from mdlc_constructs.settings.decisions import Decisions
from mdlc_constructs.settings.rules_document import parse, read
from mdlc_constructs.workflows.decision import permissions
from mdlc_constructs.workflows.decision.functions import DecisionFunction, make_function

ACCEPT_SECONDS = 60
ACCEPT_MB = 512
MAX_TEMPLATE_CHARACTERS = 8192
"""Maximum length of an event rule's input template.

Source: https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_InputTransformer.html
"""
MAX_TABLE_NAME_CHARACTERS = 255
"""Maximum length of a table's name, which is not known before deployment."""


def rules_key(api: str) -> str:
    """The S3 key, in the model's bucket, to which a team uploads the rules of an API."""
    return f"rules/{api}.json"


def checked_text(rules: Path | Mapping[str, Any], decisions: Decisions) -> str:
    """The text of a valid rules document.

    Raises:
        ValueError: says what is wrong with the rules, or why the file cannot be read.
    """
    if isinstance(rules, Mapping):
        text = json.dumps(rules, indent=2)
    else:
        try:
            text = Path(rules).read_text(encoding="utf-8-sig")
        except (OSError, UnicodeDecodeError) as error:
            raise ValueError(
                f"rules={str(rules)!r} cannot be read ({error}): give a JSON file in UTF-8."
            ) from error
    parse(read(text), decisions=decisions.decisions, columns=decisions.rule_columns)
    return text


def accept_rules(
    scope: Construct,
    home: ModelHome,
    *,
    api: str,
    table: dynamodb.CfnTable,
    decisions: Decisions,
    text: str,
) -> tuple[DecisionFunction, CfnResource]:
    """The function that accepts uploads, and the custom resource that stores the initial rules."""
    place = asset(Stack.of(scope), bundles.of_content("rules", ".json", text.encode()))
    key = rules_key(api)
    function = make_function(
        scope,
        "AcceptRules",
        home,
        handler="lambdas.functions.accept_rules.deployed.handler",
        description=f"Accepts the rules of {api} when they can be used",
        statements=permissions.accepting_rules(key),
        bindings={
            "RulesTableArn": table.attr_arn,
            "RulesBucket": place.bucket_name,
            "RulesKey": place.object_key,
        },
        environment={},
        timeout_seconds=ACCEPT_SECONDS,
        memory_mb=ACCEPT_MB,
    )
    rule = events.CfnRule(
        scope,
        "RulesUploaded",
        description=f"The rules of {api} were uploaded",
        event_pattern={
            "source": ["aws.s3"],
            "detail-type": ["Object Created"],
            "detail": {"bucket": {"name": [home.bucket_name]}, "object": {"key": [key]}},
        },
        targets=[
            events.CfnRule.TargetProperty(
                id="Accept",
                arn=function.arn,
                input_transformer=events.CfnRule.InputTransformerProperty(
                    input_template=upload_template(api, home.name, table.ref, decisions)
                ),
            )
        ],
    )
    home.warn_without_events(rule, what=f"no rules that are uploaded for {api} are accepted")
    lambda_.CfnPermission(
        scope,
        "RulesUploadedPermission",
        action="lambda:InvokeFunction",
        function_name=function.arn,
        principal="events.amazonaws.com",
        source_arn=rule.attr_arn,
    )
    first = CfnResource(
        scope,
        "FirstRules",
        type="Custom::MdlcRules",
        properties={
            "ServiceToken": function.arn,
            "ServiceTimeout": ACCEPT_SECONDS + 60,
            "Table": table.ref,
            "Bucket": place.bucket_name,
            "Key": place.object_key,
            "Decisions": list(decisions.decisions),
            "Columns": dict(decisions.rule_columns),
        },
    )
    return function, first


def upload_template(api: str, model: str, table: str, decisions: Decisions) -> str:
    """The input template of the event rule: S3's event, and the decisions and columns that rules may use.

    When the columns do not fit into a template, names of columns are checked at deployment only.
    """
    for columns in (dict(decisions.rule_columns), None):
        known = {
            "api": api,
            "model": model,
            "table": table,
            "bus": "default",
            "decisions": list(decisions.decisions),
            "columns": columns,
        }
        template = json.dumps(known)[:-1] + ', "event": <aws.events.event.json>}'
        if len(template) <= MAX_TEMPLATE_CHARACTERS - MAX_TABLE_NAME_CHARACTERS:
            break
    return template
