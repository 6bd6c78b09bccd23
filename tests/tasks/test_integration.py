from typing import Any

import pytest

from mdlc_constructs.asl.failures import THROTTLING_RETRY, Catch
from mdlc_constructs.asl.statements import Statement
from mdlc_constructs.tasks.integration import integration

STOP = Statement(actions=("sagemaker:StopTrainingJob",), resources=("*",))


def stop(**options: Any) -> Any:
    arguments = {"TrainingJobName": "a"}
    defaults: dict[str, Any] = {
        "service": "aws-sdk:sagemaker",
        "action": "stopTrainingJob",
        "arguments": arguments,
        "statements": (STOP,),
    }
    return integration("Stop", **{**defaults, **options})


def test_any_call_is_a_task() -> None:
    task = stop()
    assert task.resource == "arn:${Partition}:states:::aws-sdk:sagemaker:stopTrainingJob"
    assert task.arguments == {"TrainingJobName": "a"}
    assert task.own_statements() == (STOP,)
    assert stop(pattern="waitForTaskToken").resource.endswith(":stopTrainingJob.waitForTaskToken")


def test_the_services_own_throttling_is_retried() -> None:
    assert all(error.startswith("SageMaker.") for error in stop().retry[0].errors)
    assert stop(retry=()).retry == ()
    assert (
        integration("X", service="sqs", action="sendMessage", arguments={}, statements=()).retry
        == THROTTLING_RETRY
    )


def test_options_of_a_state_are_passed_on() -> None:
    task = stop(catch=(Catch(next="F"),), next="N", comment="c", output="{% 1 %}", timeout_seconds=9)
    assert task.to_asl()["Next"] == "N"
    assert task.to_asl()["TimeoutSeconds"] == 9
    assert task.catchers()[0].next == "F"


def test_overrides_are_held_to_the_api() -> None:
    assert stop(overrides={"TrainingJobName": "b"}).arguments == {"TrainingJobName": "b"}
    with pytest.raises(
        ValueError, match=r"overrides of the task 'Stop': TrainingJobNam is no member of .*'TrainingJobName'"
    ):
        stop(overrides={"TrainingJobNam": "b"})


def test_a_misspelt_option_is_a_type_error() -> None:
    with pytest.raises(TypeError, match="timeout_second"):
        stop(timeout_second=9)
