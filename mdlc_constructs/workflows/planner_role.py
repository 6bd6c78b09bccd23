"""IAM statements of planning functions: describe jobs by derived names, write `plan.json`. Pure data."""

from mdlc_constructs.asl.statements import Statement
from mdlc_constructs.resources.places import AUDIT_TABLE_ARN, KEY_ARN, object_arn
from mdlc_constructs.settings.payloads.tuning import tuning_prefix
from mdlc_constructs.tasks.permissions import arn
from mdlc_constructs.workflows import job_roles

_HERE = "arn:${Partition}:sagemaker:${Region}:${Account}:"
_LOOKED_AT = {
    "ProcessingJob": "processing-job/{model}-*",
    "TrainingJob": "training-job/{model}-*",
    "TransformJob": "transform-job/{model}-*",
    "Model": "model/{model}-*",
    "ModelPackage": "model-package/{model}/*",
    "EndpointConfig": "endpoint-config/*",
}


def planning(model: str, workflow: str, *kinds: str, dataset_key_arn: str | None) -> tuple[Statement, ...]:
    """Permission to list the dataset, besides those of `looking`.

    Args:
        model: name of the model's home, which begins every derived name and is the package group's.
        workflow: the suffix of the machine's name.
        kinds: the resource types to describe, in SageMaker's words: `TrainingJob`, `Model` ...
        dataset_key_arn: the dataset's own key, when it has one.
    """
    return (*job_roles.dataset(dataset_key_arn), *looking(model, workflow, *kinds))


def looking_at_tuning(model: str) -> tuple[Statement, ...]:
    """Permission to look up tuning jobs, and to read what is known of their trials."""
    return (
        Statement(
            actions=("sagemaker:DescribeHyperParameterTuningJob",),
            resources=(f"{_HERE}hyper-parameter-tuning-job/{tuning_prefix(model)}*",),
        ),
        Statement(actions=("s3:GetObject",), resources=object_arn("training")),
        # Who may not list a bucket is not told that an object is missing.
        Statement(
            actions=("s3:ListBucket",),
            resources=("arn:${Partition}:s3:::${Bucket}",),
            conditions={"StringLike": {"s3:prefix": "training/*"}},
        ),
    )


def looking(model: str, workflow: str, *kinds: str) -> tuple[Statement, ...]:
    """Permission to describe jobs and packages, read machine tags and the audit table, and write the plan."""
    looks = (
        Statement(
            actions=(f"sagemaker:Describe{kind}",), resources=(_HERE + _LOOKED_AT[kind].format(model=model),)
        )
        for kind in kinds
    )
    return (
        Statement(actions=("s3:PutObject",), resources=object_arn("runs")),
        Statement(actions=("kms:GenerateDataKey", "kms:Decrypt"), resources=(KEY_ARN,)),
        Statement(actions=("dynamodb:GetItem",), resources=(AUDIT_TABLE_ARN,)),
        Statement(
            actions=("states:ListTagsForResource",),
            resources=(arn("states", f"stateMachine:{model}-{workflow}"),),
        ),
        *looks,
    )
