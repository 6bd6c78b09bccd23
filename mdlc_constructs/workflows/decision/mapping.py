"""What API Gateway makes of requests and answers on the way to the state machine and back. Pure text.

The templates are Apache Velocity's language, kept to what they must do: `StartSyncExecution` answers 200 for
an execution that failed or refused, so that the answer's status has to be read from its body.

Source: https://docs.aws.amazon.com/step-functions/latest/apireference/API_StartSyncExecution.html
"""

import json

MAX_INTEGRATION_MS = 29_000
"""API Gateway answers 504 for whatever takes longer.

Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-execution-service-limits-table.html
"""
STATUSES = {"BadRequest": 400, "Conflict": 409, "Underway": 503}
"""What an execution that ends well may answer instead of a decision, as `{"error", "message"}`."""

UNAVAILABLE = "No decision was made or none could be recorded: ask again with the same request_id."


def execution_request(machine_arn: str) -> str:
    """The request template: the body goes to the machine as it came.

    `escapeJavaScript` escapes single quotes, which JSON does not know.
    Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-mapping-template-reference.html
    """
    return (
        "#set($body = $util.escapeJavaScript($input.json('$')).replaceAll(\"\\\\'\", \"'\"))"
        f'{{"stateMachineArn": "{machine_arn}", "input": "$body"}}'
    )


def execution_answer() -> str:
    """The response template of an execution: the decision, or why it was refused, or 503.

    The output is the answer's JSON already, as text.
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
    """The body of every 503."""
    return json.dumps({"message": UNAVAILABLE})
