"""By probe: the behaviour of the embedded AWS that a test alters. It is imported by the server, too.

An `Answer` changes what a service answers to every caller: machines and jobs call the services of this server
as a client does. The others replace a function of the interpreter or of a service.
"""

import importlib
import json
from collections.abc import Awaitable, Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import Any
from unittest import mock

Application = Callable[..., Awaitable[None]]
Alteration = Callable[[], AbstractContextManager[Any]]

_answers: "list[Answer]" = []


@dataclass(frozen=True)
class Answer:
    """Changes the answers of one operation.

    Attributes:
        operation: the end of the header `X-Amz-Target`, or a part of the method and path.
        old: the text in the answer, its headers included.
        new: what takes its place.
        refused: answer without doing anything, with this code, when the request has the text `old`.
    """

    operation: str
    old: str
    new: str = ""
    refused: str = ""

    @contextmanager
    def __call__(self) -> Iterator[None]:
        _answers.append(self)
        try:
            yield
        finally:
            _answers.remove(self)

    def fits(self, scope: dict[str, Any]) -> bool:
        headers = {name.lower(): value for name, value in scope["headers"]}
        target = headers.get(b"x-amz-target", b"").decode()
        return target.endswith(f".{self.operation}") or self.operation in f"{scope['method']} {scope['path']}"


def altering(call: Application) -> Application:
    """The server's application with the active alterations of answers."""

    async def altered(self: Any, scope: dict[str, Any], receive: Any, send: Any) -> None:
        fitting = [answer for answer in _answers if scope["type"] == "http" and answer.fits(scope)]
        if not fitting:
            await call(self, scope, receive, send)
            return
        (answer,) = fitting
        if answer.refused:
            body = b""
            while True:
                message = await receive()
                body += message.get("body", b"")
                if not message.get("more_body"):
                    break
            if answer.old.encode() in body:
                refusal = json.dumps({"__type": answer.refused, "message": "altered"}).encode()
                await send({"type": "http.response.start", "status": 400, "headers": []})
                await send({"type": "http.response.body", "body": refusal})
                return
            first = [{"type": "http.request", "body": body, "more_body": False}]

            async def replay() -> Any:
                return first.pop() if first else await receive()

            await call(self, scope, replay, send)
            return
        await call(self, scope, receive, _Changed(answer, send))

    return altered


class _Changed:
    """Sends an answer once it is complete, with the text replaced."""

    def __init__(self, answer: Answer, send: Any) -> None:
        self._answer, self._send = answer, send
        self._start: dict[str, Any] = {}
        self._body = b""

    async def __call__(self, message: dict[str, Any]) -> None:
        if message["type"] == "http.response.start":
            self._start = message
            return
        self._body += message.get("body", b"")
        if message.get("more_body"):
            return
        old, new = self._answer.old.encode(), self._answer.new.encode()
        body = self._body.replace(old, new)
        headers = [
            (name, value.replace(old, new))
            for name, value in self._start.get("headers", [])
            if name.lower() != b"content-length" and not name.lower().startswith(b"x-amz-checksum")
        ]
        await self._send({**self._start, "headers": [*headers, (b"content-length", str(len(body)).encode())]})
        await self._send({"type": "http.response.body", "body": body})


def replaced(module: str, name: str, replacement: Any) -> Alteration:
    """Replaces a function or value of a module of the server."""

    def begin() -> AbstractContextManager[Any]:
        return mock.patch.object(importlib.import_module(module), name, replacement)

    return begin


def wrapped(module: str, name: str, change: Callable[[Any], Any]) -> Alteration:
    """Changes what a function of a module of the server returns."""

    def begin() -> AbstractContextManager[Any]:
        owner = importlib.import_module(module)
        original = getattr(owner, name)
        return mock.patch.object(owner, name, lambda *given, **named: change(original(*given, **named)))

    return begin


def evaluated(change: Callable[[Any], Any]) -> Alteration:
    """Changes the value of each JSONata expression."""
    return wrapped("mdlc_local.states.expressions", "evaluate", change)


def texts(change: Callable[[str], str]) -> Alteration:
    """Changes each text in the value of each JSONata expression."""

    def changed(value: Any) -> Any:
        if isinstance(value, str):
            return change(value)
        if isinstance(value, dict):
            return {name: changed(item) for name, item in value.items()}
        return [changed(item) for item in value] if isinstance(value, list) else value

    return evaluated(changed)


