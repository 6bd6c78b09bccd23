"""A method's integration: a Lambda function with the whole request, or Step Functions by templates."""

import asyncio
import importlib
import json
import logging
import re
import time
from collections.abc import Awaitable, Callable
from types import ModuleType
from typing import Any

from mdlc_local import iam, patches, payload_limits
from mdlc_local.api_gateway import callers, requests, templates
from mdlc_local.api_gateway.templates import Input, JavaMap, TemplateError

log = logging.getLogger("mdlc_local.api_gateway")

API_GATEWAY = requests.API_GATEWAY
FUNCTIONS = "ministack.services.lambda_svc"
INVOKE = (
    "integration api_id stage_name stage resource request_path method headers body query_params path_params "
    "owner_account_id owner_region binary_media_types authorizer_context caller_identity"
)
TIMEOUT_MILLISECONDS = 29_000
"""An integration's timeout when it has no `timeoutInMillis`."""

STATES_TARGET = "AWSStepFunctions"
_PROXY_MEMBERS = {"isBase64Encoded", "statusCode", "headers", "multiValueHeaders", "body"}

Integration = dict[str, Any]
Invoke = Callable[..., Awaitable[Any]]


def install(app: ModuleType) -> None:
    """Check functions' permissions, timeouts and answers, and add integrations with Step Functions."""
    for name, parameters in (
        ("_extract_lambda_ref_from_integration_uri", "uri"),
        ("_parse_service_integration_uri", "uri"),
        ("_select_service_integration_response", "integration backend_status"),
    ):
        patches.take(API_GATEWAY, name, parameters)
    patches.take(FUNCTIONS, "_get_func_record_for_ref_in_scope", "function_ref account_id region")
    patches.wrap(API_GATEWAY, "_invoke_lambda_proxy_v1", INVOKE, _function)
    patches.wrap(
        API_GATEWAY, "_invoke_lambda_custom_v1", INVOKE, lambda invoke: _service(app, _function(invoke))
    )
    patches.wrap(API_GATEWAY, "_lambda_proxy_response", "result", _well_formed)


def _error(kind: str, message: str = "Internal server error") -> Any:
    return importlib.import_module(API_GATEWAY)._gw_error(kind, message)


def _function(invoke: Invoke) -> Invoke:
    """Invoke a function within the integration's timeout, if its policy or the integration's role allows."""

    async def invoking(integration: Integration, *arguments: Any, **keywords: Any) -> Any:
        gateway = importlib.import_module(API_GATEWAY)
        reference = gateway._extract_lambda_ref_from_integration_uri(integration.get("uri", ""))
        function, config, _ = importlib.import_module(FUNCTIONS)._get_func_record_for_ref_in_scope(
            reference, account_id=keywords.get("owner_account_id"), region=keywords.get("owner_region")
        )
        if config is not None:
            why = callers.may_invoke(
                function, config["FunctionArn"], _source_arn(keywords), integration.get("credentials")
            )
            if why is not None:
                log.warning("%s", why)
                return _error("API_CONFIGURATION_ERROR")
        try:
            return await _within(integration, invoke(integration, *arguments, **keywords))
        except payload_limits.EventTooLargeError as too_large:
            log.warning("%s", too_large)
            return payload_limits.too_long()

    return invoking


def _source_arn(keywords: dict[str, Any]) -> str:
    request = requests.current()
    account, region = keywords.get("owner_account_id"), keywords.get("owner_region")
    path = re.sub(r"\{[^}]*\}", "*", str(request.facts.get("resource_path", "")))
    scope = f"{request.api_id}/{request.stage_name}/{request.method}{path}"
    return f"arn:aws:execute-api:{region}:{account}:{scope}"


async def _within(integration: Integration, work: Any) -> Any:
    """The answer of `work`, or API Gateway's error after the timeout; `work` then continues, as on AWS."""
    request, started = requests.current(), time.perf_counter()
    milliseconds = float(integration.get("timeoutInMillis") or TIMEOUT_MILLISECONDS)
    task = asyncio.ensure_future(work)
    done, _ = await asyncio.wait({task}, timeout=milliseconds / 1000)
    request.integration_seconds = time.perf_counter() - started
    if not done:
        return _error("INTEGRATION_TIMEOUT", "Endpoint request timed out")
    answer = task.result()
    if request.integration_status is None and isinstance(answer, tuple):
        request.integration_status = answer[0]
    return answer


