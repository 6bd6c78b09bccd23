"""The champion pointer: the package version whose answers are in use, set by a conditional write."""

from collections.abc import Mapping

from mdlc_constructs.asl.failures import Catch
from mdlc_constructs.asl.states import Task
from mdlc_constructs.resources.places import AUDIT_TABLE, AUDIT_TABLE_ARN, KEY_ARN
from mdlc_constructs.tasks import dynamodb
from mdlc_constructs.tasks.dynamodb import Item
from mdlc_constructs.workflows.ending import TO_FAILURE

REFUSED = ("DynamoDB.ConditionalCheckFailedException",)
"""The error when the condition of the pointer is not met."""


def point_champion(
    model: str, *, condition: str, refused: Catch, values: Mapping[str, Item] | None = None
) -> Task:
    """`PointChampion`: make the plan's package the champion.

    Args:
        model: the model's name.
        condition: a DynamoDB condition with `#version` (the champion's) and `:version` (the plan's).
        refused: the catcher for when the condition is not met.
        values: more values for the condition.
    """
    return dynamodb.update_item(
        "PointChampion",
        table_name=AUDIT_TABLE,
        table_arn=AUDIT_TABLE_ARN,
        kms_key_arn=KEY_ARN,
        key={"pk": {"S": f"MODEL#{model}"}, "sk": {"S": "CHAMPION"}},
        update=(
            "SET #version = :version, package_arn = :package_arn, #model = :model, program = :program, "
            "moved_at = :moved_at, moved_by = :moved_by"
        ),
        condition=condition,
        names={"#version": "version", "#model": "model"},
        values={
            ":version": {"N": "{% $string($plan.package.version) %}"},
            ":package_arn": {"S": "{% $plan.package.arn %}"},
            ":model": {"S": "{% $plan.package.model %}"},
            ":program": {"S": "{% $plan.package.program %}"},
            ":moved_at": {"S": "{% $now() %}"},
            ":moved_by": {"S": "{% $states.context.Execution.Id %}"},
            **(values or {}),
        },
        output={},
        catch=(refused, TO_FAILURE),
    )
