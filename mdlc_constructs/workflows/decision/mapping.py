"""API Gateway's mapping templates between HTTP and the state machine. Pure text.

The templates are written in the Velocity Template Language and kept short. They are needed because
`StartSyncExecution` returns 200 even for an execution that failed or rejected the request, so the response's
status must be read from the body.
Source: https://docs.aws.amazon.com/step-functions/latest/apireference/API_StartSyncExecution.html
"""

import json

MAX_INTEGRATION_MS = 29_000
"""API Gateway's timeout of an integration, after which it returns 504.

Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-execution-service-limits-table.html
"""
STATUSES = {"BadRequest": 400, "Conflict": 409, "Underway": 503}
"""Statuses of errors that a successful execution may return instead of a decision: `{"error", "message"}`."""

UNAVAILABLE = "No decision was made or none could be recorded: ask again with the same request_id."


def execution_request(machine_arn: str) -> str:
    """The request template: it passes the body to the machine unchanged.

    `escapeJavaScript` also escapes single quotes, which is invalid in JSON, so that is undone.
    Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-mapping-template-reference.html
    """
    return (
        "#set($body = $util.escapeJavaScript($input.json('$')).replaceAll(\"\\\\'\", \"'\"))"
        f'{{"stateMachineArn": "{machine_arn}", "input": "$body"}}'
    )


def execution_answer() -> str:
    """The response template of an execution: the decision, or the error of a rejected request, or 503.

    The execution's output is already the JSON text of the response.
    """
    message = '$util.escapeJavaScript($output.message).replaceAll("\\\\\'", "\'")'
    refused = "#else".join(
        f"if($output.error == '{error}')#set($context.responseOverride.status = {status})"
        f'{{"message": "{message}"}}'
        for error, status in STATUSES.items()
    )
    return (
        "#if($input.path('$.status') == 'SUCCEEDED')#set($output = $util.parseJson($input.path('$.output')))"
        f"#{refused}#else$input.path('$.output')#end"
        f"#else#set($context.responseOverride.status = 503){unavailable()}#end"
    )


def unavailable() -> str:
    """The body of all responses with status 503."""
    return json.dumps({"message": UNAVAILABLE})
