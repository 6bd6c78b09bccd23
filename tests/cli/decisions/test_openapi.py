from __future__ import annotations

from dataclasses import replace

import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator

from lambdas.functions.decide import record, requests, steps
from mdlc_cli.decisions import openapi
from mdlc_cli.decisions.decision_apis import Path
from mdlc_constructs.settings.answer_columns import answer_columns
from tests.cli.decisions.test_asking import DECISION_API
from tests.workflows.decision.settings import RULES

PATHS = (
    Path(path="/decisions", authorization="AWS_IAM"),
    Path(path="/decisions/express", authorization="AWS_IAM", is_machine=True),
)


def test_the_document_says_what_the_function_does() -> None:
    document = openapi.document(DECISION_API, RULES)
    decision = document["components"]["schemas"]["Decision"]
    assert tuple(decision["properties"]) == tuple(decision["required"]) == record.ANSWERED
    assert openapi.MAX_ROW_CHARACTERS == requests.MAX_ROW_CHARACTERS
    reasons = (
        steps.ENDPOINT_TIMEOUT,
        steps.ENDPOINT_DOWN,
        steps.ROW_REFUSED,
        steps.ANSWER_UNREADABLE,
        steps.RULES_MISSING,
        steps.RULES_DOWN,
    )
    assert reasons == openapi.FALLBACKS
    assert decision["properties"]["decision"] == {
        "type": "string",
        "enum": ["rebook", "wait"],
        "description": "What is decided. The rules in use, version first, make wait by bands[0]; rebook by "
        "bands[1].",
    }


def test_the_row_is_that_of_the_deployed_schema() -> None:
    row = openapi.document(DECISION_API)["components"]["schemas"]["Row"]
    assert row["required"] == ["distance", "tail_number"] and row["additionalProperties"] is False
    assert row["properties"]["seats"] == {
        "type": ["integer", "null"],
        "description": "integer, written without a decimal point; absent or null: looked up by tail_number, "
        "else 180",
    }


def test_each_path_has_its_own_answers() -> None:
    document = openapi.document(replace(DECISION_API, paths=PATHS))
    OpenAPIV31SpecValidator(document).validate()
    by_function, by_machine = (document["paths"][each.path]["post"] for each in PATHS)
    assert set(by_machine["responses"]) - set(by_function["responses"]) == {"415"}
    assert "headers" in by_function["responses"]["200"] and "headers" not in by_machine["responses"]["200"]
    assert by_function["operationId"] != by_machine["operationId"]
    assert document["servers"][0]["url"] == "https://abc.execute-api.us-east-1.amazonaws.com/live"


@pytest.mark.parametrize(
    ("authorization", "scheme", "kind"),
    [
        ("AWS_IAM", "sigv4", "awsSigv4"),
        ("COGNITO_USER_POOLS", "userPool", "cognito_user_pools"),
        ("CUSTOM", "authorizer", "custom"),
    ],
)
def test_every_authorizer_is_a_security_scheme(authorization: str, scheme: str, kind: str) -> None:
    path = Path(path="/decisions", authorization=authorization, scopes=("ask",) * (scheme == "userPool"))
    document = openapi.document(replace(DECISION_API, paths=(path,)))
    OpenAPIV31SpecValidator(document).validate()
    operation = document["paths"]["/decisions"]["post"]
    assert operation["security"] == [{scheme: list(path.scopes)}]
    assert document["components"]["securitySchemes"][scheme]["x-amazon-apigateway-authtype"] == kind
    assert ("401" in operation["responses"]) == (authorization != "AWS_IAM")


def test_a_model_of_classes_answers_them() -> None:
    columns = {**(DECISION_API.rules.columns or {}), **answer_columns(("a", "b", "c"))}
    api = replace(DECISION_API, rules=replace(DECISION_API.rules, columns=columns))
    document = openapi.document(api, RULES)
    decision = document["components"]["schemas"]["Decision"]
    assert tuple(decision["properties"]) == (*record.ANSWERED, *record.OF_CLASSES)
    assert tuple(decision["required"]) == record.ANSWERED
    assert decision["properties"]["prediction"]["enum"] == ["a", "b", "c"]
    assert list(OpenAPIV31SpecValidator(document).iter_errors()) == []
