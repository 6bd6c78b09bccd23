"""The tags of what an execution makes: those of its state machine."""

from typing import TYPE_CHECKING

from mdlc_constructs.settings.payloads.planning import Tag

if TYPE_CHECKING:
    from mypy_boto3_stepfunctions import SFNClient

RESERVED = "aws:"
"""Tags that only AWS sets, such as CloudFormation's."""


def tags_of_machine(stepfunctions: "SFNClient", execution_arn: str) -> tuple[Tag, ...]:
    """The state machine's tags in SageMaker's shape.

    They are read when an execution is planned: whatever the app, the stack or the deployment tags the machine
    with reaches its jobs, models and endpoints, and changes none of their names.
    """
    machine_arn = execution_arn.replace(":execution:", ":stateMachine:").rsplit(":", 1)[0]
    tags = stepfunctions.list_tags_for_resource(resourceArn=machine_arn)["tags"]
    return tuple(
        Tag(key=tag["key"], value=tag["value"])
        for tag in sorted(tags, key=lambda tag: str(tag["key"]))
        if not tag["key"].lower().startswith(RESERVED)
    )
