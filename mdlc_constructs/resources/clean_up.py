"""The permissions of the clean-up of a deleted stack: to remove what the model's executions created."""

from mdlc_constructs.asl.statements import Statement
from mdlc_constructs.settings.payloads.tuning import tuning_prefix
from mdlc_constructs.tasks.autoscaling import DIMENSION, NAMESPACE

_HERE = "arn:${Partition}:sagemaker:${Region}:${Account}:"
_ENDED = (
    ("training-job", "StopTrainingJob"),
    ("processing-job", "StopProcessingJob"),
    ("transform-job", "StopTransformJob"),
    ("model", "DeleteModel"),
)


def ending_jobs(model: str) -> tuple[Statement, ...]:
    """Permissions to list the model's jobs and SageMaker models, to stop the jobs and delete the models."""
    listing = Statement(
        # IAM has no resource-level permissions for listing.
        actions=(
            "sagemaker:ListHyperParameterTuningJobs",
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
    searches = Statement(
        actions=("sagemaker:StopHyperParameterTuningJob",),
        resources=(f"{_HERE}hyper-parameter-tuning-job/{tuning_prefix(model)}*",),
    )
    return (listing, *ending, searches)


def stopping_executions(machine_name: str) -> tuple[Statement, ...]:
    """Permissions to list and stop a machine's running executions: they block the machine's deletion."""
    states = "arn:${Partition}:states:${Region}:${Account}:"
    return (
        Statement(actions=("states:ListExecutions",), resources=(f"{states}stateMachine:{machine_name}",)),
        Statement(actions=("states:StopExecution",), resources=(f"{states}execution:{machine_name}:*",)),
    )


def _in_arn(name: str) -> str:
    """An endpoint's name as ARNs have it: in lower case, unless it is a placeholder."""
    return name if "${" in name else name.lower()


def ending_endpoints(model: str, *names: str) -> tuple[Statement, ...]:
    """Permissions to delete endpoints, their scaling, and the model's endpoint configurations.

    Args:
        model: the model's name, with which the names of its configurations begin.
        names: the endpoints' names, or placeholders for them.
    """
    scaling = {
        "StringEquals": {
            "application-autoscaling:service-namespace": NAMESPACE,
            "application-autoscaling:scalable-dimension": DIMENSION,
        }
    }
    alarms = "arn:${Partition}:cloudwatch:${Region}:${Account}:alarm:TargetTracking-endpoint/"
    return (
        # IAM has no resource-level permissions for listing and for describing targets.
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
            # A target's ARN holds an id that AWS generates; the conditions restrict which targets.
            resources=("arn:${Partition}:application-autoscaling:${Region}:${Account}:scalable-target/*",),
            conditions=scaling,
        ),
        # The caller that deregisters the target needs permission to delete target tracking's alarms.
        Statement(
            actions=("cloudwatch:DeleteAlarms",), resources=tuple(f"{alarms}{name}/*" for name in names)
        ),
    )


def deleting_packages(group: str) -> tuple[Statement, ...]:
    """Permissions to delete the versions of a package group: CloudFormation deletes only an empty group."""
    return (
        Statement(actions=("sagemaker:ListModelPackages",), resources=("*",)),
        Statement(actions=("sagemaker:DeleteModelPackage",), resources=(f"{_HERE}model-package/{group}/*",)),
    )


def emptying_bucket() -> tuple[Statement, ...]:
    """Permissions to delete every version of every object in the model's bucket."""
    bucket = "arn:${Partition}:s3:::${Bucket}"
    return (
        Statement(actions=("s3:ListBucketVersions",), resources=(bucket,)),
        Statement(actions=("s3:DeleteObject", "s3:DeleteObjectVersion"), resources=(f"{bucket}/*",)),
    )
