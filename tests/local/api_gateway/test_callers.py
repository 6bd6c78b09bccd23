"""Who may call and what may be called."""

import base64
import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.local.api_gateway.app_template import template
from tests.local.api_gateway.gateway import GOOD, Answer, Stack, deploy, send, signed
from tests.local.embedded import ACCOUNT, REGION, Role, Server, allow

Roles = Callable[..., Role]
Tokens = dict[str, str]


def call_signed(stack: Stack, credentials: dict[str, str], body: Any = GOOD) -> Answer:
    url = f"{stack.local}/signed"
    return send(url, body, signed(url, GOOD, credentials))


def method_arn(stack: Stack, method: str) -> str:
    return f"arn:aws:execute-api:{REGION}:{ACCOUNT}:{stack.outputs['Api']}/live/{method}"


def test_without_a_signature(stack: Stack) -> None:
    refused = stack.post("/signed")
    assert (refused.status, refused.json) == (403, {"message": "Missing Authentication Token"})
    assert refused.headers["x-amzn-errortype"] == "MissingAuthenticationTokenException"


def test_a_role_with_the_permission(stack: Stack, make_role: Roles) -> None:
    role = make_role(allow("execute-api:Invoke", method_arn(stack, "POST/signed")))
    answer = call_signed(stack, role.credentials)
    assert answer.status == 200, answer
    assert f"assumed-role/{role.name}/" in answer.json["who"]
    uses = [use for use in stack.server.control("GET", "usage") if use["role"] == role.arn]
    assert [(use["action"], use["resource"], use["allowed"]) for use in uses] == [
        ("execute-api:Invoke", method_arn(stack, "POST/signed"), True)
    ]


def test_a_role_with_another_permission(stack: Stack, make_role: Roles) -> None:
    role = make_role(allow("execute-api:Invoke", method_arn(stack, "GET/signed")))
    refused = call_signed(stack, role.credentials)
    assert refused.status == 403
    masked = method_arn(stack, "POST/signed").replace(f":{ACCOUNT}:", f":********{ACCOUNT[-4:]}:")
    assert (
        f"is not authorized to perform: execute-api:Invoke on resource: {masked}" in refused.json["Message"]
    )
    assert refused.headers["x-amzn-errortype"] == "AccessDeniedException"


def test_the_deployer(stack: Stack) -> None:
    assert call_signed(stack, stack.server.credentials).status == 200


def test_a_signature_of_another_body_or_secret(stack: Stack, make_role: Roles) -> None:
    role = make_role(allow("execute-api:Invoke"))
    tampered = call_signed(stack, role.credentials, {**GOOD, "request_id": "another"})
    assert tampered.status == 403
    assert tampered.headers["x-amzn-errortype"] == "InvalidSignatureException"
    guessed = call_signed(stack, {**role.credentials, "aws_secret_access_key": "guess"})
    assert guessed.status == 403


@pytest.fixture(scope="module")
def tokens(stack: Stack) -> Tokens:
    """The tokens of a user of the stack's pool: `id` and `access`."""
    cognito, pool = stack.server.client("cognito-idp"), stack.outputs["Pool"]
    client = cognito.create_user_pool_client(
        UserPoolId=pool, ClientName="app", ExplicitAuthFlows=["ALLOW_USER_PASSWORD_AUTH"]
    )["UserPoolClient"]["ClientId"]
    cognito.admin_create_user(UserPoolId=pool, Username="ada", MessageAction="SUPPRESS")
    cognito.admin_set_user_password(UserPoolId=pool, Username="ada", Password="Secret-123456", Permanent=True)
    given = cognito.initiate_auth(
        ClientId=client,
        AuthFlow="USER_PASSWORD_AUTH",
        AuthParameters={"USERNAME": "ada", "PASSWORD": "Secret-123456"},
    )["AuthenticationResult"]
    return {"id": given["IdToken"], "access": given["AccessToken"]}


def test_an_identity_token(stack: Stack, tokens: Tokens) -> None:
    answer = stack.post("/token", headers={"Authorization": tokens["id"]})
    assert answer.status == 200, answer
    assert answer.json["claims"]["claims"]["cognito:username"] == "ada"


@pytest.mark.parametrize("path", ["/token", "/scoped"])
def test_an_access_token_without_the_scope(stack: Stack, tokens: Tokens, path: str) -> None:
    assert stack.post(path, headers={"Authorization": tokens["access"]}).status == 401


def test_forged_and_absent_tokens(stack: Stack, tokens: Tokens) -> None:
    head, claims, signature = tokens["id"].split(".")
    read = json.loads(base64.urlsafe_b64decode(claims + "=" * (-len(claims) % 4)))
    read["cognito:username"] = "eve"
    forged = base64.urlsafe_b64encode(json.dumps(read).encode()).decode().rstrip("=")
    for headers in ({}, {"Authorization": "nonsense"}, {"Authorization": f"{head}.{forged}.{signature}"}):
        refused = stack.post("/token", headers=headers)
        assert (refused.status, refused.json) == (401, {"message": "Unauthorized"})


def test_a_stack_without_the_permissions_behind_it(server: Server) -> None:
    poor = deploy(server, "api-poor", template(machine_allowed=False, function_allowed=False))
    machine = poor.post("/decisions")
    assert (machine.status, machine.json) == (500, {"error": "refused"})
    function = poor.post("/open/fine")
    assert (function.status, function.json) == (500, {"message": "Internal server error"})
    denied = [use for use in server.control("GET", "usage") if not use["allowed"]]
    assert ("states:StartSyncExecution", poor.outputs["Machine"]) in [
        (use["action"], use["resource"]) for use in denied
    ]


def test_a_role_that_api_gateway_may_not_assume(server: Server) -> None:
    mistrusted = template()
    trust = mistrusted["Resources"]["ApiRole"]["Properties"]["AssumeRolePolicyDocument"]
    trust["Statement"][0]["Principal"] = {"Service": "states.amazonaws.com"}
    answer = deploy(server, "api-mistrusted", mistrusted).post("/decisions")
    assert (answer.status, answer.json) == (500, {"message": "Internal server error"})


def test_a_condition_on_a_source_that_api_gateway_does_not_say_is_never_met(server: Server) -> None:
    conditional = template()
    trust = conditional["Resources"]["ApiRole"]["Properties"]["AssumeRolePolicyDocument"]
    own = {"StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}}
    trust["Statement"] = [{**trust["Statement"][0], "Condition": own}]
    answer = deploy(server, "api-conditional", conditional).post("/decisions")
    assert (answer.status, answer.json) == (500, {"message": "Internal server error"})
