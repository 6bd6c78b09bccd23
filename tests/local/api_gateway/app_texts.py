"""What the template's API is made of: mapping templates, a function, a machine, a schema, a log format."""

REQUEST_TEMPLATE = """#set($input_text = $input.json('$'))
{
  "stateMachineArn": "${Machine}",
  "name": "$context.requestId",
  "input": "$util.escapeJavaScript($input_text).replaceAll("\\\\'", "'")"
}"""

RESPONSE_TEMPLATE = """#set($status = $input.path('$.status'))
#if($status == "SUCCEEDED")
$input.path('$.output')
#else
#set($context.responseOverride.status = 503)
#set($context.responseOverride.header.Retry-After = "1")
{"error": $input.json('$.error'), "status": "$status", "request_id": "$context.requestId"}
#end"""

FUNCTION = """
import json, time

def handler(event, context):
    if event["path"].endswith("/raise"):
        raise ValueError("a secret")
    if event["path"].endswith("/malformed"):
        return {"decision": "wait"}
    if event["path"].endswith("/slow"):
        time.sleep(3)
    told = {
        "body": event["body"],
        "path": event["pathParameters"],
        "stage": event["requestContext"]["stage"],
        "who": event["requestContext"]["identity"].get("userArn"),
        "claims": event["requestContext"].get("authorizer"),
        "id": event["requestContext"]["requestId"],
    }
    return {"statusCode": 200, "headers": {"X-Shape": "function"}, "body": json.dumps(told)}
"""

MACHINE = {
    "QueryLanguage": "JSONata",
    "StartAt": "Check",
    "States": {
        "Check": {
            "Type": "Choice",
            "Choices": [{"Condition": "{% $states.input.row.fail = true %}", "Next": "Broken"}],
            "Default": "Decide",
        },
        "Broken": {"Type": "Fail", "Error": "NoAnswer", "Cause": "asked to"},
        "Decide": {
            "Type": "Pass",
            "Output": {
                "request_id": "{% $states.input.request_id %}",
                "decision": "{% $states.input.row.delay > 60 ? 'rebook' : 'wait' %}",
            },
            "End": True,
        },
    },
}

BODY = {
    "$schema": "http://json-schema.org/draft-04/schema#",
    "type": "object",
    "required": ["request_id", "row"],
    "properties": {"request_id": {"type": "string", "minLength": 1}, "row": {"type": "object"}},
}

ACCESS_LOG = (
    '{"id":"$context.requestId","status":"$context.status","path":"$context.resourcePath",'
    '"caller":"$context.identity.caller","latency":"$context.responseLatency",'
    '"integration":"$context.integrationLatency","error":"$context.error.message"}'
)
