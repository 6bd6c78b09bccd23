"""IAM statements of the functions of a release, with least privilege. Pure data."""

from mdlc_constructs.asl.statements import Statement
from mdlc_constructs.resources.places import AUDIT_TABLE_ARN, KEY_ARN
from mdlc_constructs.tasks.permissions import endpoint_arn, use_key
from mdlc_constructs.workflows import job_roles
from mdlc_constructs.workflows.planner_role import looking
from mdlc_constructs.workflows.real_time_inference.settings import WORKFLOW


def planning(model: str, endpoint_name: str, *, golden: bool) -> tuple[Statement, ...]:
    """Read the package, the endpoint and results of earlier executions, and to list golden rows."""
    # The endpoint's current configuration may be older than this workflow, with any name.
    looks = ("ProcessingJob", "TransformJob", "Model", "ModelPackage", "EndpointConfig")
    return (
        *looking(model, WORKFLOW, *looks),
        *(job_roles.model_bucket(reads=("golden",)) if golden else ()),
        Statement(
            actions=("sagemaker:DescribeEndpoint",),
            resources=(endpoint_arn(endpoint_name),),
        ),
        # Neither of these two actions has resource-level permissions.
        Statement(
            actions=("sagemaker:ListModelPackages", "application-autoscaling:DescribeScalableTargets"),
            resources=("*",),
        ),
    )


def resume_statements() -> tuple[Statement, ...]:
    """Permission to read and delete stored task tokens, and to send them back."""
    return (
        Statement(actions=("dynamodb:Query", "dynamodb:DeleteItem"), resources=(AUDIT_TABLE_ARN,)),
        *use_key(KEY_ARN, "dynamodb"),
        # A token identifies its execution, and the action has no resource-level permissions.
        Statement(actions=("states:SendTaskSuccess",), resources=("*",)),
    )
