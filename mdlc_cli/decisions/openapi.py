"""The OpenAPI 3.1 document of a decision API. Pure: made from what `decision_apis` reads.

Sources: https://spec.openapis.org/oas/v3.1.1.html, for `x-amazon-apigateway-authtype`
https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-swagger-extensions-authtype.html,
and for API Gateway's own errors
https://docs.aws.amazon.com/apigateway/latest/developerguide/supported-gateway-response-types.html.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from mdlc_cli.decisions.decision_apis import JSON, DecisionApi, Path
from mdlc_constructs.settings.answer_columns import classes_of

OPENAPI = "3.1.1"
MAX_ROW_CHARACTERS = 64 * 1024
"""What the function accepts of a row as JSON; a test compares it with `lambdas.functions.decide.requests`."""
FALLBACKS = (
    "endpoint timeout",
    "endpoint down",
    "row refused",
    "answer unreadable",
    "rules missing",
    "rules down",
)
"""The reasons of a fallback decision; a test compares them with `lambdas.functions.decide.steps`."""

Schema = dict[str, Any]

_SCHEMES = {
    "AWS_IAM": (
        "sigv4",
        "awsSigv4",
        "Signature Version 4 by AWS credentials of a principal with `execute-api:Invoke`.",
    ),
    "COGNITO_USER_POOLS": ("userPool", "cognito_user_pools", "A token of the Cognito user pool."),
    "CUSTOM": ("authorizer", "custom", "What the API's own authorizer function asks for."),
}

_ERRORS: Mapping[str, tuple[str, str]] = {
    "400": ("Error", "The request does not match its schema, or a value cannot be used. Do not repeat it."),
    "401": ("Error", "The request has no valid token."),
    "403": ("Forbidden", "The request is not signed, or its signer may not send it."),
    "409": ("Error", "The request_id was used for another row."),
    "413": ("Error", "The request has more than 10 MB."),
    "415": ("Error", "The content type is not application/json."),
    "429": ("Error", "Too many requests. Repeat with the same request_id after a pause."),
    "500": ("Error", "API Gateway failed. Repeat with the same request_id."),
    "502": ("Error", "The function failed. Repeat with the same request_id."),
    "503": (
        "Error",
        "Nothing was recorded, or the action could not be called, or an earlier call of it is still running. "
        "Repeat with the same request_id.",
    ),
    "504": ("Error", "No answer within 29 s. Repeat with the same request_id."),
}
_TOKENS = ("401",)
_MACHINES = ("415",)


def document(api: DecisionApi, rules: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """The OpenAPI document of a deployed decision API.

    Args:
        api: the API.
        rules: the document of the rules in use; None when there is none.
    """
    title = f"Decisions by {api.name}"
    return {
        "openapi": OPENAPI,
        "info": {
            "title": title,
            "version": api.deployment,
            "description": (
                f"Scores a row with the model {api.rules.model} and decides by rules. Each decision is "
                "recorded. A repeated request_id is answered with its recorded decision, also if the rules "
                "or the decisions have changed since."
            ),
        },
        "servers": [{"url": api.url.rstrip("/"), "description": f"stage {api.stage}, stack {api.stack}"}],
        "paths": {each.path: {"post": _operation(each)} for each in api.paths},
        "components": {
            "schemas": {
                "Request": _request(api.schema),
                "Row": _row(api.row_schema),
                "Decision": _decision(api, rules),
                "Error": {
                    "title": "Error",
                    "type": "object",
                    "required": ["message"],
                    "properties": {"message": {"type": ["string", "null"], "description": "what is wrong"}},
                },
                "Forbidden": {
                    "title": "Forbidden",
                    "description": "API Gateway writes Message where IAM denies the call, else message.",
                    "type": "object",
                    "minProperties": 1,
                    "properties": {
                        "message": {"type": ["string", "null"]},
                        "Message": {"type": ["string", "null"]},
                    },
                },
            },
            "securitySchemes": dict(_schemes(api.paths)),
        },
    }


def decisions_of(rules: Mapping[str, Any]) -> dict[str, list[str]]:
    """The decisions that a rules document makes, each with the rules that make it."""
    rules_by_decision: dict[str, list[str]] = {}
    for kind in ("overrides", "deny", "allow", "bands"):
        for index, entry in enumerate(rules.get(kind) or ()):
            name = entry.get("name")
            rules_by_decision.setdefault(entry["decision"], []).append(
                f"{kind}:{name}" if name else f"{kind}[{index}]"
            )
    return rules_by_decision


def _operation(path: Path) -> dict[str, Any]:
    name, _, _ = _SCHEMES[path.authorization]
    left_out = (() if path.authorization != "AWS_IAM" else _TOKENS) + (() if path.is_machine else _MACHINES)
    answers: dict[str, Any] = {
        "200": {
            "description": "The decision, which is recorded under its request_id.",
            "content": _content("Decision"),
        }
    }
    if not path.is_machine:
        answers["200"]["headers"] = {
            "x-mdlc-own-milliseconds": {
                "description": "Milliseconds of the function without its calls; for debugging.",
                "schema": {"type": "string"},
            }
        }
    for status, (schema, text) in _ERRORS.items():
        if status not in left_out:
            answers[status] = {"description": text, "content": _content(schema)}
    return {
        "operationId": "decideByStateMachine" if path.is_machine else "decide",
        "summary": "Decide about one row",
        "description": "Answered by "
        + ("an Express state machine." if path.is_machine else "one Lambda function."),
        "security": [{name: list(path.scopes)}],
        "requestBody": {"required": True, "content": _content("Request")},
        "responses": answers,
    }


def _content(schema: str) -> dict[str, Any]:
    return {JSON: {"schema": {"$ref": f"#/components/schemas/{schema}"}}}


def _schemes(paths: Iterable[Path]) -> Iterable[tuple[str, Schema]]:
    for each in paths:
        name, kind, text = _SCHEMES[each.authorization]
        yield (
            name,
            {
                "type": "apiKey",
                "name": "Authorization",
                "in": "header",
                "description": text,
                "x-amazon-apigateway-authtype": kind,
            },
        )


def _request(schema: Mapping[str, Any]) -> Schema:
    request_id = {
        **schema["properties"]["request_id"],
        "description": "The caller's own id of the request, by which a repetition is recognized.",
    }
    return {
        "title": "Request",
        "type": "object",
        "required": list(schema["required"]),
        "properties": {"request_id": request_id, "row": {"$ref": "#/components/schemas/Row"}},
        "additionalProperties": False,
    }


def _row(schema: Mapping[str, Any]) -> Schema:
    """The row's schema. Draft 4's keywords in it mean the same in OpenAPI 3.1's draft 2020-12."""
    return {
        "title": "Row",
        "description": (
            f"The columns, in at most {MAX_ROW_CHARACTERS} characters of JSON. A required column without a "
            "value is null."
        ),
        "type": "object",
        "minProperties": 1,
        **{name: value for name, value in schema.items() if name != "type"},
    }


