"""Stacks with a decision API, as a team might write them."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from aws_cdk import Environment, Stack
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_

from mdlc_constructs import (
    ActionCall,
    Authorizer,
    DecisionApi,
    Decisions,
    Fallback,
    FeatureLookup,
    ModelHome,
    NetworkSettings,
)

HERE = Environment(account="111111111111", region="eu-central-1")
WEB_ACL = "arn:aws:wafv2:eu-central-1:111111111111:regional/webacl/wall/1234"
POOL = "arn:aws:cognito-idp:eu-central-1:111111111111:userpool/eu-central-1_abc"
JUDGE = "arn:aws:lambda:eu-central-1:111111111111:function:judge"

LOOKUP = FeatureLookup(
    key="tail_number", table_key="id", defaults={"age": 12.5, "seats": 180, "carrier": None, "leased": False}
)
DECISIONS = Decisions(
    decisions=("rebook", "wait"),
    fallback=Fallback(decision="wait"),
    columns={
        "distance": "number",
        "tail_number": "category",
        "age": "number",
        "seats": "integer",
        "carrier": "category",
        "leased": "boolean",
    },
    required=("distance", "tail_number"),
    lookup=LOOKUP,
    action=ActionCall(decisions=("rebook",)),
    kept=timedelta(days=90),
)
PLAIN = Decisions(
    decisions=("rebook", "wait"), fallback=Fallback(decision="wait"), columns={"distance": "number"}
)
RULES = {
    "schema_version": 1,
    "version": "first",
    "bands": [{"below": 0.5, "decision": "wait"}, {"from": 0.5, "decision": "rebook"}],
}


@dataclass(frozen=True)
class Named:
    """Anything that names an endpoint."""

    endpoint_name: str = "flights"


def decision_api(stack: Stack, **arguments: Any) -> DecisionApi:
    """An API of the least that it needs, and what is given."""
    home = ModelHome(stack, "Model", name="flights")
    given = {"endpoint": Named(), "decisions": PLAIN, "rules": RULES, **arguments}
    return DecisionApi(stack, "Api", home=home, **given)


def acting(stack: Stack, **arguments: Any) -> DecisionApi:
    """An API with everything that a decision may call."""
    function = lambda_.Function(
        stack,
        "Rebook",
        runtime=lambda_.Runtime.PYTHON_3_14,
        handler="index.handler",
        code=lambda_.Code.from_inline("def handler(event, context): return event"),
    )
    key = kms.Key.from_key_arn(stack, "TheirKey", "arn:aws:kms:eu-central-1:333333333333:key/theirs")
    table = dynamodb.Table.from_table_attributes(
        stack,
        "Fleet",
        table_arn="arn:aws:dynamodb:eu-central-1:111111111111:table/fleet",
        encryption_key=key,
    )
    given = {"decisions": DECISIONS, "feature_table": table, "action": function, "shape": "both", **arguments}
    return decision_api(stack, **given)


def warm(stack: Stack) -> None:
    network = NetworkSettings(subnet_ids=("subnet-01234567",), security_group_ids=("sg-01234567",))
    decision_api(stack, provisioned=2, network=network, web_acl_arn=WEB_ACL, account_log_role=False)


def express(stack: Stack) -> None:
    decision_api(
        stack, shape="express", log_rows=True, authorizer=Authorizer.user_pool(POOL, scopes=("ask",))
    )


def judged(stack: Stack) -> None:
    decision_api(stack, authorizer=Authorizer.function(JUDGE))


STACKS: dict[str, tuple[Callable[[Stack], object], Environment | None]] = {
    "Lambda": (decision_api, HERE),
    "Both": (acting, HERE),
    "Agnostic": (acting, None),
    "Warm": (warm, HERE),
    "Express": (express, HERE),
    "Judged": (judged, HERE),
}
