"""CreateTransformJob and its checks."""

from typing import Any

from mdlc_local.errors import invalid
from mdlc_local.sagemaker import records
from mdlc_local.sagemaker.containers.images import Images
from mdlc_local.sagemaker.faults import could_not_find
from mdlc_local.sagemaker.jobs import job_requests, transform
from mdlc_local.sagemaker.jobs.instance_storage import refuse_volume_key
from mdlc_local.sagemaker.records import MODEL, TRANSFORM_JOB
from mdlc_local.scopes import Scope

_RUN_LOCALLY = {
    "SplitType": ("None", "Line", "RecordIO"),
    "CompressionType": ("None",),
}


def create(request: dict[str, Any], scope: Scope, images: Images) -> dict[str, Any]:
    """CreateTransformJob; the job uses the model's execution role.

    Raises:
        ApiError: ResourceInUse when the name is in use, or ValidationException when the model does
            not exist or the job cannot run locally.
    """
    job_requests.refuse_taken(TRANSFORM_JOB, request["TransformJobName"], scope)
    model = records.find(MODEL, request["ModelName"], scope)
    if model is None:
        raise could_not_find("model", records.arn(MODEL, request["ModelName"], scope))
    refuse_volume_key(request["TransformResources"])
    _check_input(request["TransformInput"])
    if request.get("DataProcessing"):
        raise invalid(
            "DataProcessing (filters and joins) is not run locally: join on the record order instead"
        )
    return job_requests.create(
        TRANSFORM_JOB, request, scope, model["ExecutionRoleArn"], lambda job: transform.run(job, images)
    )


def _check_input(transform_input: dict[str, Any]) -> None:
    for field, values in _RUN_LOCALLY.items():
        if transform_input.get(field, "None") not in values:
            raise invalid(
                f"TransformInput.{field} {transform_input[field]!r} is not run locally: "
                f"use {' or '.join(values)}"
            )
