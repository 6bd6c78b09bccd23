"""Asks a decision API or an endpoint about rows, signed with the caller's credentials."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urljoin

from mdlc_cli.aws import aws_errors
from mdlc_cli.aws.target import Target
from mdlc_cli.decisions.decision_apis import JSON, DecisionApi
from mdlc_cli.errors import CommandError
from mdlc_client.audit import Item

JSON_LINES = "application/jsonlines"
SECONDS = 30
"""How long to wait for an answer; API Gateway itself waits 29 seconds."""


@dataclass(frozen=True, kw_only=True)
class Answered:
    """An answer.

    Attributes:
        request_id: the id of the request, under which the answer is recorded.
        content: what a decision API answers; of an endpoint `score` and `version`.
        milliseconds: how long the caller waited.
    """

    request_id: str
    content: Mapping[str, Any]
    milliseconds: float

    @property
    def version(self) -> Any:
        """The version of the model that answered, or None."""
        return self.content.get("model_version", self.content.get("version"))


Ask = Callable[[str, Mapping[str, Any]], Answered]


def by_api(target: Target, api: DecisionApi) -> Ask:
    """A function that asks a decision API about a row.

    Raises:
        CommandError: the API takes other credentials than AWS's.
    """
    path = next((each for each in api.paths if not each.is_machine), api.paths[0])
    if path.authorization != "AWS_IAM":
        raise CommandError(
            f"{api.name} asks for a token of its own authorizer, and mdlc signs with AWS credentials: ask it "
            "from your application, or ask the endpoint with --endpoint"
        )
    from botocore.auth import SigV4Auth
    from botocore.awsrequest import AWSRequest
    from botocore.exceptions import BotoCoreError
    from botocore.httpsession import URLLib3Session
    from botocore.utils import get_environ_proxies

    url = urljoin(api.url, path.path.lstrip("/"))
    session = URLLib3Session(timeout=SECONDS, proxies={} if target.is_local else get_environ_proxies(url))
    signer = SigV4Auth(target.credentials(), "execute-api", str(target.region))

    def ask(request_id: str, row: Mapping[str, Any]) -> Answered:
        body = json.dumps({"request_id": request_id, "row": row}).encode()
        request = AWSRequest("POST", url, {"Content-Type": JSON}, body)
        signer.add_auth(request)
        began = time.perf_counter()
        try:
            response = session.send(request.prepare())
        except BotoCoreError as error:
            raise CommandError(f"{api.name} cannot be reached ({error}): try again") from error
        milliseconds = (time.perf_counter() - began) * 1000
        content = _parsed(response.content)
        if response.status_code != 200 or not isinstance(content, dict):
            raise CommandError(_refused(api, request_id, response.status_code, content))
        return Answered(request_id=request_id, content=content, milliseconds=milliseconds)

    return ask


def by_endpoint(target: Target, endpoint: str, *, model: str) -> Ask:
    """A function that asks an endpoint about a row."""
    from botocore.exceptions import ClientError

    client = target.client("sagemaker-runtime")

    def ask(request_id: str, row: Mapping[str, Any]) -> Answered:
        began = time.perf_counter()
        try:
            answer = client.invoke_endpoint(
                EndpointName=endpoint,
                ContentType=JSON_LINES,
                Accept=JSON_LINES,
                InferenceId=request_id,
                Body=json.dumps(row).encode() + b"\n",
            )
        except ClientError as error:
            raise CommandError(_failed(error, endpoint, model)) from error
        content = _parsed(answer["Body"].read())
        milliseconds = (time.perf_counter() - began) * 1000
        scored = content if isinstance(content, dict) else {"score": content}
        return Answered(request_id=request_id, content=scored, milliseconds=milliseconds)

    return ask


def endpoint_of(items: Iterable[Item], model: str) -> str:
    """The endpoint to which a model's newest release released it.

    Raises:
        CommandError: no release has succeeded.
    """
    released = [
        item for item in items if item.get("workflow") == "release" and item.get("outcome") == "Succeeded"
    ]
    if not released:
        raise CommandError(f"{model} has no endpoint yet: release a version with `mdlc release`")
    return str(max(released, key=lambda item: str(item["sk"])).get("endpoint") or model)


def _parsed(body: bytes) -> Any:
    text = body.decode(errors="replace")
    try:
        return json.loads(text)
    except ValueError:
        return text.strip()


def _message(content: Any) -> str:
    if isinstance(content, dict):
        content = content.get("message") or content.get("Message") or json.dumps(content)
    return str(content).strip().rstrip(".") or "it says no more"


def _refused(api: DecisionApi, request_id: str, status: int, content: Any) -> str:
    """One sentence on an answer that is no decision, with the server's own words and the remedy."""
    said = f"{api.name} answered {status} ({_message(content)})"
    if status == 400:
        return f"{said}: compare the row with `mdlc openapi`"
    if status == 403:
        return (
            f"{said}: sign in as somebody who has execute-api:Invoke on this API, as "
            "DecisionApi.grant_invoke gives it"
        )
    if status == 409:
        return f"{said}: leave --request-id out, or give another one"
    if status == 429:
        return f"{said}: ask again after a pause"
    if status == 200:
        return f"{said}, which is no decision: look at the API in `mdlc deploy`"
    return f"{said}: ask again with --request-id {request_id}"


def _failed(error: Any, endpoint: str, model: str) -> str:
    if aws_errors.is_expired(error):
        return aws_errors.sentence(error)
    code, message = error.response["Error"]["Code"], str(error.response["Error"].get("Message", ""))
    own = str(error.response.get("OriginalMessage") or "").strip() or message
    said = f"endpoint {endpoint} answered {code} ({own.rstrip('.')})"
    if "not found" in message.lower():
        return f"{model} has no endpoint {endpoint} yet: release a version with `mdlc release`"
    if code == "ModelError":
        return f"{said}: correct the row, or look at the endpoint's log"
    if aws_errors.is_denied(error):
        return f"{said}: sign in as somebody who has sagemaker:InvokeEndpoint on it"
    return f"{said}: try again"
