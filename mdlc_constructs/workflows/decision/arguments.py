"""Validation of a decision API's arguments, and the environment variables of its functions."""

import json
import re
from datetime import timedelta
from typing import Literal

from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from mdlc_constructs.resources.names import MACHINE, claim
from mdlc_constructs.settings.decision_calls import ActionCall
from mdlc_constructs.settings.decisions import Decisions
from mdlc_constructs.settings.numbers import check_whole
from mdlc_constructs.settings.payloads.codec import encode
from mdlc_constructs.settings.refusal import refusal, unknown
from mdlc_constructs.settings.task_steps import check_step
from mdlc_constructs.settings.token import has_token
from mdlc_constructs.workflows.decision.mapping import MAX_INTEGRATION_MS

Shape = Literal["lambda", "express", "both"]

MAX_ENVIRONMENT_BYTES = 4096
"""Maximum size of a function's environment.

Source: https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
"""
_TABLES = 3 * (len("MDLC_DECISION_TABLE") + 255)
"""Size of the tables' names, which are known only at deployment; DynamoDB limits them to 255 characters."""

_SHAPES = ("lambda", "express", "both")
_NAME = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
_MAX_NAME_CHARACTERS = 60


def check(
    *,
    name: str,
    shape: Shape,
    decisions: Decisions,
    feature_table: dynamodb.ITable | None,
    acts: bool,
    memory_mb: int,
    provisioned: int,
    slowest: timedelta,
    web_acl_arn: str | None,
) -> None:
    """Reject arguments that are invalid or contradict each other.

    Raises:
        ValueError: names the argument, its value and the remedy.
    """
    if shape not in _SHAPES:
        raise unknown("shape", shape, _SHAPES, what="shape")
    if not _NAME.fullmatch(name) or len(name) > _MAX_NAME_CHARACTERS:
        raise refusal(
            "name", name, f"give lowercase words joined by hyphens, at most {_MAX_NAME_CHARACTERS} letters."
        )
    if feature_table is None and decisions.lookup is not None:
        raise refusal("feature_table", None, "give the table that decisions.lookup looks into.")
    if feature_table is not None and decisions.lookup is None:
        raise refusal(
            "feature_table",
            feature_table.node.path,
            "nothing is looked up in it; give decisions a lookup, or leave the table out.",
        )
    if not acts and decisions.action != ActionCall():
        raise refusal("action", None, "give the function that decisions.action tells how to call.")
    check_whole("memory_mb", memory_mb, 128, 10_240, unit="megabytes")
    check_whole("provisioned", provisioned, 0, 1_000, unit="instances")
    if not timedelta(0) < slowest <= timedelta(milliseconds=MAX_INTEGRATION_MS):
        raise refusal("slowest", str(slowest), "give a time up to 29 seconds.")
    if web_acl_arn is not None and not has_token(web_acl_arn) and ":regional/webacl/" not in web_acl_arn:
        raise refusal("web_acl_arn", web_acl_arn, "give the ARN of a regional web ACL of AWS WAF.")


def check_alone(scope: Construct, id_: str, name: str) -> None:
    """Reject a second API with the same name, which would share the first one's machine, metrics and rules.

    Raises:
        ValueError: names the first API.
    """
    # The machine's name is claimed for every shape, because an API's shape may change later.
    holder = claim(scope, id_, MACHINE, name)
    if holder is not None:
        raise refusal(
            "name", name, f"{holder} has that name in the same account and region; give each its own."
        )


def check_task(endpoint: object) -> None:
    """Refuse the endpoint of a model whose task decisions do not take, as far as the endpoint says its task.

    Raises:
        ValueError: naming the task.
    """
    task = getattr(getattr(getattr(endpoint, "settings", None), "dataset", None), "task", None)
    if isinstance(task, str):
        check_step("decisions", task, what="a decision API")


def tests_variants(endpoint: object, shape: Shape) -> bool:
    """Whether versions are compared on the endpoint by an `ABTest`, which assigns entities to variants.

    Raises:
        ValueError: when the shape cannot keep an entity on its variant.
    """
    tests = bool(getattr(endpoint, "tests_variants", False))
    if tests and shape != "lambda":
        raise refusal(
            "shape",
            shape,
            "an Express machine names no variant, and an ABTest keeps entities to theirs; give 'lambda'.",
        )
    return tests


def environment(
    *,
    api: str,
    model: str,
    decisions: Decisions,
    endpoint_name: str,
    feature_table: dynamodb.ITable | None,
    action: lambda_.IFunction | None,
) -> dict[str, str]:
    """The environment variables of the deciding functions, except the names of their own tables.

    Raises:
        ValueError: when they exceed the maximum size of an environment.
    """
    variables = {
        "MDLC_API": api,
        "MDLC_MODEL": model,
        "MDLC_DECISIONS": json.dumps(encode(decisions.to_payload()), separators=(",", ":")),
        "MDLC_ENDPOINT": endpoint_name,
        "MDLC_LOOKUP_TABLE": "" if feature_table is None else feature_table.table_name,
        "MDLC_ACTION": "" if action is None else action.function_arn,
    }
    size = _TABLES + sum(len(key) + len(value) for key, value in variables.items())
    if size > MAX_ENVIRONMENT_BYTES:
        raise refusal(
            "decisions",
            f"{size} bytes",
            f"a function's environment holds {MAX_ENVIRONMENT_BYTES}; look up fewer columns.",
        )
    return variables
