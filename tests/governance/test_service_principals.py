"""Every statement of every template that lets a service in is held to the account, or has a reason."""

from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from aws_cdk import App, Stack

from examples.flight_delay.stack import FlightDelayStack
from examples.flight_lifecycle.stack import FlightLifecycleStack
from mdlc_constructs.governance.nag import flat
from mdlc_constructs.resources import trust
from tests.synthesized import Synthesized, listed
from tests.workflows import stacks as workflows
from tests.workflows.decision import stacks as apis

HELD_BY = ("aws:SourceAccount", "aws:SourceArn")
"""Keys that say for whom a service acts."""

CONTEXTS = {
    "logs.<AWS::Region>.amazonaws.com": "kms:EncryptionContext:aws:logs:arn",
    "delivery.logs.amazonaws.com": "kms:EncryptionContext:SourceArn",
}
"""Services that are held by the context of what they encrypt, which names the account's logs."""

OF_A_USER = {
    ("WorkflowChained", "TellServiceRole"): "The role that the CDK makes for a function of the user's own.",
}
"""Roles in stacks of tests that are not this library's, by stack and the beginning of the logical id."""


@pytest.fixture(scope="module")
def templates(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Synthesized]:
    templates: dict[str, Synthesized] = {}
    for kind, stacks in (("Workflow", workflows.STACKS), ("Api", apis.STACKS)):
        app = App(outdir=str(tmp_path_factory.mktemp("assembly")))
        for name, (make, environment) in stacks.items():
            make(Stack(app, f"{kind}{name}", env=environment))
        if kind == "Workflow":
            FlightDelayStack(app, "FlightDelay")
            FlightLifecycleStack(app, "FlightLifecycle")
        templates |= Synthesized.all_of(app)
    return templates


def statements(value: Any) -> Iterator[dict[str, Any]]:
    """Every statement anywhere in a template that lets a service in."""
    if isinstance(value, dict):
        principal = value.get("Principal")
        if isinstance(principal, dict) and "Service" in principal and value.get("Effect") == "Allow":
            yield value
        for part in value.values():
            yield from statements(part)
    elif isinstance(value, list):
        for part in value:
            yield from statements(part)


def conditions(statement: Mapping[str, Any]) -> dict[str, str]:
    """The keys of a statement's conditions that only one value fulfills, and that value."""
    return {
        key: flat(value)
        for operator, keys in statement.get("Condition", {}).items()
        if operator in ("StringEquals", "ArnLike", "ArnEquals")
        for key, value in keys.items()
    }


def is_held(statement: Mapping[str, Any], service: str) -> bool:
    """Whether a statement lets the service in for the template's own account alone."""
    found = conditions(statement)
    keys = (CONTEXTS[service],) if service in CONTEXTS else HELD_BY
    return any(
        "<AWS::AccountId>" in found.get(key, "") or "111111111111" in found.get(key, "") for key in keys
    )


def test_every_statement_of_a_service_is_held_to_the_account(templates: Mapping[str, Synthesized]) -> None:
    looked_at: set[str] = set()
    open_to_all: list[tuple[str, str, str]] = []
    for name, template in templates.items():
        for id_, resource in template.resources.items():
            for statement in statements(resource):
                for service in map(flat, listed(statement["Principal"]["Service"])):
                    looked_at.add(service)
                    if not is_held(statement, service) and service not in trust.UNDOCUMENTED:
                        open_to_all.append((name, id_, service))
    of_users = [
        one
        for one in open_to_all
        if any(one[0] == stack and one[1].startswith(role) for stack, role in OF_A_USER)
    ]
    assert len(of_users) == len(OF_A_USER)
    open_to_all = [one for one in open_to_all if one not in of_users]
    assert open_to_all == []
    assert looked_at >= {
        *("states.amazonaws.com", "sagemaker.amazonaws.com", "lambda.amazonaws.com", "events.amazonaws.com"),
        *("apigateway.amazonaws.com", *CONTEXTS),
    }


def test_every_permission_to_invoke_a_function_names_its_source(templates: Mapping[str, Synthesized]) -> None:
    permissions = [
        (name, id_, one["Properties"])
        for name, template in templates.items()
        for id_, one in template.of_type("AWS::Lambda::Permission").items()
    ]
    assert len(permissions) > 10
    assert [
        (name, id_)
        for name, id_, one in permissions
        if not one["Principal"].startswith("arn:") and "SourceArn" not in one and "SourceAccount" not in one
    ] == []


def test_a_statement_without_a_condition_is_found() -> None:
    anybody = {"Effect": "Allow", "Principal": {"Service": "sqs.amazonaws.com"}, "Action": "kms:Decrypt"}
    (found,) = statements({"Properties": {"KeyPolicy": {"Statement": [anybody]}}})
    assert not is_held(found, "sqs.amazonaws.com")
    elsewhere = {**anybody, "Condition": {"StringEquals": {"aws:SourceAccount": "222222222222"}}}
    assert not is_held(elsewhere, "sqs.amazonaws.com")
    own = {**anybody, "Condition": {"StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}}}
    assert is_held(own, "sqs.amazonaws.com")
