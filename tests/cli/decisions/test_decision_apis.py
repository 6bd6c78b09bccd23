from __future__ import annotations

import json
from typing import Any

import pytest

from mdlc_cli.decisions import decision_apis
from mdlc_cli.decisions.decision_apis import Path
from mdlc_cli.errors import CommandError
from tests.cli.decisions.test_rules import API, DOCUMENT
from tests.cli.decisions.test_rules import deployed as with_rules
from tests.cli.fakes import FakeClient, FakeTarget
from tests.workflows.decision.settings import DECISIONS

METHOD = {
    "authorizationType": "AWS_IAM",
    "requestModels": {"application/json": "Request1"},
    "methodIntegration": {"type": "AWS_PROXY"},
}


def deployed(*, region: str = "us-east-1", local: bool = False, **answers: Any) -> FakeTarget:
    """A stack with one decision API in both shapes, and another REST API."""
    machine = {**METHOD, "methodIntegration": {"type": "AWS"}}
    target = with_rules(now=DOCUMENT)
    summaries = target.clients["cloudformation"].list_stack_resources()["StackResourceSummaries"]
    physical = {"Other": "AWS::ApiGateway::RestApi", "abc": "AWS::ApiGateway::RestApi"}
    physical |= {"live": "AWS::ApiGateway::Stage"}
    summaries += [
        {"ResourceType": kind, "LogicalResourceId": f"Api{id_}", "PhysicalResourceId": id_}
        for id_, kind in physical.items()
    ]
    summaries.append({"ResourceType": "AWS::ApiGateway::RestApi", "LogicalResourceId": "NeverMade"})
    gateway: dict[str, Any] = {
        "get_rest_api": lambda restApiId: {"name": API.name if restApiId == "abc" else "another"},
        "get_stages": {
            "item": [
                {"stageName": "beta", "deploymentId": "d0"},
                {"stageName": "live", "deploymentId": "d1"},
            ]
        },
        "get_resources": {
            "items": [
                {"id": "1", "path": "/decisions/express", "resourceMethods": {"POST": {}}},
                {"id": "2", "path": "/decisions", "resourceMethods": {"POST": {}}},
                {"id": "3", "path": "/"},
            ]
        },
        "get_method": lambda resourceId, **_: machine if resourceId == "1" else METHOD,
        "get_model": {"schema": json.dumps(DECISIONS.request_schema())},
    }
    clients = {**target.clients, "apigateway": FakeClient(**{**gateway, **answers})}
    endpoint = "http://127.0.0.1:1" if local else None
    return FakeTarget(clients=clients, region=region, endpoint=endpoint)


def test_an_api_is_what_api_gateway_has_of_it() -> None:
    api = decision_apis.choose(deployed())
    assert (api.name, api.stack, api.rest_api_id, api.deployment) == (API.name, "Flights", "abc", "d1")
    assert api.url == "https://abc.execute-api.us-east-1.amazonaws.com/live/"
    assert api.schema == DECISIONS.request_schema()
    assert api.paths == (
        Path(path="/decisions", authorization="AWS_IAM"),
        Path(path="/decisions/express", authorization="AWS_IAM", is_machine=True),
    )


def test_the_url_is_that_of_the_region_and_of_the_local_aws() -> None:
    url = decision_apis.choose(deployed(region="cn-north-1")).url
    assert url == "https://abc.execute-api.cn-north-1.amazonaws.com.cn/live/"
    url = decision_apis.choose(deployed(local=True)).url
    assert url == "http://127.0.0.1:1/_aws/execute-api/abc/live/"


@pytest.mark.parametrize(
    ("answers", "chosen", "message"),
    [
        ({}, {"model": "returns"}, "model returns has no decision API: deploy one with `mdlc deploy`"),
        ({}, {"name": "x"}, "no decision API is called 'x': choose one of flights-decisions"),
        ({}, {"stack": "Orders"}, "stack 'Orders' is not deployed: choose one of Flights"),
        ({"get_rest_api": {"name": "another"}}, {}, "flights-decisions has no REST API in Flights"),
        ({"get_stages": {"item": []}}, {}, "flights-decisions is not served by a stage"),
        ({"get_resources": {"items": []}}, {}, "flights-decisions has no path to send requests to"),
    ],
)
def test_an_api_that_is_not_there_is_said(
    answers: dict[str, Any], chosen: dict[str, str], message: str
) -> None:
    with pytest.raises(CommandError) as refused:
        decision_apis.choose(deployed(**answers), **chosen)
    assert message in str(refused.value)
