"""CreateModel, DescribeModel, ListModels, DeleteModel."""

import contextlib
import copy
import http
import tarfile
from typing import Any

from botocore.exceptions import ClientError

from mdlc_local import clients, clock
from mdlc_local.errors import invalid
from mdlc_local.sagemaker import execution_roles, listing, records, storage
from mdlc_local.sagemaker.containers import built_in
from mdlc_local.sagemaker.containers.images import Images, foreign_model
from mdlc_local.sagemaker.faults import already_exists, could_not_find
from mdlc_local.sagemaker.job import SESSION
from mdlc_local.sagemaker.records import MODEL, MODEL_PACKAGE, Record
from mdlc_local.scopes import Scope


def create(request: dict[str, Any], scope: Scope, images: Images) -> dict[str, Any]:
    """CreateModel.

    Raises:
        ApiError: ValidationException when the model exists, when its containers are incomplete, or
            when this machine has no runtime for one of their images.
    """
    arn = records.arn(MODEL, request["ModelName"], scope)
    if records.find(MODEL, request["ModelName"], scope) is not None:
        raise already_exists("model", arn)
    if ("PrimaryContainer" in request) == ("Containers" in request):
        raise invalid("You must provide either PrimaryContainer or Containers in the request, and not both")
    if "ExecutionRoleArn" not in request:
        raise invalid("ExecutionRoleArn must be provided")
    containers = [request["PrimaryContainer"]] if "PrimaryContainer" in request else request["Containers"]
    _check_together(request, containers)
    for container in containers:
        _check_container(container, scope, images)
        execution_roles.check_role(request["ExecutionRoleArn"], scope, _source(scope))
        _check_data(container, request["ExecutionRoleArn"], scope)
        _check_trained_here(container, request["ExecutionRoleArn"], scope, images)
    record: Record = {
        **copy.deepcopy(request),
        "ModelArn": arn,
        "CreationTime": clock.now(),
        "EnableNetworkIsolation": request.get("EnableNetworkIsolation", False),
    }
    with records.lock:
        if records.table(MODEL, scope).setdefault(request["ModelName"].lower(), record) is not record:
            raise already_exists("model", arn)
    return {"ModelArn": arn}


def _check_together(request: dict[str, Any], containers: list[dict[str, Any]]) -> None:
    """Check the requirements on all containers of a pipeline together."""
    if request.get("InferenceExecutionConfig", {}).get("Mode", "Serial") != "Serial":
        raise invalid(
            "InferenceExecutionConfig.Mode 'Direct' is not run locally: the embedded AWS runs containers in "
            "series, so use Serial"
        )
    named = [container["ContainerHostname"] for container in containers if "ContainerHostname" in container]
    if len(containers) > 1 and named and (len(named), len(set(named))) != (len(containers),) * 2:
        raise invalid(
            "Give every container of an inference pipeline a ContainerHostname of its own, or give none one"
        )


def _check_container(container: dict[str, Any], scope: Scope, images: Images) -> None:
    if "ModelPackageName" in container:
        package = records.find(MODEL_PACKAGE, container["ModelPackageName"], scope)
        if package is None:
            raise could_not_find("model package", container["ModelPackageName"])
        if package.get("ModelApprovalStatus") == "Rejected":
            raise invalid(
                f"Cannot create a model from model package {package['ModelPackageArn']}: it is Rejected"
            )
        container = package.get("InferenceSpecification", {}).get("Containers", [{}])[0]
    if container.get("Mode", "SingleModel") != "SingleModel":
        raise invalid("Mode 'MultiModel' is not run locally: give each model a container of its own")
    if "Image" not in container:
        raise invalid("A container definition needs either Image or ModelPackageName")
    try:
        images.able_to(container["Image"], "serve")
    except ValueError as error:
        raise invalid(str(error)) from error


def _check_data(container: dict[str, Any], role_arn: str, scope: Scope) -> None:
    """Check that the model's archive exists, with the model's role, as SageMaker does."""
    url = container.get("ModelDataUrl")
    if url is None:
        return
    bucket, key = storage.parse(url)
    s3 = clients.client("s3", role_arn=role_arn, region=scope.region, session=SESSION)
    try:
        s3.head_object(Bucket=bucket, Key=key)
    except ClientError as error:
        if error.response["ResponseMetadata"]["HTTPStatusCode"] == http.HTTPStatus.NOT_FOUND:
            raise invalid(f"Could not find model data at {url}.") from error
        raise invalid(
            f'Could not access model data at {url}. Please ensure that the role "{role_arn}" exists and that '
            'its trust relationship policy allows the action "sts:AssumeRole" for the service principal '
            f'"{execution_roles.PRINCIPAL}". Also ensure that the role has "s3:GetObject" permissions and '
            f"that the object is located in {scope.region}."
        ) from error


def _check_trained_here(container: dict[str, Any], role_arn: str, scope: Scope, images: Images) -> None:
    """On an image that serves the models of stand-ins, check that the archive is one of theirs."""
    image, url = container.get("Image"), container.get("ModelDataUrl")
    if image is None:
        return
    stand_ins = images.find(image).of_model
    if not stand_ins:
        return
    names: set[str] = set()
    if url is not None:
        bucket, key = storage.parse(url)
        s3 = clients.client("s3", role_arn=role_arn, region=scope.region, session=SESSION)
        body = s3.get_object(Bucket=bucket, Key=key)["Body"]
        with contextlib.suppress(tarfile.TarError), tarfile.open(fileobj=body, mode="r|gz") as archive:
            names = set(archive.getnames())
    if not names & {built_in.model_file(name) for name in stand_ins}:
        raise invalid(foreign_model(image))


def _source(scope: Scope) -> str:
    # For models and endpoints, SageMaker sends an ARN with a literal asterisk instead of the name:
    # https://docs.aws.amazon.com/sagemaker/latest/dg/security-confused-deputy-prevention.html
    return f"arn:aws:sagemaker:{scope.region}:{scope.account}:*"


def existing(name: str, scope: Scope) -> Record:
    """The record of the model with that name.

    Raises:
        ApiError: ValidationException when there is none.
    """
    record = records.find(MODEL, name, scope)
    if record is None:
        raise could_not_find("model", records.arn(MODEL, name, scope))
    return record


def describe(request: dict[str, Any], scope: Scope) -> dict[str, Any]:
    """DescribeModel."""
    return existing(request["ModelName"], scope)


def list_models(request: dict[str, Any], scope: Scope) -> dict[str, Any]:
    """ListModels."""
    with records.lock:
        summaries, token = listing.page(request, MODEL, list(records.table(MODEL, scope).values()))
    return {"Models": summaries, "NextToken": token}


def delete(request: dict[str, Any], scope: Scope) -> dict[str, Any]:
    """DeleteModel."""
    existing(request["ModelName"], scope)
    with records.lock:
        records.table(MODEL, scope).pop(request["ModelName"].lower(), None)
    return {}
