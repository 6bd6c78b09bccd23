"""What a decision API refuses before anything is made."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from aws_cdk import App, Stack
from aws_cdk import aws_dynamodb as dynamodb

from mdlc_constructs import ActionCall, DecisionApi, FeatureLookup, ModelHome
from tests.workflows.decision.settings import DECISIONS, PLAIN, RULES
from tests.workflows.decision.stacks import HERE, Named, decision_api


@pytest.fixture
def stack() -> Stack:
    return Stack(App(), "Refused", env=HERE)


def fleet(stack: Stack) -> dynamodb.ITable:
    return dynamodb.Table.from_table_name(stack, "Fleet", "fleet")


MANY = {f"column_{number}": 0.0 for number in range(200)}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"decisions": replace(DECISIONS, action=ActionCall())}, "feature_table=None: give the table that"),
        ({"feature_table": fleet}, r"feature_table='Refused/Fleet': nothing is looked up in it"),
        ({"decisions": replace(PLAIN, action=ActionCall(waits=False))}, "action=None: give the function"),
        ({"shape": "expres"}, "shape='expres': no such shape; did you mean 'express'"),
        ({"name": "Flights"}, "name='Flights': give lowercase words"),
        ({"memory_mb": 64}, "memory_mb=64"),
        ({"provisioned": -1}, "provisioned=-1"),
        ({"slowest": timedelta(minutes=1)}, "slowest='0:01:00': give a time up to 29 seconds"),
        ({"web_acl_arn": "arn:aws:wafv2:us-east-1:1:global/webacl/x/1"}, "web_acl_arn=.*regional"),
        ({"rules": {**RULES, "bands": [{"decision": "cancel"}]}}, r"bands\[0\]\.decision='cancel'"),
        ({"rules": {**RULES, "deny": [{"column": "tier", "values": [1], "decision": "wait"}]}}, "tier"),
        ({"rules": Path("nowhere.json")}, "rules='nowhere.json' cannot be read"),
        (
            {
                "decisions": replace(
                    PLAIN,
                    columns={"id": "category", **dict.fromkeys(MANY, "number")},
                    lookup=FeatureLookup(key="id", defaults=MANY),
                ),
                "feature_table": fleet,
            },
            "decisions='[0-9]+ bytes': a function's environment holds 4096",
        ),
    ],
)
def test_what_does_not_go_together_is_refused_and_leaves_nothing_behind(
    stack: Stack, arguments: dict[str, Any], message: str
) -> None:
    given = {key: value(stack) if callable(value) else value for key, value in arguments.items()}
    with pytest.raises(ValueError, match=message):
        decision_api(stack, **given)
    assert not [one for one in stack.node.find_all() if isinstance(one, DecisionApi)]


def test_two_apis_of_one_name_are_refused(stack: Stack) -> None:
    first = decision_api(stack)
    home = ModelHome(stack, "Other", name="trains")
    given: Any = {
        "home": home,
        "name": "flights-decisions",
        "endpoint": Named(),
        "decisions": PLAIN,
        "rules": RULES,
    }
    with pytest.raises(
        ValueError, match="name='flights-decisions': Refused/Api has that name in the same account"
    ):
        DecisionApi(stack, "Second", **given)
    second = DecisionApi(stack, "Second", **{**given, "name": "more"})
    assert first.api_id != second.api_id