def _decision(api: DecisionApi, rules: Mapping[str, Any] | None) -> Schema:
    request_id = api.schema["properties"]["request_id"]
    text = "What is decided."
    if rules is not None:
        rules_by_decision = decisions_of(rules)
        listed = "; ".join(f"{each} by {', '.join(names)}" for each, names in rules_by_decision.items())
        text = f"{text} The rules in use, version {rules['version']}, make {listed}."
    properties: dict[str, Schema] = {
        "request_id": dict(request_id),
        "decision": {"type": "string", "enum": list(api.rules.decisions), "description": text},
        "score": {"type": ["number", "null"], "description": "The model's score; null for a fallback."},
        "model_version": {
            "type": ["integer", "string", "null"],
            "description": "The version of the model that gave the score.",
        },
        "rules_version": {
            "type": ["string", "null"],
            "description": "The version of the rules and a digest of their content.",
        },
        "fallback": {
            "anyOf": [{"type": "string", "enum": list(FALLBACKS)}, {"type": "null"}],
            "description": "Why the fallback decision was made; null when the rules decided.",
        },
        "inference_id": {
            "type": "string",
            "description": "The id under which the endpoint's captured data has the request.",
        },
    }
    required = list(properties)
    classes = classes_of(api.rules.columns or {})
    if classes:
        number: Schema = {"type": "number", "minimum": 0, "maximum": 1}
        properties["prediction"] = {
            "type": "string",
            "enum": classes,
            "description": "The most probable class, whose probability is the score; absent for a fallback.",
        }
        properties["probabilities"] = {
            "type": "object",
            "description": "The probability of each class; absent for a fallback.",
            "properties": {name: dict(number) for name in classes},
        }
    return {"title": "Decision", "type": "object", "required": required, "properties": properties}
