from typing import Any

import pytest

from mdlc_constructs.asl.api_table import problems
from mdlc_constructs.asl.checks import check
from mdlc_constructs.asl.machine import Machine
from mdlc_constructs.tasks.runtime import invoke_endpoint


def test_an_endpoint_is_asked_by_name_and_nothing_else_is_allowed() -> None:
    task = invoke_endpoint(
        "Ask",
        endpoint_name="churn",
        body="{% $states.input.record %}",
        variant="main",
        inference_id="{% $id %}",
    )
    assert problems(task.resource, task.arguments) == ()
    check(Machine((task,)), traced=False)
    asked: Any = task.arguments
    assert asked["TargetVariant"] == "main"
    assert "Accept" not in asked
    (statement,) = task.statements
    assert statement.actions == ("sagemaker:InvokeEndpoint",)
    assert statement.resources == ("arn:${Partition}:sagemaker:${Region}:${Account}:endpoint/churn",)
    assert "SageMakerRuntime.ModelNotReadyException" in task.retry[0].errors


def test_a_name_known_later_needs_a_pattern() -> None:
    with pytest.raises(ValueError, match="pass name_pattern"):
        invoke_endpoint("Ask", endpoint_name="{% $name %}", body="1")
