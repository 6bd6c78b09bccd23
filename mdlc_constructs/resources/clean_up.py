"""What the clean-up of a deleted stack may do: end what the model's executions made, and nothing else."""

from mdlc_constructs.asl.statements import Statement

_HERE = "arn:${Partition}:sagemaker:${Region}:${Account}:"
_ENDED = (
    ("training-job", "StopTrainingJob"),
    ("processing-job", "StopProcessingJob"),
    ("transform-job", "StopTransformJob"),
    ("model", "DeleteModel"),
)


def ending_jobs(model: str) -> tuple[Statement, ...]:
    """Find the model's running jobs and its models, and end them."""
    listing = Statement(
        # Listing knows no resource-level permission.
        actions=(
            "sagemaker:ListModels",
            "sagemaker:ListProcessingJobs",
            "sagemaker:ListTrainingJobs",
            "sagemaker:ListTransformJobs",
        ),
        resources=("*",),
    )
    ending = (
        Statement(actions=(f"sagemaker:{action}",), resources=(f"{_HERE}{kind}/{model}-*",))
        for kind, action in _ENDED
    )
    return (listing, *ending)


def stopping_executions(machine_name: str) -> tuple[Statement, ...]:
    """Find a machine's running executions and stop them, without which the machine is not deleted."""
    states = "arn:${Partition}:states:${Region}:${Account}:"
    return (
        Statement(actions=("states:ListExecutions",), resources=(f"{states}stateMachine:{machine_name}",)),
        Statement(actions=("states:StopExecution",), resources=(f"{states}execution:{machine_name}:*",)),
    )


def deleting_packages(group: str) -> tuple[Statement, ...]:
    """Delete the versions of a package group, which CloudFormation deletes only when it is empty."""
    return (
        Statement(actions=("sagemaker:ListModelPackages",), resources=("*",)),
        Statement(actions=("sagemaker:DeleteModelPackage",), resources=(f"{_HERE}model-package/{group}/*",)),
    )


def emptying_bucket() -> tuple[Statement, ...]:
    """Delete every version of every object of the model's bucket."""
    bucket = "arn:${Partition}:s3:::${Bucket}"
    return (
        Statement(actions=("s3:ListBucketVersions",), resources=(bucket,)),
        Statement(actions=("s3:DeleteObject", "s3:DeleteObjectVersion"), resources=(f"{bucket}/*",)),
    )
