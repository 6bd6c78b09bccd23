import json
from collections.abc import Callable

import pytest

from tests.local.conftest import Clients
from tests.local.embedded import Role


@pytest.mark.parametrize("name", ["States.TaskFailed", "Custom.Name"])
def test_a_fail_state_passes_on_the_error_it_was_given(
    client: Clients, make_role: Callable[..., Role], name: str
) -> None:
    states = client("stepfunctions")
    definition = {
        "QueryLanguage": "JSONata",
        "StartAt": "F",
        "States": {"F": {"Type": "Fail", "Error": "{% $states.input.name %}", "Cause": "because"}},
    }
    machine = states.create_state_machine(
        name=f"fail-{name.replace('.', '-')}",
        definition=json.dumps(definition),
        roleArn=make_role().arn,
    )["stateMachineArn"]
    execution = states.start_execution(stateMachineArn=machine, input=json.dumps({"name": name}))
    while (found := states.describe_execution(executionArn=execution["executionArn"]))["status"] == "RUNNING":
        pass
    assert (found["status"], found["error"], found["cause"]) == ("FAILED", name, "because")
