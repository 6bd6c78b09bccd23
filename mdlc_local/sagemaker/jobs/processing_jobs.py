"""CreateProcessingJob and its checks."""

import copy
from typing import Any

from mdlc_local.errors import invalid
from mdlc_local.sagemaker import execution_roles, records
from mdlc_local.sagemaker.containers.images import Images
from mdlc_local.sagemaker.jobs import job_requests, processing
from mdlc_local.sagemaker.jobs.instance_storage import refuse_volume_key
from mdlc_local.sagemaker.records import PROCESSING_JOB
from mdlc_local.scopes import Scope

_ROOT = "/opt/ml/processing"


def create(request: dict[str, Any], scope: Scope, images: Images) -> dict[str, Any]:
    """CreateProcessingJob.

    Raises:
        ApiError: ResourceInUse when the name is in use, or ValidationException for a request that
            SageMaker rejects or that cannot run on this machine.
    """
    job_requests.refuse_taken(PROCESSING_JOB, request["ProcessingJobName"], scope)
    refuse_volume_key(request["ProcessingResources"]["ClusterConfig"])
    _check_image(request["AppSpecification"], images)
    request = _with_defaults(request)
    _check_inputs(request.get("ProcessingInputs", []))
    _check_outputs(request.get("ProcessingOutputConfig", {}).get("Outputs", []))
    source = records.arn(PROCESSING_JOB, request["ProcessingJobName"], scope)
    execution_roles.check_role(request["RoleArn"], scope, source)
    return job_requests.create(
        PROCESSING_JOB, request, scope, request["RoleArn"], lambda job: processing.run(job, images)
    )


def _check_image(application: dict[str, Any], images: Images) -> None:
    image = application["ImageUri"]
    try:
        runtime = images.find(image)
    except ValueError as error:
        raise invalid(str(error)) from error
    if not application.get("ContainerEntrypoint") and not runtime.process:
        raise invalid(
            f"image {image!r} has no entry point of its own for processing: name one in "
            "AppSpecification.ContainerEntrypoint"
        )


def _with_defaults(request: dict[str, Any]) -> dict[str, Any]:
    """A copy of the request with SageMaker's default values."""
    filled = copy.deepcopy(request)
    for entry in filled.get("ProcessingInputs", []):
        entry.setdefault("AppManaged", False)
        if "S3Input" in entry:
            entry["S3Input"].setdefault("S3DataDistributionType", "FullyReplicated")
            entry["S3Input"].setdefault("S3CompressionType", "None")
    for entry in filled.get("ProcessingOutputConfig", {}).get("Outputs", []):
        entry.setdefault("AppManaged", False)
    filled.setdefault("StoppingCondition", {"MaxRuntimeInSeconds": 86400})
    return filled


def _check_inputs(inputs: list[dict[str, Any]]) -> None:
    _check_unique([entry["InputName"] for entry in inputs], "InputName")
    for entry in inputs:
        name = entry["InputName"]
        if "S3Input" not in entry:
            raise invalid(f"processing input {name!r}: only S3Input is run locally")
        source = entry["S3Input"]
        if source.get("S3InputMode", "File") != "File" or source["S3CompressionType"] != "None":
            raise invalid(
                f"processing input {name!r}: only S3InputMode File without compression is run locally"
            )
        _check_path(name, source.get("LocalPath"))


def _check_outputs(outputs: list[dict[str, Any]]) -> None:
    _check_unique([entry["OutputName"] for entry in outputs], "OutputName")
    for entry in outputs:
        if "S3Output" not in entry:
            raise invalid(f"processing output {entry['OutputName']!r}: only S3Output is run locally")
        _check_path(entry["OutputName"], entry["S3Output"].get("LocalPath"))


def _check_unique(names: list[str], field: str) -> None:
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise invalid(f"{field} must be unique within a processing job; given twice: {', '.join(twice)}")


def _check_path(name: str, path: str | None) -> None:
    if path is not None and not (path == _ROOT or path.startswith(f"{_ROOT}/")):
        raise invalid(f"LocalPath {path!r} of {name!r} must be an absolute path that begins with {_ROOT}/")
