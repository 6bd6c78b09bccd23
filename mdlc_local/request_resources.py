"""Names the resource that a request of a service is about, for ministack's evaluation of IAM."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from mdlc_local import patches
from mdlc_local.scopes import Scope

ACTIONS = "ministack.core.iam_actions"
_PARAMETERS = "service method path headers body query_params region account_id"


@dataclass(frozen=True, kw_only=True)
class ServiceRequest:
    """A request before its service gets it.

    Attributes:
        path: the URL's path.
        headers: the headers, with names in lower case.
        body: the body.
        query: the query's parameters.
        scope: account and region.
    """

    path: str
    headers: dict[str, str]
    body: bytes
    query: dict[str, Any]
    scope: Scope

    @property
    def operation(self) -> str:
        """The operation that ``X-Amz-Target`` names; empty without one."""
        return self.headers.get("x-amz-target", "").rpartition(".")[2]

    @property
    def content(self) -> dict[str, Any]:
        """The body as a JSON object; empty when it is none."""
        try:
            content = json.loads(self.body or b"{}")
        except ValueError:
            return {}
        return content if isinstance(content, dict) else {}


def name(service: str, resource: Callable[[ServiceRequest], str | None]) -> None:
    """Evaluate requests of a service on the ARN that `resource` returns.

    Args:
        service: ministack's name of the service.
        resource: returns the ARN, or None to leave it to ministack.
    """

    def naming(extract: Callable[..., str]) -> Callable[..., str]:
        def extract_resource_arn(
            service_name: str,
            method: str,
            path: str,
            headers: dict[str, str],
            body: bytes,
            query_params: dict[str, Any],
            region: str,
            account_id: str,
        ) -> str:
            if service_name == service:
                scope = Scope(account_id, region)
                arn = resource(
                    ServiceRequest(path=path, headers=headers, body=body, query=query_params, scope=scope)
                )
                if arn is not None:
                    return arn
            return extract(service_name, method, path, headers, body, query_params, region, account_id)

        return extract_resource_arn

    patches.wrap(ACTIONS, "extract_resource_arn", _PARAMETERS, naming)
