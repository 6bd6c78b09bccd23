"""Deployed decision APIs: their URL, paths, request schema and rules, from what AWS has of them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from mdlc_cli.aws import stacks
from mdlc_cli.aws.target import Target
from mdlc_cli.decisions import rules
from mdlc_cli.errors import CommandError

REST_API, STAGE = "AWS::ApiGateway::RestApi", "AWS::ApiGateway::Stage"
METHOD, JSON = "POST", "application/json"


@dataclass(frozen=True, kw_only=True)
class Path:
    """A path of a decision API.

    Attributes:
        path: the path below the stage, such as `/decisions`.
        authorization: the method's `authorizationType`: `AWS_IAM`, `COGNITO_USER_POOLS` or `CUSTOM`.
        scopes: the scopes of which an access token must have one.
        is_machine: whether an Express state machine answers, and not a function.
    """

    path: str
    authorization: str
    scopes: tuple[str, ...] = ()
    is_machine: bool = False


@dataclass(frozen=True, kw_only=True)
class DecisionApi:
    """A deployed decision API.

    Attributes:
        rules: what is known of it for its rules.
        stack: its stack.
        rest_api_id: the id of the REST API.
        stage: the name of the stage that serves it.
        deployment: the id of what the stage serves.
        url: the base URL of requests, with a slash at the end.
        schema: the JSON schema of a request's body, in draft 4.
        paths: the paths, the one of the function first.
    """

    rules: rules.Api
    stack: str
    rest_api_id: str
    stage: str
    deployment: str
    url: str
    schema: Mapping[str, Any]
    paths: tuple[Path, ...]

    @property
    def name(self) -> str:
        """The API's name."""
        return self.rules.name

    @property
    def row_schema(self) -> Mapping[str, Any]:
        """The JSON schema of a request's row."""
        schema: Mapping[str, Any] = self.schema["properties"]["row"]
        return schema


def names(
    target: Target, *, stack: str | None = None, model: str | None = None
) -> list[tuple[str, rules.Api]]:
    """The decision APIs of a stack and a model, each with its stack's name."""
    return [
        (each.name, api)
        for each in stacks.deployed(target, stack)
        for api in rules.apis(target, each.name)
        if model in (None, api.model)
    ]


def choose(
    target: Target, *, stack: str | None = None, model: str | None = None, name: str | None = None
) -> DecisionApi:
    """The decision API of that name, or the only one.

    Raises:
        CommandError: no API or several match.
    """
    known = names(target, stack=stack, model=model)
    if not known and model is not None:
        raise CommandError(f"model {model} has no decision API: deploy one with `mdlc deploy`")
    chosen = rules.choose([api for _, api in known], name)
    return of(target, next(stack for stack, api in known if api is chosen), chosen)


def of(target: Target, stack: str, api: rules.Api) -> DecisionApi:
    """A decision API of a stack, as API Gateway has it.

    Raises:
        CommandError: the stack has no REST API of its name, as during a deployment.
    """
    client = target.client("apigateway")
    resources = [each for each in stacks.resources(target, stack) if "PhysicalResourceId" in each]
    for resource in resources:
        if resource["ResourceType"] != REST_API:
            continue
        id_ = resource["PhysicalResourceId"]
        if client.get_rest_api(restApiId=id_)["name"] == api.name:
            break
    else:
        raise CommandError(f"{api.name} has no REST API in {stack}: look at the last `mdlc deploy`")
    stages = {each["stageName"]: each for each in client.get_stages(restApiId=id_)["item"]}
    of_stack = {each["PhysicalResourceId"] for each in resources if each["ResourceType"] == STAGE}
    stage = next((each for name, each in sorted(stages.items()) if name in of_stack), None)
    if stage is None:
        raise CommandError(f"{api.name} is not served by a stage: deploy it with `mdlc deploy`")
    methods = {
        each["path"]: client.get_method(restApiId=id_, resourceId=each["id"], httpMethod=METHOD)
        for each in stacks.pages(client, "get_resources", "items", restApiId=id_, embed=["methods"])
        if METHOD in each.get("resourceMethods", {})
    }
    if not methods:
        raise CommandError(f"{api.name} has no path to send requests to: deploy it with `mdlc deploy`")
    model = next(iter(methods.values()))["requestModels"][JSON]
    return DecisionApi(
        rules=api,
        stack=stack,
        rest_api_id=id_,
        stage=stage["stageName"],
        deployment=str(stage["deploymentId"]),
        url=_url(target, id_, stage["stageName"]),
        schema=json.loads(client.get_model(restApiId=id_, modelName=model)["schema"]),
        paths=tuple(
            Path(
                path=path,
                authorization=method["authorizationType"],
                scopes=tuple(method.get("authorizationScopes") or ()),
                is_machine=method["methodIntegration"]["type"] != "AWS_PROXY",
            )
            for path, method in sorted(methods.items())
        ),
    )


def _url(target: Target, id_: str, stage: str) -> str:
    """The stage's URL. China's regions have a domain of their own.

    Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/how-to-call-api.html
    """
    suffix = "amazonaws.com.cn" if str(target.region).startswith("cn-") else "amazonaws.com"
    return target.reached_at(f"https://{id_}.execute-api.{target.region}.{suffix}/{stage}/")