def lenient(original: Any) -> Any:
    """An evaluation that returns null where nothing is found."""

    def evaluate(*given: Any, **named: Any) -> Any:
        try:
            return original(*given, **named)
        except Exception:
            return None

    return evaluate


def undefined_is_null() -> AbstractContextManager[Any]:
    """Expressions that return nothing are null."""
    expressions = importlib.import_module("mdlc_local.states.expressions")
    return mock.patch.object(expressions, "evaluate", lenient(expressions.evaluate))


def other_reserved_name(name: str) -> Alteration:
    """A reserved error of the States Language is `States.Runtime` instead."""

    def begin() -> AbstractContextManager[Any]:
        ends = importlib.import_module("mdlc_local.states.ends")
        original = ends.state_failure
        kinds = ends.StatesErrorNameType

        def failure(environment: Any, reserved: Any, cause: str) -> Any:
            return original(environment, kinds.StatesRuntime if reserved.name == name else reserved, cause)

        return mock.patch.object(ends, "state_failure", failure)

    return begin


def oldest_first() -> AbstractContextManager[Any]:
    """ListModelPackages lists in the opposite order."""
    listing = importlib.import_module("mdlc_local.sagemaker.listing")
    original = listing.page

    def page(*given: Any, **named: Any) -> Any:
        summaries, token = original(*given, **named)
        return summaries[::-1], token

    return mock.patch.object(listing, "page", page)


def no_bake() -> AbstractContextManager[Any]:
    """An update of an endpoint does not bake."""
    deployments = importlib.import_module("mdlc_local.sagemaker.endpoints.deployments")
    return mock.patch.object(deployments, "_bake")


def other_suffix() -> AbstractContextManager[Any]:
    """A transform job writes its files under other names."""
    storage = importlib.import_module("mdlc_local.sagemaker.storage").Storage
    original = storage.upload

    def upload(self: Any, path: Any, uri: str, *more: Any) -> Any:
        return original(self, path, uri.removesuffix(".out") + ".result", *more)

    return mock.patch.object(storage, "upload", upload)


def one_try() -> AbstractContextManager[Any]:
    """A function that is invoked asynchronously is tried once."""
    lambdas = importlib.import_module("ministack.services.lambda_svc")
    original = lambdas.invoke_async_with_retry

    def invoke(function: dict[str, Any], event: dict[str, Any]) -> None:
        config = {**(function.get("event_invoke_config") or {}), "MaximumRetryAttempts": 0}
        original({**function, "event_invoke_config": config}, event)

    return mock.patch.object(lambdas, "invoke_async_with_retry", invoke)


def only_json() -> AbstractContextManager[Any]:
    """A model `$default` is used for JSON only."""
    validation = importlib.import_module("mdlc_local.api_gateway.validation")

    def model_of(models: dict[str, str], content_type: str) -> str | None:
        return models.get("$default") if content_type == "application/json" else None

    return mock.patch.object(validation, "model_of", model_of)


def flat_names() -> AbstractContextManager[Any]:
    """The files of a manifest have the last part of their key as name."""
    storage = importlib.import_module("mdlc_local.sagemaker.storage").Storage
    original = storage.fetch

    def fetch(self: Any, source: Any, path: Any) -> Any:
        return original(self, source, path.parent.parent / path.name)

    return mock.patch.object(storage, "fetch", fetch)


_VALIDATION = ("ValidationException", "ResourceNotFound")
_DENIED = ("AccessDeniedException", "ResourceNotFoundException")

