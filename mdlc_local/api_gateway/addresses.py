"""The URLs of REST APIs in the embedded AWS.

On AWS an API's URL is ``https://{api}.execute-api.{region}.amazonaws.com/{stage}/{path}``, which templates
output. Here the same request goes to the embedded endpoint in one of two ways:

* with AWS's host name in the `Host` header: ``http://127.0.0.1:{port}/{stage}/{path}``;
* without that header: ``http://127.0.0.1:{port}/_aws/execute-api/{api}/{stage}/{path}``.

``GET /_mdlc/apis`` lists the APIs with both URLs.
"""

import importlib
import re
from collections.abc import Callable
from types import ModuleType
from typing import Any

from mdlc_local import control, options, patches

API_GATEWAY = "ministack.services.apigateway_v1"
HTTP_APIS = "ministack.services.apigateway"

_HOST = re.compile(r"^([a-z0-9]{8,10})\.execute-api\.[a-z0-9.-]+(?::\d+)?$")

Parsed = tuple[str, str, str]


def install(app: ModuleType) -> None:
    """Accept AWS's host names of REST APIs, and list the APIs."""
    for stored in ("_rest_apis", "_stages_v1", "_resources"):
        patches.take(API_GATEWAY, stored)
    patches.take(API_GATEWAY, "find_api_scope", "api_id")
    for module in (API_GATEWAY, HTTP_APIS):
        patches.take(module, "stages_for_api", "api_id")
    patches.wrap(app.__name__, "_parse_execute_api_url", "host path", _parsing)
    control.route("GET", "apis", lambda _: apis())


def apis() -> list[dict[str, str]]:
    """Every deployed stage: `api`, `name`, `stage`, `aws` (its URL on AWS) and `local` (its URL here)."""
    gateway = importlib.import_module(API_GATEWAY)
    listed = []
    for (account, region, api), record in gateway._rest_apis.all_items():
        for stage in gateway._stages_v1.get_scoped(account, region, api) or {}:
            listed.append(
                {
                    "api": api,
                    "name": str(record.get("name", "")),
                    "stage": stage,
                    "aws": f"https://{api}.execute-api.{region}.amazonaws.com/{stage}",
                    "local": f"{options.current().endpoint}/_aws/execute-api/{api}/{stage}",
                }
            )
    return listed


def is_deployed(api: str, stage: str) -> bool:
    """Whether an API has a stage of that name, or the `$default` stage, which serves from the root."""
    return bool({stage, "$default"} & _stages(api).keys())


def allows_other_origins(api: str) -> bool:
    """Whether an API allows cross-origin requests: it has OPTIONS methods or a CORS configuration."""
    gateway = importlib.import_module(API_GATEWAY)
    scope = gateway.find_api_scope(api)
    if scope is None:
        records = importlib.import_module(HTTP_APIS)._apis.all_items()
        return any(key[-1] == api and bool(record.get("corsConfiguration")) for key, record in records)
    resources = gateway._resources.get_scoped(*scope, api) or {}
    return any("OPTIONS" in (resource.get("resourceMethods") or {}) for resource in resources.values())


def _stages(api: str) -> dict[str, Any]:
    gateway = importlib.import_module(API_GATEWAY)
    owner = gateway if gateway.find_api_scope(api) is not None else importlib.import_module(HTTP_APIS)
    stages: dict[str, Any] = owner.stages_for_api(api)
    return stages


def _parsing(parse: Callable[[str, str], Parsed | None]) -> Callable[[str, str], Parsed | None]:
    def parsed(host: str, path: str) -> Any:
        match = _HOST.match(host)
        if match is None:
            return parse(host, path)
        stage, _, rest = path.lstrip("/").partition("/")
        return match[1], stage, f"/{rest}"

    return parsed
