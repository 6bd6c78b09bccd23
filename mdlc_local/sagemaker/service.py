"""SageMaker's HTTP API: finds the operation, validates and authorizes the request, and answers."""

import functools
import importlib
import json
from collections.abc import Callable
from typing import Any

from mdlc_local import options
from mdlc_local.sagemaker import authorization, host, model, records, tags, validation
from mdlc_local.sagemaker.containers import repository_images
from mdlc_local.sagemaker.containers.images import Images
from mdlc_local.sagemaker.endpoints import endpoint_configs, endpoints, hosting, invocations
from mdlc_local.sagemaker.faults import SageMakerApiError
from mdlc_local.sagemaker.jobs import job_requests, processing_jobs, running, training_jobs, transform_jobs
from mdlc_local.sagemaker.records import PROCESSING_JOB, TRAINING_JOB, TRANSFORM_JOB, TUNING_JOB, Scope
from mdlc_local.sagemaker.registry import group_policies, model_package_groups, model_packages, models
from mdlc_local.sagemaker.tuning import tuning_jobs

Operation = Callable[[dict[str, Any], Scope], dict[str, Any]]
Answer = tuple[int, dict[str, str], bytes]

_JSON = {"Content-Type": "application/x-amz-json-1.1"}


@functools.cache
def images() -> Images:
    """The images of this server, read once."""
    return Images.read(options.current().images, repository_images.local_entry)


@functools.cache
def operations() -> dict[str, Operation]:
    """The implemented operations by name."""
    table: dict[str, Operation] = {
        "CreateTrainingJob": lambda request, scope: training_jobs.create(request, scope, images()),
        "CreateProcessingJob": lambda request, scope: processing_jobs.create(request, scope, images()),
        "CreateTransformJob": lambda request, scope: transform_jobs.create(request, scope, images()),
        "CreateHyperParameterTuningJob": lambda request, scope: tuning_jobs.create(request, scope, images()),
        "ListTrainingJobsForHyperParameterTuningJob": tuning_jobs.list_training_jobs,
        "CreateModel": lambda request, scope: models.create(request, scope, images()),
        "DescribeModel": models.describe,
        "ListModels": models.list_models,
        "DeleteModel": models.delete,
        "CreateEndpointConfig": endpoint_configs.create,
        "DescribeEndpointConfig": endpoint_configs.describe,
        "ListEndpointConfigs": endpoint_configs.list_configs,
        "DeleteEndpointConfig": endpoint_configs.delete,
        "CreateEndpoint": lambda request, scope: endpoints.create(request, scope, images()),
        "UpdateEndpoint": lambda request, scope: endpoints.update(request, scope, images()),
        "UpdateEndpointWeightsAndCapacities": endpoints.update_weights_and_capacities,
        "DescribeEndpoint": endpoints.describe,
        "ListEndpoints": endpoints.list_endpoints,
        "DeleteEndpoint": endpoints.delete,
        "CreateModelPackageGroup": model_package_groups.create,
        "DescribeModelPackageGroup": model_package_groups.describe,
        "ListModelPackageGroups": model_package_groups.list_groups,
        "DeleteModelPackageGroup": model_package_groups.delete,
        "PutModelPackageGroupPolicy": group_policies.put,
        "GetModelPackageGroupPolicy": group_policies.get,
        "DeleteModelPackageGroupPolicy": group_policies.delete,
        "CreateModelPackage": model_packages.create,
        "UpdateModelPackage": model_packages.update,
        "DescribeModelPackage": model_packages.describe,
        "ListModelPackages": model_packages.list_packages,
        "DeleteModelPackage": model_packages.delete,
        "AddTags": tags.add,
        "ListTags": tags.list_tags,
        "DeleteTags": tags.delete,
    }
    for kind in (TRAINING_JOB, PROCESSING_JOB, TRANSFORM_JOB, TUNING_JOB):
        table[f"Describe{kind.name}"] = functools.partial(job_requests.describe, kind)
        table[f"List{kind.name}s"] = functools.partial(job_requests.list_jobs, kind)
        table[f"Stop{kind.name}"] = functools.partial(job_requests.stop, kind)
    return table


def call(name: str, request: dict[str, Any], scope: Scope, key: str | None) -> dict[str, Any]:
    """Run one operation.

    Args:
        name: the operation, for example ``CreateModel``.
        request: its input.
        scope: account and region.
        key: the caller's access key, whose permissions are checked; None for calls by the server itself.

    Returns:
        The output, as JSON values.

    Raises:
        SageMakerApiError: any error of the operation.
    """
    shapes = model.operation(name)
    if shapes is None:
        raise SageMakerApiError("UnknownOperationException", f"SageMaker has no operation {name}")
    run = operations().get(name)
    if run is None:
        raise SageMakerApiError(
            "InvalidAction",
            f"{name} does not exist in the embedded AWS, which has jobs, models and endpoints",
        )
    if shapes.input_shape is not None:
        request = {field: value for field, value in request.items() if value is not None}
        validation.check(shapes.input_shape, request)
    if key is not None:
        authorization.check_dependent(name, request, scope, key)
    output = run(request, group_policies.owner(name, request, scope))
    if shapes.output_shape is None:
        return {}
    with records.lock:
        shown: dict[str, Any] = model.outward(shapes.output_shape, output)
    return shown


async def handle_request(
    method: str, path: str, headers: dict[str, str], body: bytes, query: dict[str, Any]
) -> Answer:
    """The answer to one HTTP request, with the parameters of ministack's handlers."""
    concurrency = importlib.import_module("ministack.core.concurrency")
    answer: Answer
    endpoint = invocations.endpoint_of(path)
    if endpoint is not None:
        answer = await concurrency.run_reentrant(
            invocations.invoke, endpoint, headers, body, host.scope(), thread_name="invocation"
        )
        return answer
    answer = await concurrency.run_reentrant(_answer, headers, body, query, thread_name="sagemaker")
    return answer


def _answer(headers: dict[str, str], body: bytes, query: dict[str, Any]) -> Answer:
    try:
        try:
            request = json.loads(body or b"{}")
        except ValueError as error:
            raise SageMakerApiError("SerializationException", "the request is no JSON") from error
        name = headers.get("x-amz-target", "").rpartition(".")[2]
        output = call(name, request, host.scope(), host.access_key(headers, query))
        return 200, dict(_JSON), json.dumps(output).encode()
    except SageMakerApiError as fault:
        return 400, dict(_JSON), json.dumps({"__type": fault.code, "message": fault.message}).encode()


def get_state() -> None:
    """The state to persist between server processes, which ministack asks for: none."""


def load_persisted_state(_: Any) -> None:
    """Does nothing, because no state is persisted."""


def reset() -> None:
    """Stop all jobs and endpoints and remove all records (ministack's reset)."""
    running.stop_all()
    hosting.end_all()
    records.clear()
