"""CreateTrainingJob and its checks."""

from typing import Any

from mdlc_local import clients
from mdlc_local.errors import invalid
from mdlc_local.sagemaker import execution_roles, records
from mdlc_local.sagemaker.containers import built_in, opt_ml
from mdlc_local.sagemaker.containers.images import Images, Runtime
from mdlc_local.sagemaker.faults import JobFailedError
from mdlc_local.sagemaker.job import SESSION
from mdlc_local.sagemaker.jobs import job_requests, training
from mdlc_local.sagemaker.jobs.instance_storage import refuse_volume_key
from mdlc_local.sagemaker.jobs.training_hosts import input_mode
from mdlc_local.sagemaker.jobs.training_metrics import Observer
from mdlc_local.sagemaker.records import TRAINING_JOB
from mdlc_local.sagemaker.storage import Storage
from mdlc_local.scopes import Scope


def create(
    request: dict[str, Any],
    scope: Scope,
    images: Images,
    observe: Observer | None = None,
    **fields: Any,
) -> dict[str, Any]:
    """CreateTrainingJob.

    Args:
        request: its input.
        scope: account and region.
        images: of this server.
        observe: is called with each value of a metric in the log.
        fields: further fields of the record.

    Raises:
        ApiError: ResourceInUse when the name is in use, or ValidationException for a request that
            SageMaker rejects or that cannot run on this machine.
    """
    job_requests.refuse_taken(TRAINING_JOB, request["TrainingJobName"], scope)
    check(request, scope, images)
    return job_requests.create(
        TRAINING_JOB,
        request,
        scope,
        request["RoleArn"],
        lambda job: training.run(job, images, observe),
        SecondaryStatus="Starting",
        SecondaryStatusTransitions=[],
        ModelArtifacts={"S3ModelArtifacts": ""},
        EnableNetworkIsolation=request.get("EnableNetworkIsolation", False),
        EnableManagedSpotTraining=request.get("EnableManagedSpotTraining", False),
        EnableInterContainerTrafficEncryption=request.get("EnableInterContainerTrafficEncryption", False),
        **fields,
    )


def check(request: dict[str, Any], scope: Scope, images: Images) -> None:
    """Check a request.

    Raises:
        ApiError: ValidationException for one that SageMaker rejects or that cannot run here.
    """
    _check_required(request)
    if "MlflowConfig" in request:
        raise invalid(
            "MlflowConfig: MLflow is for AWS only, so leave mlflow= out of a training that runs here"
        )
    runtime = _check_image(request, images)
    _check_resources(request["ResourceConfig"], runtime)
    _check_stopping(request)
    source = records.arn(TRAINING_JOB, request["TrainingJobName"], scope)
    execution_roles.check_role(request["RoleArn"], scope, source)
    _check_checkpoints(request)
    _check_channels(request, scope)


def _check_required(request: dict[str, Any]) -> None:
    """Check members that are optional in the API's model only for other requests (serverless jobs)."""
    for field in ("AlgorithmSpecification", "ResourceConfig", "StoppingCondition"):
        if field not in request:
            place = field[0].lower() + field[1:]
            raise invalid(
                f"1 validation error detected: Value null at '{place}' failed to satisfy constraint: "
                "Member must not be null"
            )


def _check_image(request: dict[str, Any], images: Images) -> Runtime:
    specification = request["AlgorithmSpecification"]
    if ("TrainingImage" in specification) == ("AlgorithmName" in specification):
        raise invalid(
            "You must provide either AlgorithmName or TrainingImage in AlgorithmSpecification, and not both"
        )
    if "AlgorithmName" in specification:
        raise invalid(f"algorithm {specification['AlgorithmName']!r} cannot be run locally: only images can")
    try:
        runtime = images.of_training(specification["TrainingImage"], training.uris(request))
        if runtime.train or specification.get("ContainerEntrypoint"):
            return runtime
        return images.able_to(specification["TrainingImage"], "train")
    except ValueError as error:
        raise invalid(str(error)) from error


def _check_resources(resources: dict[str, Any], runtime: Runtime) -> None:
    refuse_volume_key(resources)
    if "InstanceGroups" in resources:
        raise invalid("InstanceGroups are not run locally: give InstanceType and InstanceCount")
    count = resources.get("InstanceCount", 1)
    if runtime.is_built_in and count > 1:
        raise invalid(
            f"InstanceCount {count} is not run locally: the stand-in of this built-in algorithm trains on "
            "one host, so use 1"
        )


def _check_stopping(request: dict[str, Any]) -> None:
    stopping = request["StoppingCondition"]
    longest, wait = stopping.get("MaxRuntimeInSeconds", 86400), stopping.get("MaxWaitTimeInSeconds")
    if request.get("EnableManagedSpotTraining"):
        if wait is None or wait < longest:
            raise invalid(
                "Invalid MaxWaitTimeInSeconds. It must be present and be greater than or equal to "
                "MaxRuntimeInSeconds"
            )
    elif wait is not None:
        raise invalid("MaxWaitTimeInSeconds is only allowed when EnableManagedSpotTraining is true")


def _check_checkpoints(request: dict[str, Any]) -> None:
    path = request.get("CheckpointConfig", {}).get("LocalPath")
    if path is not None and not path.startswith(f"{opt_ml.ROOT}/"):
        raise invalid(f"CheckpointConfig.LocalPath {path!r} must start with {opt_ml.ROOT}/")


def _check_channels(request: dict[str, Any], scope: Scope) -> None:
    """Check that the channels' inputs exist, with the job's role, as SageMaker does."""
    channels = request.get("InputDataConfig", [])
    names = [channel["ChannelName"] for channel in channels]
    if len(names) != len(set(names)):
        raise invalid(f"InputDataConfig has duplicate channel names: {', '.join(names)}")
    s3 = clients.client("s3", role_arn=request["RoleArn"], region=scope.region, session=SESSION)
    for channel in channels:
        _check_channel(channel, request)
        source = channel["DataSource"]["S3DataSource"]
        if built_in.is_of_jumpstart(source["S3Uri"]):
            continue
        try:
            Storage(s3, request["RoleArn"], scope.region).sources(source["S3Uri"], source["S3DataType"])
        except JobFailedError as failure:
            raise invalid(str(failure).removeprefix("ClientError: Data download failed:")) from failure


def _check_channel(channel: dict[str, Any], request: dict[str, Any]) -> None:
    """Check that a channel can be read on this machine: as files, which FastFile mode shows too."""
    name, source = channel["ChannelName"], channel["DataSource"].get("S3DataSource")
    mode = input_mode(channel, request)
    if mode not in ("File", "FastFile"):
        raise invalid(f"channel {name!r}: input mode {mode!r} is not run locally: use File or FastFile")
    if source is None or source["S3DataType"] not in ("S3Prefix", "ManifestFile"):
        raise invalid(
            f"channel {name!r}: only S3DataSource of type S3Prefix or ManifestFile is run locally (an "
            "augmented manifest needs input mode Pipe)"
        )
    if channel.get("CompressionType", "None") != "None":
        # https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_Channel.html
        raise invalid(
            f"channel {name!r}: CompressionType is used in Pipe mode only; leave it unset in {mode} mode"
        )
