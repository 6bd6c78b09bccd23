"""IAM statements of the functions of a retraining, with least privilege. Pure data."""

from mdlc_constructs.asl.statements import Statement
from mdlc_constructs.resources.places import (
    AUDIT_TABLE_ARN,
    DATASET_BUCKET,
    DATASET_PREFIX,
    KEY_ARN,
    PARTITION,
)
from mdlc_constructs.tasks.execution import machine_arn, use_machines_key
from mdlc_constructs.tasks.permissions import arn, use_key
from mdlc_constructs.workflows.retraining.settings import RELEASE, TRAINING, WORKFLOW, RetrainingSettings


def resuming(model: str) -> tuple[Statement, ...]:
    """Permission to read a model's triggers and to start the retraining for them."""
    return (
        Statement(actions=("dynamodb:Query",), resources=(AUDIT_TABLE_ARN,)),
        *use_key(KEY_ARN, "dynamodb"),
        *starting(model),
    )


def recording_triggers(settings: RetrainingSettings) -> tuple[Statement, ...]:
    """Permission to record triggers, besides those of `resuming`."""
    # To look up the champion's version.
    looked_up = ("dynamodb:GetItem",) if settings.watches else ()
    return (
        Statement(
            actions=(*looked_up, "dynamodb:PutItem"),
            resources=(AUDIT_TABLE_ARN,),
        ),
    )


def counting() -> tuple[Statement, ...]:
    """Permission to count the rows available for training and to read the previous count."""
    return (
        Statement(
            actions=("s3:ListBucket",),
            resources=(f"arn:{PARTITION}:s3:::{DATASET_BUCKET}",),
            conditions={"StringLike": {"s3:prefix": f"{DATASET_PREFIX}*"}},
        ),
        Statement(actions=("dynamodb:GetItem",), resources=(AUDIT_TABLE_ARN,)),
    )


def planning(settings: RetrainingSettings) -> tuple[Statement, ...]:
    """Permission to record requests, claim and conclude triggers, and read training and release results."""
    machines = [TRAINING, *((RELEASE,) if settings.releases else ())]
    return (
        Statement(
            actions=("dynamodb:DeleteItem", "dynamodb:PutItem", "dynamodb:Query", "dynamodb:UpdateItem"),
            resources=(AUDIT_TABLE_ARN,),
        ),
        *use_key(KEY_ARN, "dynamodb"),
        *counting(),
        *starting(settings.model),
        Statement(
            actions=("sagemaker:DescribeModelPackage",),
            resources=(arn("sagemaker", f"model-package/{settings.model}/*"),),
        ),
        Statement(
            actions=("states:DescribeExecution",),
            resources=tuple(arn("states", f"execution:{settings.model}-{machine}:*") for machine in machines),
        ),
        *(use_machines_key(KEY_ARN, machine_arn(f"{settings.model}-{machine}")) for machine in machines),
    )


def starting(model: str) -> tuple[Statement, ...]:
    """Permission to start retrainings of a model, and to see whether they run."""
    machine = machine_arn(f"{model}-{WORKFLOW}")
    return (
        Statement(actions=("states:StartExecution",), resources=(machine,)),
        Statement(
            actions=("states:DescribeExecution",),
            resources=(arn("states", f"execution:{model}-{WORKFLOW}:*"),),
        ),
        use_machines_key(KEY_ARN, machine),
    )
