"""Stacks with a decision API, as a team might write them."""

from dataclasses import dataclass
from typing import Any

from aws_cdk import Environment, Stack
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_

from mdlc_constructs import Authorizer, DecisionApi, ModelHome, NetworkSettings
from tests.synthesized import in_accounts_of_their_own
from tests.workflows.decision.settings import DECISIONS, PLAIN, RULES

HERE = Environment(account="111111111111", region="eu-central-1")
WEB_ACL = "arn:aws:wafv2:eu-central-1:111111111111:regional/webacl/wall/1234"
POOL = "arn:aws:cognito-idp:eu-central-1:111111111111:userpool/eu-central-1_abc"
REBOOK = "arn:aws:lambda:eu-central-1:111111111111:function:rebook"
JUDGE = "arn:aws:lambda:eu-central-1:111111111111:function:judge"


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
    function = lambda_.Function.from_function_arn(stack, "Rebook", REBOOK)
    key = kms.Key.from_key_arn(stack, "TheirKey", "arn:aws:kms:eu-central-1:333333333333:key/theirs")
    table = dynamodb.Table.from_table_attributes(
        stack,
        "Fleet",
        table_arn="arn:aws:dynamodb:eu-central-1:111111111111:table/fleet",
        encryption_key=key,
    )
    given = {"decisions": DECISIONS, "feature_table": table, "action": function, "shape": "both", **arguments}
    return logged(stack, **given)


def logged(stack: Stack, **arguments: Any) -> DecisionApi:
    """An API in an account of its own, whose log role it makes."""
    return decision_api(stack, account_log_role=True, **arguments)


def warm(stack: Stack) -> None:
    network = NetworkSettings(subnet_ids=("subnet-01234567",), security_group_ids=("sg-01234567",))
    decision_api(stack, provisioned=2, network=network, web_acl_arn=WEB_ACL)


def express(stack: Stack) -> None:
    authorizer = Authorizer.user_pool(POOL, scopes=("ask",))
    decision_api(stack, shape="express", log_rows=True, logs=True, authorizer=authorizer)


def judged(stack: Stack) -> None:
    decision_api(stack, authorizer=Authorizer.function(JUDGE))


STACKS = in_accounts_of_their_own(
    {
        "Lambda": (logged, HERE),
        "Both": (acting, HERE),
        "Agnostic": (acting, None),
        "Warm": (warm, HERE),
        "Express": (express, HERE),
        "Judged": (judged, HERE),
    }
)
