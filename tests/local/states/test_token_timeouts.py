"""A task that waits for a token waits as much shorter as other waits do."""

import json
import time
import uuid
from collections.abc import Callable

from tests.local.conftest import Clients
from tests.local.embedded import Role


def test_a_token_that_never_comes_back_times_out_in_scaled_time(
    client: Clients, make_role: Callable[..., Role]
) -> None:
    queue = client("sqs").create_queue(QueueName=f"tokens-{uuid.uuid4().hex[:8]}")["QueueUrl"]
    role = make_role({"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": "*"})
    definition = {
        "StartAt": "Ask",
        "States": {
            "Ask": {
                "Type": "Task",
                "Resource": "arn:aws:states:::sqs:sendMessage.waitForTaskToken",
                "Parameters": {"QueueUrl": queue, "MessageBody.$": "$$.Task.Token"},
                "TimeoutSeconds": 20,
                "End": True,
            }
        },
    }
    machines = client("stepfunctions")
    machine = machines.create_state_machine(
        name=f"tokens-{uuid.uuid4().hex[:8]}", definition=json.dumps(definition), roleArn=role.arn
    )
    started = time.monotonic()
    execution = machines.start_execution(stateMachineArn=machine["stateMachineArn"])["executionArn"]
    while (ended := machines.describe_execution(executionArn=execution))["status"] == "RUNNING":
        time.sleep(0.05)
    # Twenty seconds, ten times as fast.
    assert 1.5 < time.monotonic() - started < 15
    assert (ended["status"], ended["error"]) == ("FAILED", "States.Timeout")
