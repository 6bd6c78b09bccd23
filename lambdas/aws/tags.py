"""The tags of what an execution makes: those of its state machine."""

from typing import Any

RESERVED = "aws:"
"""Tags that only AWS sets, such as CloudFormation's."""


def of_machine(stepfunctions: Any, execution_arn: str) -> list[dict[str, str]]:
    """The state machine's tags in SageMaker's shape.

    They are read when an execution is planned: whatever the app, the stack or the deployment tags the machine
    with reaches its jobs, models and endpoints, and changes none of their names.
    """
    machine_arn = execution_arn.replace(":execution:", ":stateMachine:").rsplit(":", 1)[0]
    found = stepfunctions.list_tags_for_resource(resourceArn=machine_arn)["tags"]
    return [
        {"Key": tag["key"], "Value": tag["value"]}
        for tag in sorted(found, key=lambda tag: str(tag["key"]))
        if not tag["key"].lower().startswith(RESERVED)
    ]
