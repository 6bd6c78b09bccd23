"""Adds to a plan the tags of its state machine, and how long to wait for another execution."""

from dataclasses import replace
from typing import TYPE_CHECKING, TypeVar

from lambdas.planning.execution_plan import utc_now, wait_seconds
from mdlc_constructs.settings.payloads.planning import ExecutionContext, ExecutionPlan, Tag

if TYPE_CHECKING:
    from mypy_boto3_stepfunctions import SFNClient

Plan = TypeVar("Plan", bound=ExecutionPlan)

RESERVED = "aws:"
"""Prefix of tags that only AWS can set, such as CloudFormation's."""


def tags_of_machine(stepfunctions: "SFNClient", execution_arn: str) -> tuple[Tag, ...]:
    """The state machine's tags in SageMaker's format.

    They are read when an execution is planned. So all tags that the app, the stack or the deployment adds to
    the machine are also set on its jobs, models and endpoints, without changing their names.
    """
    machine_arn = execution_arn.replace(":execution:", ":stateMachine:").rsplit(":", 1)[0]
    tags = stepfunctions.list_tags_for_resource(resourceArn=machine_arn)["tags"]
    return tuple(
        Tag(key=tag["key"], value=tag["value"])
        for tag in sorted(tags, key=lambda tag: str(tag["key"]))
        if not tag["key"].lower().startswith(RESERVED)
    )


def with_execution(plan: Plan, stepfunctions: "SFNClient", execution: ExecutionContext) -> Plan:
    """The plan with the state machine's tags, and with how long to wait for another execution."""
    return replace(
        plan,
        tags=tags_of_machine(stepfunctions, execution.id),
        wait_seconds=wait_seconds(execution.started_at, utc_now()),
    )
