"""Mapping templates, rendered by a method whose machine answers with its input."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.local.api_gateway.gateway import Answer, send
from tests.local.embedded import Role, Server, allow
from tests.local.states.running import create

Roles = Callable[..., Role]
Render = Callable[..., Answer]

ECHO = {
    "QueryLanguage": "JSONata",
    "StartAt": "Echo",
    "States": {"Echo": {"Type": "Pass", "Output": "{% $states.input %}", "End": True}},
}
REQUEST = """{"stateMachineArn": "MACHINE",
  "input": "$util.escapeJavaScript($input.body).replaceAll("\\\\'", "'")"}"""
BODY = {"a": {"b": 1}, "list": [1, {"x": "y"}], "text": 'it\'s "q" / é 𝄞', "yes": True, "none": None}


@pytest.fixture(scope="module")
def render(server: Server, make_module_role: Roles) -> Render:
    """Sends a body through a request and a response template; gives the caller's answer."""
    machine = create(server, ECHO, make_module_role(principal="states.amazonaws.com").arn, type="EXPRESS")
    role = make_module_role(
        allow("states:StartSyncExecution", machine), principal="apigateway.amazonaws.com"
    ).arn
    gateway = server.client("apigateway")
    api = gateway.create_rest_api(name="templates")["id"]
    root = gateway.get_resources(restApiId=api)["items"][0]["id"]
    parts = {"restApiId": api, "resourceId": root, "httpMethod": "POST"}
    gateway.put_method(**parts, authorizationType="NONE")

    def rendered(
        response: str, body: Any = BODY, request: str = REQUEST, query: str = "", **headers: str
    ) -> Answer:
        gateway.put_integration(
            **parts,
            type="AWS",
            integrationHttpMethod="POST",
            uri="arn:aws:apigateway:us-east-1:states:action/StartSyncExecution",
            credentials=role,
            requestTemplates={"application/json": request.replace("MACHINE", machine)},
        )
        gateway.put_integration_response(
            **parts, statusCode="200", responseTemplates={"application/json": response}
        )
        return send(f"{server.endpoint}/_aws/execute-api/{api}/live{query}", body, headers)

    gateway.put_integration(**parts, type="MOCK")
    deployment = gateway.create_deployment(restApiId=api)["id"]
    gateway.create_stage(
        restApiId=api, stageName="live", deploymentId=deployment, variables={"color": "blue"}
    )
    return rendered


PARSE = "#set($got = $util.parseJson($input.path('$.output')))"


@pytest.mark.parametrize(
    ("template", "text"),
    [
        ("$input.path('$.status')", "SUCCEEDED"),
        (PARSE + "$got.a.b $got.list.size() $got.list[1].x $got.yes", "1 2 y true"),
        (PARSE + "$got.a $got.list", '{b=1} [1,{"x":"y"}]'),
        (PARSE + "#foreach($name in $got.keySet())$name,#end", "a,list,text,yes,none,"),
        ("$stageVariables.color $context.stage $context.httpMethod", "blue live POST"),
        ("$context.identity.sourceIp", "127.0.0.1"),
        ("#if($input.path('$.status') == 'SUCCEEDED')fine#{else}bad#end", "fine"),
        ("#if($input.path('$.status').toString().equals('FAILED'))bad#{else}fine#end", "fine"),
        ("$util.base64Decode($util.base64Encode('a b')) $util.urlEncode('a b')", "a b a+b"),
        ("$input.params('q') $input.params('X-Extra') $input.params().header.get('x-extra')", "1 two two"),
        ("$input.json('$.missing')", '""'),
    ],
)
def test_what_a_template_makes(render: Render, template: str, text: str) -> None:
    got = render(template, query="?q=1", **{"X-Extra": "two"})
    assert got.text == text


def test_an_output_as_the_answer(render: Render) -> None:
    assert render("$input.path('$.output')").json == BODY


def test_an_output_within_an_answer(render: Render) -> None:
    got = render('{"got": $input.json(\'$.output\'), "id": "$context.requestId"}')
    assert json.loads(got.json["got"]) == BODY
    assert got.json["id"] == got.headers["x-amzn-requestid"]


def test_status_and_headers_of_a_template(render: Render) -> None:
    got = render(
        '#set($context.responseOverride.status = 418)#set($context.responseOverride.header.X-A = "b")no'
    )
    assert (got.status, got.headers["x-a"], got.text) == (418, "b", "no")


def test_a_request_of_parts(render: Render) -> None:
    request = """#set($row = $input.json('$.a'))
    #set($text = $util.escapeJavaScript($input.json('$.text')).replaceAll("\\\\'", "'"))
    {"stateMachineArn": "MACHINE", "name": "$context.requestId",
     "input": "{\\"row\\": $util.escapeJavaScript($row), \\"text\\": $text}"}"""
    got = render("$input.path('$.output')", request=request)
    assert got.json == {"row": BODY["a"], "text": BODY["text"]}


def test_the_apostrophe_that_escaping_leaves_invalid(render: Render) -> None:
    request = '{"stateMachineArn": "MACHINE", "input": "$util.escapeJavaScript($input.body)"}'
    assert render("$input.json('$.__type')", request=request).json.endswith("SerializationException")


def test_a_request_that_step_functions_refuses(render: Render) -> None:
    got = render("$input.json('$.__type')", request='{"stateMachineArn": "MACHINE", "input": "{"}')
    assert (got.status, got.json) == (200, "InvalidExecutionInput")


def test_a_template_that_cannot_be_evaluated(render: Render) -> None:
    got = render("$util.parseJson()")
    assert (got.status, got.json) == (500, {"message": "Internal server error"})
