import pytest

from mdlc_constructs.asl.machine import Machine
from mdlc_constructs.tasks.lambda_ import invoke


def test_a_function_answers_with_what_it_returned() -> None:
    task = invoke("Plan", function_arn="${PlanFunction}", payload={"input": "{% $states.input %}"})
    assert task.resource == "arn:${Partition}:states:::lambda:invoke"
    assert task.arguments == {"FunctionName": "${PlanFunction}", "Payload": {"input": "{% $states.input %}"}}
    assert task.output == "{% $states.result.Payload %}"
    assert task.statements[0].resources == ("${PlanFunction}",)
    Machine((task,), bindings={"PlanFunction": "f"}).check(traced=False)


def test_one_version_is_called_and_no_other() -> None:
    task = invoke("Plan", function_arn="${F}", qualifier="live", output="{% $states.result %}")
    assert task.statements[0].resources == ("${F}:live",)
    assert task.output == "{% $states.result %}"


def test_a_queued_call_waits_for_no_answer() -> None:
    task = invoke("Act", function_arn="${F}", payload="{% $action %}", queued=True)
    assert task.arguments == {"FunctionName": "${F}", "Payload": "{% $action %}", "InvocationType": "Event"}
    assert task.output == {}
    Machine((task,), bindings={"F": "f"}).check(traced=False)


def test_a_function_known_only_at_run_time_is_refused() -> None:
    with pytest.raises(ValueError, match="name the function to be allowed to call it"):
        invoke("Plan", function_arn="{% $f %}")
