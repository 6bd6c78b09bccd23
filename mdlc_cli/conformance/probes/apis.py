"""Beliefs about REST APIs of API Gateway, and about functions that are invoked asynchronously."""

from __future__ import annotations

import json
import time
import urllib.error
import urllib.request
from typing import Any

from mdlc_cli.conformance.bench import Bench
from mdlc_cli.conformance.probe import Observation, Probe
from mdlc_cli.conformance.probes.tasks import wait_until

RETRY_SECONDS = 420.0
LOG_SECONDS = 15.0
READY_SECONDS = 30.0


def default_model(bench: Bench) -> Observation:
    """Sends an invalid body of three content types to a method whose model is `$default`."""
    gateway, name = bench.client("apigateway"), bench.name("api")
    api = gateway.create_rest_api(name=name, endpointConfiguration={"types": ["REGIONAL"]})
    try:
        return _asked(bench, gateway, api)
    finally:
        gateway.delete_rest_api(restApiId=api["id"])


def _asked(bench: Bench, gateway: Any, api: dict[str, Any]) -> Observation:
    id_ = api["id"]
    root = api.get("rootResourceId") or gateway.get_resources(restApiId=id_)["items"][0]["id"]
    schema = {"type": "object", "required": ["row"], "properties": {"row": {"type": "object"}}}
    gateway.create_model(
        restApiId=id_, name="Asked", contentType="application/json", schema=json.dumps(schema)
    )
    validator = gateway.create_request_validator(
        restApiId=id_, name="body", validateRequestBody=True, validateRequestParameters=False
    )
    method = {"restApiId": id_, "resourceId": root, "httpMethod": "POST"}
    gateway.put_method(
        **method,
        authorizationType="NONE",
        requestModels={"$default": "Asked"},
        requestValidatorId=validator["id"],
    )
    # The API may not invoke the function, so a request that passes the validation is answered with 500.
    region = bench.target.region
    function = bench.client("lambda").get_function(FunctionName=bench.outputs["Function"])
    arn = function["Configuration"]["FunctionArn"]
    gateway.put_integration(
        **method,
        type="AWS_PROXY",
        integrationHttpMethod="POST",
        uri=f"arn:aws:apigateway:{region}:lambda:path/2015-03-31/functions/{arn}/invocations",
    )
    gateway.create_deployment(restApiId=id_, stageName="asked")
    url = bench.target.reached_at(f"https://{id_}.execute-api.{region}.amazonaws.com/asked/")
    kinds = ("application/json", "text/plain", "application/jsonlines")

    def ready() -> bool | None:
        return True if _status(url, kinds[0], b'{"row": {}}') not in (403, 404) else None

    wait_until(bench, ready, READY_SECONDS)
    answer = {kind: _status(url, kind, b'{"other": 1}') for kind in kinds}
    return Observation(answer={"invalid": answer, "valid": _status(url, kinds[0], b'{"row": {}}')})


def _status(url: str, kind: str, body: bytes) -> int:
    request = urllib.request.Request(url, body, {"Content-Type": kind}, method="POST")
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({})) if "127.0.0.1" in url else None
    try:
        with (opener.open if opener else urllib.request.urlopen)(request, timeout=30) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code


def asynchronous_retries(bench: Bench) -> Observation:
    """Invokes a failing function asynchronously and reads from the queue how often it was tried."""
    client, queue = bench.client("lambda"), bench.client("sqs")
    function, url = bench.outputs["Function"], bench.outputs["Queue"]
    attributes = queue.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]
    client.put_function_event_invoke_config(
        FunctionName=function, DestinationConfig={"OnFailure": {"Destination": attributes["QueueArn"]}}
    )
    mark = bench.name("event")
    payload = json.dumps({"fail": True, "mark": mark}).encode()
    client.invoke(FunctionName=function, InvocationType="Event", Payload=payload)

    def look() -> dict[str, Any] | None:
        got = queue.receive_message(QueueUrl=url, MaxNumberOfMessages=10, WaitTimeSeconds=1)
        for message in got.get("Messages", []):
            queue.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
            body: dict[str, Any] = json.loads(message["Body"])
            if (body.get("requestPayload") or {}).get("mark") == mark:
                return body
        return None

    context = wait_until(bench, look, RETRY_SECONDS)["requestContext"]

    def tries() -> int | None:
        events = bench.client("logs").filter_log_events(
            logGroupName=f"/aws/lambda/{function}", filterPattern=f'"{mark}"'
        )
        lines = [event for event in events["events"] if event["message"].strip() == mark]
        return len(lines) or None

    # The last try's line arrives in the log a little after the message.
    if not bench.target.is_local:
        time.sleep(LOG_SECONDS)
    counted = wait_until(bench, tries, READY_SECONDS)
    return Observation(
        answer={"condition": context["condition"], "tries": counted}, notes={"context": context}
    )


PROBES = (
    Probe(
        id="default-model-of-an-api",
        belief="API Gateway uses the model `$default` for every content type.",
        source="https://docs.aws.amazon.com/apigateway/latest/developerguide/"
        "api-gateway-method-request-validation.html",
        page="real-time-inference.md",
        ask=default_model,
        seconds=30,
    ),
    Probe(
        id="retries-of-a-function",
        belief="A function that is invoked asynchronously and fails is tried three times, and then "
        "its failure goes to the destination.",
        source="https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html",
        page="retraining.md",
        ask=asynchronous_retries,
        seconds=200,
    ),
)
