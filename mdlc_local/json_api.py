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

from mdlc_local import patches
from mdlc_local.errors import ApiError
from mdlc_local.sagemaker import host, model, validation
from mdlc_local.sagemaker.records import Scope

Operation = Callable[[dict[str, Any], Scope], dict[str, Any]]
Answer = tuple[int, dict[str, str], bytes]

ROUTER = "ministack.core.router"
ACTIONS = "ministack.core.iam_actions"
RESOURCE = "service method path headers body query_params region account_id"


class JsonApi:
    """One service's API, with the attributes that ministack expects of a service's module.

    Args:
        service: botocore's name of the service, which is also its namespace in IAM.
        title: the service's name in messages.
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
        operations: Mapping[str, Operation],
        resource: Callable[[str, dict[str, Any], Scope], str] | None = None,
        check: Callable[[str, dict[str, Any], Scope, str], None] | None = None,
        invalid: str = "ValidationException",
        clear: Callable[[], None] = lambda: None,
    ) -> None:
        self.service, self.title, self.operations = service, title, operations
        self.reset = clear
        self._resource, self._check, self._invalid = resource, check, invalid

    @functools.cached_property
    def service_model(self) -> Any:
        """Botocore's model of the service."""
        return botocore.session.get_session().get_service_model(self.service)

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
            raise ApiError(
                "InvalidAction",
                f"{name} of {self.title} does not exist in the embedded AWS, which has "
                f"{', '.join(sorted(self.operations))}",
            )
        shapes = self.service_model.operation_model(name)
        request = {field: value for field, value in request.items() if value is not None}
        if shapes.input_shape is not None:
            try:
                validation.check(shapes.input_shape, request)
            except ApiError as fault:
                wrong = fault.code == "ValidationException"
                raise ApiError(self._invalid if wrong else fault.code, fault.message) from fault
        if key is not None and self._check is not None:
            self._check(name, request, scope, key)
        output = run(request, scope)
        if shapes.output_shape is None:
            return {}
        shown: dict[str, Any] = model.outward(shapes.output_shape, output)
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
            output = self.call(name, request, host.scope(), host.access_key(headers, query))
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
        prefix = self.service_model.metadata["targetPrefix"]
        patches.take(ROUTER, "SERVICE_PATTERNS")[self.service] = {
            "target_prefixes": [f"{prefix}."],
            "credential_scope": self.service,
        }
        if self._resource is not None:
            patches.take(ACTIONS, "SERVICE_TO_IAM_NAMESPACE")[self.service] = self.service
            patches.wrap(ACTIONS, "extract_resource_arn", RESOURCE, self._extended)

    def _extended(self, original: Callable[..., str]) -> Callable[..., str]:
        """The resource of a request for IAM, by this API for its own requests."""

        def extract_resource_arn(
            service: str,
            method: str,
            path: str,
            headers: dict[str, str],
            body: bytes,
            query_params: dict[str, Any],
            region: str,
            account_id: str,
        ) -> str:
            if service != self.service or self._resource is None:
                return original(service, method, path, headers, body, query_params, region, account_id)
            name = headers.get("x-amz-target", "").rpartition(".")[2]
            try:
                request = json.loads(body or b"{}")
            except ValueError:
                request = {}
            return self._resource(
                name, request if isinstance(request, dict) else {}, Scope(account_id, region)
            )

        return extract_resource_arn