def _well_formed(respond: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """The answer of a proxied function; 502 without details when it failed or its answer is malformed."""

    def responding(result: dict[str, Any]) -> Any:
        if result.get("throttle"):
            return respond(result)
        body = result.get("body")
        if result.get("error") or not _is_proxy_answer(body):
            requests.current().error = f"Malformed Lambda proxy response: {str(body)[:200]}"
            log.warning("%s", requests.current().error)
            return None, "Internal server error"
        return {"statusCode": 200, **(body or {})}, None

    return responding


def _is_proxy_answer(answer: Any) -> bool:
    if not isinstance(answer, dict) or not set(answer) <= _PROXY_MEMBERS:
        return False
    status = str(answer.get("statusCode", 200))
    return status.isdigit() and 100 <= int(status) < 600 and isinstance(answer.get("body"), str | None)


def _service(app: ModuleType, invoke: Invoke) -> Invoke:
    """Call a Step Functions action; a non-proxy Lambda integration is passed to `invoke`."""

    async def invoking(integration: Integration, *arguments: Any, **keywords: Any) -> Any:
        gateway = importlib.import_module(API_GATEWAY)
        region, service, verb, action = gateway._parse_service_integration_uri(
            integration.get("uri", "")
        ) or ("", "lambda", "", "")
        if service == "lambda":
            return await invoke(integration, *arguments, **keywords)
        if (service, verb) != ("states", "action"):
            log.warning("the integration %s is not in the embedded AWS", integration.get("uri"))
            return _error("API_CONFIGURATION_ERROR")
        headers, body, query, path = arguments[6], arguments[7], arguments[8], arguments[9]
        stage_variables = arguments[2].get("variables") or {}
        body_input = Input(
            (body or b"").decode("utf-8", "replace"),
            {name: str(value) for name, value in (path or {}).items()},
            {name: _last(value) for name, value in (query or {}).items()},
            {name: _last(value) for name, value in headers.items()},
        )
        context = _context()
        try:
            template = _template(integration, headers)
            if template is None:
                return _error("UNSUPPORTED_MEDIA_TYPE", "Unsupported Media Type")
            text = (
                templates.render(template, body_input, context, stage_variables)
                if template
                else body_input.body
            )
        except TemplateError as failed:
            requests.current().error = str(failed)
            log.warning("request template of %s: %s", integration.get("uri"), failed)
            return _error("DEFAULT_5XX")
        role = integration.get("credentials") or ""
        if not role or not callers.may_act_as(role, region):
            log.warning("%r does not let %s assume it", role, callers.PRINCIPAL)
            return _error("API_CONFIGURATION_ERROR")
        answer = await _within(integration, _states(app, action, text, role, region))
        if not isinstance(answer, tuple):
            return answer
        try:
            return _mapped(integration, answer, body_input, context, stage_variables)
        except TemplateError as failed:
            requests.current().error = str(failed)
            log.warning("response template of %s: %s", integration.get("uri"), failed)
            return _error("DEFAULT_5XX")

    return invoking


def _last(value: Any) -> str:
    return str(value[-1] if isinstance(value, list) and value else value)


def _context() -> JavaMap:
    context: JavaMap = templates.parsed(json.dumps(requests.current().context()))
    context["responseOverride"] = JavaMap(header=JavaMap())
    context["requestOverride"] = JavaMap(header=JavaMap(), path=JavaMap(), querystring=JavaMap())
    return context


def _template(integration: Integration, headers: dict[str, Any]) -> str | None:
    """The request template for the content type; "" passes the body through, None rejects the request."""
    request_templates = integration.get("requestTemplates") or {}
    asked_type = _last(headers.get("content-type") or "application/json").split(";")[0].strip().lower()
    for content_type, template in request_templates.items():
        if content_type.split(";")[0].strip().lower() == asked_type:
            return str(template)
    behavior = (integration.get("passthroughBehavior") or "WHEN_NO_MATCH").upper()
    refused = behavior == "NEVER" or (behavior == "WHEN_NO_TEMPLATES" and request_templates)
    return None if refused else ""


async def _states(app: ModuleType, action: str, text: str, role: str, region: str) -> Any:
    """The answer to one Step Functions request with a role's permissions."""
    try:
        request = json.loads(text or "{}")
    except ValueError:
        return 400, {}, b'{"__type":"com.amazon.coral.service#SerializationException"}'
    arn = request.get("stateMachineArn") or request.get("executionArn") or "*"
    reason = iam.denial(role, f"states:{action}", str(arn), region=region, session=requests.SESSION)
    if reason is not None:
        refused = {"__type": "com.amazon.coral.service#AccessDeniedException", "Message": reason}
        return 400, {}, json.dumps(refused).encode()
    headers = {"x-amz-target": f"{STATES_TARGET}.{action}", "content-type": "application/x-amz-json-1.0"}
    status, sent, body = await app.SERVICE_HANDLERS["states"]("POST", "/", headers, text.encode(), {})
    return status, sent, body if isinstance(body, bytes) else str(body).encode()


def _mapped(
    integration: Integration, answer: Any, body_input: Input, context: JavaMap, variables: dict[str, str]
) -> Any:
    """The answer, mapped by the integration response that its status selects."""
    status, sent, body = answer
    gateway = importlib.import_module(API_GATEWAY)
    selected = gateway._select_service_integration_response(integration, status)
    if selected is None:
        return _error("DEFAULT_5XX")
    text = body.decode("utf-8", "replace")
    response_templates = selected.get("responseTemplates") or {}
    content_type = (
        "application/json"
        if "application/json" in response_templates or not response_templates
        else next(iter(response_templates))
    )
    template = response_templates.get(content_type)
    if template:
        # Templates may use the request's parameters; `$input` has the integration's body.
        text = templates.render(template, body_input.with_body(text), context, variables)
    override = context["responseOverride"]
    headers = {"Content-Type": content_type}
    for target, source in (selected.get("responseParameters") or {}).items():
        value = _parameter(str(source), sent, body)
        if target.startswith("method.response.header.") and value is not None:
            headers[target.removeprefix("method.response.header.")] = value
    headers |= {name: str(value) for name, value in (override.get("header") or {}).items()}
    return int(override.get("status") or selected.get("statusCode") or status), headers, text.encode()


def _parameter(source: str, headers: dict[str, Any], body: bytes) -> str | None:
    """The value of a response parameter: a literal, or a header or a part of the integration's answer."""
    if len(source) > 1 and source[0] == source[-1] == "'":
        return source[1:-1]
    if source.startswith("integration.response.header."):
        wanted = source.removeprefix("integration.response.header.").lower()
        return next((str(value) for name, value in headers.items() if name.lower() == wanted), None)
    if source.startswith("integration.response.body"):
        path = "$" + source.removeprefix("integration.response.body")
        value = Input(body.decode("utf-8", "replace"), {}, {}, {}).path(path)
        return None if value is None else str(value)
    if source == "context.requestId":
        return requests.current().request_id
    return None
