from __future__ import annotations

from typing import Any

import pytest

from mdlc_cli.aws import models
from mdlc_cli.errors import CommandError
from tests.cli.fakes import FakeClient, FakeTarget


def resource(kind: str, logical: str, physical: str) -> dict[str, str]:
    return {"ResourceType": kind, "LogicalResourceId": logical, "PhysicalResourceId": physical}


def home(name: str) -> list[dict[str, str]]:
    group = f"arn:aws:sagemaker:us-east-1:0:model-package-group/{name}"
    return [
        resource("AWS::SageMaker::ModelPackageGroup", f"{name}Group", group),
        resource("AWS::DynamoDB::Table", f"{name}Audit8A", f"{name}-table"),
    ]


def target(stacks: dict[str, list[str]], recorded: dict[str, dict[str, str]]) -> FakeTarget:
    """Stacks by name with the names of their models; items of models by name."""

    def listed(StackName: str) -> dict[str, Any]:
        return {"StackResourceSummaries": [each for name in stacks[StackName] for each in home(name)]}

    def queried(TableName: str, ExpressionAttributeValues: Any, **request: Any) -> dict[str, Any]:
        name = ExpressionAttributeValues[":model"]["S"].removeprefix("MODEL#")
        item = recorded.get(name) if TableName == f"{name}-table" else None
        return {"Items": [{key: {"S": value} for key, value in item.items()}] if item else []}

    described = {"Stacks": [{"StackName": name, "StackStatus": "CREATE_COMPLETE"} for name in stacks]}
    cloudformation = FakeClient(describe_stacks=described, list_stack_resources=listed)
    return FakeTarget(clients={"cloudformation": cloudformation, "dynamodb": FakeClient(query=queried)})


TRAINED = {
    "pk": "MODEL#churn",
    "sk": "EXECUTION#2026#training#a",
    "workflow": "training",
    "program": "s3://bucket/splits/1/",
}


def test_the_only_model_is_chosen_with_its_table_and_items() -> None:
    chosen = models.choose(target({"Churn": ["churn"]}, {"churn": TRAINED}))
    assert (chosen.name, chosen.stack, chosen.table) == ("churn", "Churn", "churn-table")
    assert chosen.items == (TRAINED,) and chosen.bucket == "bucket"


def test_a_model_that_never_ran_is_known_by_its_package_group() -> None:
    chosen = models.choose(target({"Churn": ["churn"]}, {}))
    assert (chosen.name, chosen.table, chosen.items, chosen.bucket) == ("churn", "churn-table", (), None)


def test_two_homes_in_a_stack_have_a_table_each() -> None:
    both = models.deployed(target({"Both": ["churn", "price"]}, {"churn": TRAINED}))
    assert [(each.name, each.table) for each in both] == [("churn", "churn-table"), ("price", "price-table")]


@pytest.mark.parametrize(
    ("stacks", "asked", "said"),
    [
        ({}, {}, "no model is deployed: deploy a model home with `mdlc deploy`"),
        ({"Plain": []}, {"stack": "Plain"}, "stack 'Plain' has no model: deploy a model home"),
        ({"A": ["churn"], "B": ["price"]}, {}, r"several models are deployed \(churn, price\): .* --model"),
        ({"A": ["churn"], "B": ["churn"]}, {}, r"churn is in several stacks \(A, B\): .* --stack"),
        ({"A": ["churn"]}, {"model": "chrun"}, "no model is called 'chrun': did you mean churn"),
        ({"A": ["churn"]}, {"model": "other"}, "no model is called 'other': choose one of churn"),
        ({"A": ["churn"]}, {"stack": "Z"}, "stack 'Z' is not deployed: choose one of A"),
    ],
)
def test_what_cannot_be_chosen_is_said_with_a_remedy(
    stacks: dict[str, list[str]], asked: dict[str, str], said: str
) -> None:
    with pytest.raises(CommandError, match=said):
        models.choose(target(stacks, {}), **asked)
