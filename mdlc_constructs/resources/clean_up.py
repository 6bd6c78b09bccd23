"""What the clean-up of a deleted stack may do: end what the model's executions made, and nothing else."""

from mdlc_constructs.asl.statements import Statement
from mdlc_constructs.tasks.autoscaling import DIMENSION, NAMESPACE

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


def _in_arn(name: str) -> str:
    """Names of endpoints are in lower case in ARNs; a placeholder's own name is not."""
    return name if "${" in name else name.lower()


def ending_endpoints(model: str, *names: str) -> tuple[Statement, ...]:
    """End these endpoints and their scaling, and delete the model's endpoint configurations.

    Args:
        model: the model, whose name begins those of its configurations.
        names: the endpoints' names, or placeholders of them.
    """
    scaling = {
        "StringEquals": {
            "application-autoscaling:service-namespace": NAMESPACE,
            "application-autoscaling:scalable-dimension": DIMENSION,
        }
    }
    alarms = "arn:${Partition}:cloudwatch:${Region}:${Account}:alarm:TargetTracking-endpoint/"
    return (
        # Listing and describing targets know no resource-level permission.
        Statement(actions=("sagemaker:ListEndpointConfigs",), resources=("*",)),
        Statement(actions=("application-autoscaling:DescribeScalableTargets",), resources=("*",)),
        Statement(
            actions=("sagemaker:DeleteEndpointConfig",), resources=(f"{_HERE}endpoint-config/{model}-*",)
        ),
        Statement(
            actions=("sagemaker:DeleteEndpoint", "sagemaker:DescribeEndpoint"),
            resources=tuple(f"{_HERE}endpoint/{_in_arn(name)}" for name in names),
        ),
        Statement(
            actions=("application-autoscaling:DeregisterScalableTarget",),
            # A target's ARN holds an id that AWS draws; conditions say which target it is.
            resources=("arn:${Partition}:application-autoscaling:${Region}:${Account}:scalable-target/*",),
            conditions=scaling,
        ),
        # Target tracking's own alarms go in the name of who deregisters the target.
        Statement(
            actions=("cloudwatch:DeleteAlarms",), resources=tuple(f"{alarms}{name}/*" for name in names)
        ),
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