ALTERATIONS: dict[str, Alteration] = {
    "put-object-of-text": Answer("GET /", '\\"text\\"', "text"),
    "put-object-of-an-object": Answer("GET /", '{"b":1,"a":[true,null]}', '{"a": [true, null], "b": 1}'),
    "error-of-a-missing-object": Answer("GET /", "NoSuchKey", "NoSuchBucket"),
    "error-of-a-missing-model": Answer("DescribeModel", *_VALIDATION),
    "error-of-a-missing-training-job": Answer("DescribeTrainingJob", *_VALIDATION[::-1]),
    "error-of-a-missing-processing-job": Answer("DescribeProcessingJob", *_VALIDATION[::-1]),
    "error-of-a-missing-endpoint": Answer("/invocations", "ValidationError", "ModelNotReadyException"),
    "error-of-an-invalid-request": Answer("CreateModel", "ValidationException", "ResourceLimitExceeded"),
    "error-of-a-missing-permission": Answer("ListEndpoints", "AccessDeniedException", "ResourceNotFound"),
    "error-of-a-missing-table-permission": Answer("DeleteItem", *_DENIED),
    "error-of-a-condition": Answer(
        "PutItem", "ConditionalCheckFailedException", "TransactionConflictException"
    ),
    "error-of-a-transaction": Answer(
        "TransactWriteItems", "TransactionCanceledException", "TransactionInProgressException"
    ),
    "error-of-a-function": Answer("POST /2015-03-31/functions/", "ProbeError", "OtherError"),
    "answer-of-a-function": Answer("POST /2015-03-31/functions/", '"got"', '"received"'),
    "catch-of-an-output": undefined_is_null,
    "undefined-output": undefined_is_null,
    "data-limit": replaced("mdlc_local.states.ends", "MAX_DATA_BYTES", 10**9),
    "no-choice": other_reserved_name("StatesNoChoiceMatched"),
    "timeout-of-a-token": Answer("DescribeExecution", "States.Timeout", "States.HeartbeatTimeout"),
    "execution-of-the-same-name": Answer(
        "StartExecution", "ExecutionAlreadyExists", "ExecutionLimitExceeded"
    ),
    "express-executions": Answer("DescribeExecution", "InvalidArn", "ExecutionDoesNotExist"),
    "validation-of-definitions": Answer(
        "ValidateStateMachineDefinition", "MISSING_TRANSITION_TARGET", "INVALID_STATE"
    ),
    "source-account-of-machines": replaced("mdlc_local.trust", "may_assume", lambda *_, **__: True),
    "jsonata-numbers-as-text": texts(lambda text: f"{text}0"),
    "jsonata-sequences": evaluated(lambda value: [value] if isinstance(value, int) else value),
    "jsonata-null": evaluated(lambda value: False if value is True else value),
    "jsonata-objects-as-text": texts(lambda text: text.replace(",", ", ")),
    "jsonata-functions-of-aws": evaluated(lambda value: value[::-1] if isinstance(value, list) else value),
    "jsonata-dates": texts(lambda text: text.replace(".123Z", "Z")),
    "jsonata-texts": texts(lambda text: text.upper()),
    "event-of-an-approval": Answer("ReceiveMessage", "UpdatedModelPackageFields", "ChangedFields"),
    "order-of-packages": oldest_first,
    "permissions-of-a-package": Answer("CreateModelPackage", "sagemaker:AddTags", "sagemaker:TagResource"),
    "client-token-of-a-package": replaced(
        "mdlc_local.sagemaker.registry.model_packages", "_made_by", lambda *_: None
    ),
    "missing-resources-of-sagemaker": Answer("DescribeEndpoint", "Could not find", "There is no"),
    "configuration-of-a-missing-model": Answer("CreateEndpointConfig", *_VALIDATION),
    "model-of-the-same-name": Answer("CreateModel", "ValidationException", "ResourceInUse"),
    "default-model-of-an-api": only_json,
    "retries-of-a-function": one_try,
    "names-of-a-manifest": flat_names,
    "failed-job-in-a-machine": Answer("DescribeProcessingJob", "the message", "another message"),
    "files-of-a-transform-job": other_suffix,
    "capture-of-a-pipeline": Answer("/captures/", '"inferenceId":', '"inference":'),
    "shadow-of-a-pipeline": Answer(
        "CreateEndpointConfig", "ShadowProductionVariants", refused="ValidationException"
    ),
    "bake-of-an-update": no_bake,
}
"""By probe: what is altered. Those of states have one for all: each text of an expression changes."""


def of(probe: str) -> AbstractContextManager[Any]:
    """The alteration of a probe's behaviour, while it is entered."""
    if probe.startswith("states-of-"):
        return texts(lambda text: f"{text} altered")()
    return ALTERATIONS[probe]()
