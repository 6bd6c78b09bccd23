"""An API of JSON requests with ``X-Amz-Target``, which this package implements itself.

A request is validated against botocore's model of the service. An operation that is not implemented is
refused by name, so that nothing answers as if it had been done.
"""

import functools
import importlib
import json
from collections.abc import Callable, Mapping
from types import ModuleType
from typing import Any

import botocore.session

from mdlc_local import patches, request_resources, scopes
from mdlc_local.errors import ApiError
from mdlc_local.json_api import shapes, validation
from mdlc_local.scopes import Scope

Operation = Callable[[dict[str, Any], Scope], dict[str, Any]]
Answer = tuple[int, dict[str, str], bytes]

ROUTER = "ministack.core.router"


@functools.cache
def _service_model(service: str) -> Any:
    return botocore.session.get_session().get_service_model(service)


class JsonApi:
    """One service's API, with the attributes that ministack expects of a service's module.

    Args:
        service: botocore's name of the service, which is also its namespace in IAM.
        title: the service's name in messages.
        target: what ``X-Amz-Target`` begins with, before the dot. Botocore's model has it, too, but reading a
            model takes up to half a second, which no start of the server should wait for.
        operations: the implemented operations, by name.
        resource: a function from an operation's name, its request and the scope to the ARN for IAM; None for
            a service whose `check` evaluates all permissions.
        check: a function that checks further permissions of the caller: it gets operation, request, scope
            and access key.
        invalid: the error code of a request that violates the service's model.
        clear: a function that removes all records.
    """

    def __init__(
        self,
        *,
        service: str,
        title: str,
        target: str,
        operations: Mapping[str, Operation],
        resource: Callable[[str, dict[str, Any], Scope], str] | None = None,
        check: Callable[[str, dict[str, Any], Scope, str], None] | None = None,
        invalid: str = "ValidationException",
        clear: Callable[[], None] = lambda: None,
    ) -> None:
        self.service, self.title, self.target, self.operations = service, title, target, operations
        self.reset = clear
        self._resource, self._check, self._invalid = resource, check, invalid

    @property
    def service_model(self) -> Any:
        """Botocore's model of the service, read at the first request."""
        return _service_model(self.service)

    def call(self, name: str, request: dict[str, Any], scope: Scope, key: str | None) -> dict[str, Any]:
        """Run one operation.

        Args:
            name: the operation.
            request: its input.
            scope: account and region.
            key: the caller's access key, whose permissions are checked; None for calls by the server itself.

        Returns:
            The output, as JSON values.

        Raises:
            ApiError: any error of the operation.
        """
        if name not in self.service_model.operation_names:
            raise ApiError("UnknownOperationException", f"{self.title} has no operation {name}")
        run = self.operations.get(name)
        if run is None:
            raise ApiError("InvalidAction", self.absence(name))
        operation = self.service_model.operation_model(name)
        request = {field: value for field, value in request.items() if value is not None}
        if operation.input_shape is not None:
            try:
                validation.check(operation.input_shape, request)
            except ApiError as fault:
                wrong = fault.code == "ValidationException"
                raise ApiError(self._invalid if wrong else fault.code, fault.message) from fault
        if key is not None and self._check is not None:
            self._check(name, request, scope, key)
        output = run(request, self.owner(name, request, scope))
        return {} if operation.output_shape is None else self.shown(operation.output_shape, output)

    def absence(self, name: str) -> str:
        """Why an operation of AWS's is refused."""
        listed = ", ".join(sorted(self.operations))
        return f"{name} of {self.title} does not exist in the embedded AWS, which has {listed}"

    def owner(self, name: str, request: dict[str, Any], scope: Scope) -> Scope:
        """The account and region whose resources an operation is about."""
        return scope

    def shown(self, shape: Any, output: dict[str, Any]) -> dict[str, Any]:
        """An output as JSON values."""
        shown: dict[str, Any] = shapes.outward(shape, output)
        return shown

    async def handle_request(
        self, method: str, path: str, headers: dict[str, str], body: bytes, query: dict[str, Any]
    ) -> Answer:
        """The answer to one HTTP request, with the parameters of ministack's handlers."""
        concurrency = importlib.import_module("ministack.core.concurrency")
        answer: Answer = await concurrency.run_reentrant(
            self._answer, headers, body, query, thread_name=self.service
        )
        return answer

    def _answer(self, headers: dict[str, str], body: bytes, query: dict[str, Any]) -> Answer:
        sent = {"Content-Type": "application/x-amz-json-1.1"}
        try:
            try:
                request = json.loads(body or b"{}")
            except ValueError as error:
                raise ApiError("SerializationException", "the request is no JSON") from error
            name = headers.get("x-amz-target", "").rpartition(".")[2]
            output = self.call(name, request, scopes.current(), scopes.access_key(headers, query))
            return 200, sent, json.dumps(output).encode()
        except ApiError as fault:
            return 400, sent, json.dumps({"__type": fault.code, "message": fault.message}).encode()

    def get_state(self) -> None:
        """The state to persist between server processes, which ministack asks for: none."""

    def load_persisted_state(self, _: Any) -> None:
        """Does nothing, because no state is persisted."""

    def install(self, app: ModuleType) -> None:
        """Make `app` (ministack.app) answer this API."""
        patches.take(app.__name__, "SERVICE_REGISTRY")[self.service] = {"module": self.service}
        patches.take(app.__name__, "_loaded_modules")[self.service] = self
        patches.take(app.__name__, "SERVICE_HANDLERS")[self.service] = self.handle_request
        patches.take(ROUTER, "SERVICE_PATTERNS")[self.service] = {
            "target_prefixes": [f"{self.target}."],
            "credential_scope": self.service,
        }
        if self._resource is not None:
            patches.take(request_resources.ACTIONS, "SERVICE_TO_IAM_NAMESPACE")[self.service] = self.service
            of_request = self._resource
            request_resources.name(
                self.service, lambda asked: of_request(asked.operation, asked.content, asked.scope)
            )
