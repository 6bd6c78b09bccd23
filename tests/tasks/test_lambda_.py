import pytest

from mdlc_constructs.asl.checks import check
from mdlc_constructs.asl.machine import Machine
from mdlc_constructs.tasks.lambda_ import invoke, invoke_for_token


def test_a_function_answers_with_what_it_returned() -> None:
    task = invoke("Plan", function_arn="${PlanFunction}", payload={"input": "{% $states.input %}"})
    assert task.resource == "arn:${Partition}:states:::lambda:invoke"
    assert task.arguments == {"FunctionName": "${PlanFunction}", "Payload": {"input": "{% $states.input %}"}}
    assert task.output == "{% $states.result.Payload %}"
    assert task.statements[0].resources == ("${PlanFunction}",)
    check(Machine((task,), bindings={"PlanFunction": "f"}), traced=False)


def test_one_version_is_called_and_no_other() -> None:
    task = invoke("Plan", function_arn="${F}", qualifier="live", output="{% $states.result %}")
    assert task.statements[0].resources == ("${F}:live",)
    assert task.output == "{% $states.result %}"


def test_a_queued_call_waits_for_no_answer() -> None:
    task = invoke("Act", function_arn="${F}", payload="{% $action %}", queued=True)
    assert task.arguments == {"FunctionName": "${F}", "Payload": "{% $action %}", "InvocationType": "Event"}
    assert task.output == {}
    check(Machine((task,), bindings={"F": "f"}), traced=False)


def test_a_function_known_only_at_run_time_is_refused() -> None:
    with pytest.raises(ValueError, match="name the function to be allowed to call it"):
        invoke("Plan", function_arn="{% $f %}")


def test_a_function_gets_the_token_that_ends_the_wait() -> None:
    task = invoke_for_token("Ask", function_arn="${F}", payload={"step": "ask"}, timeout_seconds=60)
    assert task.resource == "arn:${Partition}:states:::lambda:invoke.waitForTaskToken"
    assert task.arguments == {
        "FunctionName": "${F}",
        "Payload": {"step": "ask", "token": "{% $states.context.Task.Token %}"},
    }
    assert task.statements[0].actions == ("lambda:InvokeFunction",)
    check(Machine((task,), bindings={"F": "f"}), traced=False)


def test_what_would_wait_for_ever_or_hide_the_token_is_refused() -> None:
    with pytest.raises(ValueError, match="timeout_seconds=None of the task 'Ask' waits for ever"):
        invoke_for_token("Ask", function_arn="${F}", payload={})
    with pytest.raises(ValueError, match="holds 'token', where the token goes"):
        invoke_for_token("Ask", function_arn="${F}", payload={"token": 1}, timeout_seconds=60)
    with pytest.raises(ValueError, match="name the function to be allowed to call it"):
        invoke_for_token("Ask", function_arn="{% $f %}", payload={}, timeout_seconds=60)
