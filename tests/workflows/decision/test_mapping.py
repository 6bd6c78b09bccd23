"""The templates between API Gateway and the state machine. What they come to is tested in front of one."""

import json

from lambdas.functions.decide.express_handler import Conflict, Underway
from lambdas.functions.decide.requests import BadRequest
from mdlc_constructs.workflows.decision.mapping import (
    STATUSES,
    execution_answer,
    execution_request,
    unavailable,
)


def test_the_body_goes_to_the_machine_as_text() -> None:
    template = execution_request("arn:machine")
    assert template.endswith('{"stateMachineArn": "arn:machine", "input": "$body"}')
    # Twice escaped in the template's own language: a backslash and a quote become a quote.
    assert r""".replaceAll("\\'", "'")""" in template


def test_every_status_but_success_is_an_error_to_the_caller() -> None:
    template = execution_answer()
    assert template.startswith("#if($input.path('$.status') == 'SUCCEEDED')#set($output = ")
    assert "#else$input.path('$.output')#end#else" in template
    assert template.endswith(f"#else#set($context.responseOverride.status = 503){unavailable()}#end")
    assert "ask again" in json.loads(unavailable())["message"]


def test_refusals_are_named_by_the_functions_errors() -> None:
    assert {BadRequest.__name__: 400, Conflict.__name__: 409, Underway.__name__: 503} == STATUSES
    for error, status in STATUSES.items():
        assert f"== '{error}')#set($context.responseOverride.status = {status})" in execution_answer()
