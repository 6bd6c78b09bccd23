"""What the functions of a release may do: each the narrowest statements that run it. Pure data."""

from mdlc_constructs.asl.statements import Statement
from mdlc_constructs.resources.places import AUDIT_TABLE_ARN, KEY_ARN
from mdlc_constructs.tasks.permissions import endpoint_arn, use_key
from mdlc_constructs.workflows import job_roles
from mdlc_constructs.workflows.planner_role import looking
from mdlc_constructs.workflows.real_time_inference.settings import WORKFLOW


def planning(model: str, endpoint_name: str, *, golden: bool) -> tuple[Statement, ...]:
    """Look at the package, the endpoint, and what earlier executions made; list recorded rows."""
    # An endpoint may have a configuration that was made before this workflow was there.
    looks = ("ProcessingJob", "TransformJob", "Model", "ModelPackage", "EndpointConfig")
    return (
        *looking(model, WORKFLOW, *looks),
        *(job_roles.model_bucket(reads=("golden",)) if golden else ()),
        Statement(
            actions=("sagemaker:DescribeEndpoint",),
            resources=(endpoint_arn(endpoint_name),),
        ),
        # Neither listing versions nor describing scaling knows a resource-level permission.
        Statement(
            actions=("sagemaker:ListModelPackages", "application-autoscaling:DescribeScalableTargets"),
            resources=("*",),
        ),
    )


def resume_statements() -> tuple[Statement, ...]:
    """Take the tokens that executions left, and send them back."""
    return (
        Statement(actions=("dynamodb:Query", "dynamodb:DeleteItem"), resources=(AUDIT_TABLE_ARN,)),
        *use_key(KEY_ARN, "dynamodb"),
        # A token says by itself whose it is, and AWS's table of actions names no resource for sending it.
        Statement(actions=("states:SendTaskSuccess",), resources=("*",)),
    )
