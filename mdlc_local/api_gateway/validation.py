"""Chooses the model that validates a request's body: by its content type, else `$default`, else none.

ministack uses the model of ``application/json`` for any other type. On AWS, a body of a type without a model
is not validated: "If no matching content type is found, request validation is not performed."

Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-method-request-validation.html
"""

from collections.abc import Callable
from types import ModuleType
from typing import Any

from mdlc_local import patches
from mdlc_local.api_gateway.requests import API_GATEWAY

DEFAULT = "$default"
JSON = "application/json"


def install(app: ModuleType) -> None:
    """Patch the validation to choose models as AWS does."""
    del app
    check = "method_obj api_id request headers body query_params"
    patches.wrap(API_GATEWAY, "_check_request_validation", check, _checking)


def model_of(models: dict[str, str], content_type: str) -> str | None:
    """The model for a content type, or None; the type may have parameters, and an empty one means JSON."""
    media_type = (content_type or JSON).split(";", 1)[0].strip().lower()
    named = {name.lower(): model for name, model in models.items()}
    return named.get(media_type) or named.get(DEFAULT)


def _checking(check: Callable[..., Any]) -> Callable[..., Any]:
    def checked(
        method_obj: dict[str, Any],
        api_id: str,
        request: Any,
        headers: dict[str, Any],
        body: bytes,
        query_params: Any,
    ) -> Any:
        media_type = headers.get("content-type") or ""
        chosen = model_of(
            method_obj.get("requestModels") or {},
            str(media_type[-1] if isinstance(media_type, list) else media_type),
        )
        models = {} if chosen is None else {JSON: chosen}
        return check(
            {**method_obj, "requestModels": models},
            api_id,
            request,
            {**headers, "content-type": JSON},
            body,
            query_params,
        )

    return checked
