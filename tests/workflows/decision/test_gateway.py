"""What a stage and an alias go on serving after a change."""

from dataclasses import replace
from typing import Any

from aws_cdk import App, Stack
from aws_cdk import aws_dynamodb as dynamodb

from mdlc_constructs import ActionCall, Authorizer, Decisions
from tests.workflows.decision.settings import DECISIONS, PLAIN
from tests.workflows.decision.stacks import HERE, JUDGE, decision_api


def test_other_content_is_another_deployment_and_the_same_is_the_same() -> None:
    def deployment(id_: str, decisions: Decisions = PLAIN, **arguments: Any) -> str:
        one = Stack(App(), id_, env=HERE)
        decision_api(one, decisions=decisions, **arguments)
        (id_,) = (
            child.node.id
            for child in one.node.find_child("Api").node.children
            if "Deployment" in child.node.id
        )
        return id_

    more = replace(PLAIN, columns={**PLAIN.columns, "seats": "integer"})
    first = deployment("One")
    assert deployment("Two") == first
    others = {
        deployment("Three", more),
        # The function's alias instead of the function, which are both tokens.
        deployment("Four", provisioned=2),
        # A machine of another name replaces the first one, which a stage that stays would go on calling.
        deployment("Five", shape="express"),
        deployment("Six", shape="express", name="renamed"),
        deployment("Seven", authorizer=Authorizer.function(JUDGE)),
        deployment("Eight", authorizer=Authorizer.function(JUDGE, cache_seconds=0)),
    }
    assert len(others - {first}) == 6


def test_warm_instances_run_what_the_function_was_last_told() -> None:
    def version(id_: str, table: str) -> str:
        one = Stack(App(), id_, env=HERE)
        tables = {
            name: dynamodb.Table(
                one, name, partition_key=dynamodb.Attribute(name="id", type=dynamodb.AttributeType.STRING)
            )
            for name in ("Fleet", "Fleet2")
        }
        decisions = replace(DECISIONS, action=ActionCall())
        decision_api(one, decisions=decisions, feature_table=tables[table], provisioned=1)
        children = one.node.find_child("Api").node.children
        (id_,) = (child.node.id for child in children if "Version" in child.node.id)
        return id_

    assert version("One", "Fleet") == version("Two", "Fleet") != version("Three", "Fleet2")
