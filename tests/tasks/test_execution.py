import pytest

from mdlc_constructs.asl.checks import check
from mdlc_constructs.asl.machine import Machine
from mdlc_constructs.tasks.execution import MANAGED_RULE, run_execution, start_execution


def test_another_machine_is_started_under_a_name_and_followed() -> None:
    task = run_execution(
        "Train",
        machine="flights-training",
        execution_name="{% $name %}",
        input={"reason": "{% $reason %}"},
        kms_key_arn="${KeyArn}",
        timeout_seconds=60,
    )
    assert task.resource == "arn:${Partition}:states:::states:startExecution.sync:2"
    machine = "arn:${Partition}:states:${Region}:${Account}:stateMachine:flights-training"
    assert task.arguments == {
        "StateMachineArn": machine,
        "Name": "{% $name %}",
        "Input": {"reason": "{% $reason %}"},
    }
    granted = {(action, r) for one in task.statements for action in one.actions for r in one.resources}
    executions = machine.replace(":stateMachine:", ":execution:") + ":*"
    rule = f"arn:${{Partition}}:events:${{Region}}:${{Account}}:rule/{MANAGED_RULE}"
    assert granted == {
        ("states:StartExecution", machine),
        ("states:DescribeExecution", executions),
        ("states:StopExecution", executions),
        *((f"events:{action}", rule) for action in ("PutTargets", "PutRule", "DescribeRule")),
        ("kms:Decrypt", "${KeyArn}"),
    }
    key = task.statements[-1].conditions
    assert key == {"StringEquals": {"kms:EncryptionContext:aws:states:stateMachineArn": machine}}
    check(Machine((task,), bindings={"KeyArn": "k"}), traced=False)


def test_without_a_key_none_is_used_and_without_a_name_aws_gives_one() -> None:
    task = run_execution("Train", machine="flights-training", input="{% $given %}")
    assert "kms:Decrypt" not in {action for one in task.statements for action in one.actions}
    assert "Name" not in task.arguments
    check(Machine((task,)), traced=False)


def test_a_machine_known_only_at_run_time_is_refused() -> None:
    with pytest.raises(ValueError, match="name the machine to be allowed to start it"):
        run_execution("Train", machine="{% $machine %}", input={})


def test_another_machine_can_be_started_without_following_it() -> None:
    task = start_execution(
        "Start", machine="a-approval", input={"a": 1}, execution_name="n", kms_key_arn="${KeyArn}"
    )
    assert task.resource == "arn:${Partition}:states:::states:startExecution"
    machine = "arn:${Partition}:states:${Region}:${Account}:stateMachine:a-approval"
    assert task.arguments == {"StateMachineArn": machine, "Name": "n", "Input": {"a": 1}}
    actions = {action for one in task.statements for action in one.actions}
    assert actions == {"states:StartExecution", "kms:Decrypt"}
    check(Machine((task,), bindings={"KeyArn": "k"}), traced=False)
    with pytest.raises(ValueError, match="name the machine to be allowed to start it"):
        start_execution("Start", machine="{% $machine %}", input={})
