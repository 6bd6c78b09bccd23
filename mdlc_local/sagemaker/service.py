"""SageMaker's HTTP API: finds the operation, validates and authorizes the request, and answers."""

import functools
import importlib
from typing import Any

from mdlc_local import options, scopes
from mdlc_local.json_api.api import Answer, JsonApi, Operation
from mdlc_local.sagemaker import authorization, model, records, tags
from mdlc_local.sagemaker.containers import repository_images
from mdlc_local.sagemaker.containers.images import Images
from mdlc_local.sagemaker.endpoints import endpoint_configs, endpoints, hosting, invocations
from mdlc_local.sagemaker.jobs import job_requests, processing_jobs, running, training_jobs, transform_jobs
from mdlc_local.sagemaker.records import PROCESSING_JOB, TRAINING_JOB, TRANSFORM_JOB, TUNING_JOB
from mdlc_local.sagemaker.registry import group_policies, model_package_groups, model_packages, models
from mdlc_local.sagemaker.tuning import tuning_jobs
from mdlc_local.scopes import Scope


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


class SageMakerApi(JsonApi):
    """SageMaker's API, with the data plane of endpoints, which has no ``X-Amz-Target``."""

    @property
    def service_model(self) -> Any:
        """Botocore's model of SageMaker, which other modules read, too."""
        return model.service_model()

    def absence(self, name: str) -> str:
        """Why an operation of AWS's is refused."""
        return f"{name} does not exist in the embedded AWS, which has jobs, models and endpoints"

    def owner(self, name: str, request: dict[str, Any], scope: Scope) -> Scope:
        """The account that owns a package or a package group, which another may use by its ARN."""
        return group_policies.owner(name, request, scope)

    def shown(self, shape: Any, output: dict[str, Any]) -> dict[str, Any]:
        """An output as JSON values; it may be a record that a job still changes."""
        with records.lock:
            return super().shown(shape, output)

    async def handle_request(
        self, method: str, path: str, headers: dict[str, str], body: bytes, query: dict[str, Any]
    ) -> Answer:
        """The answer to one HTTP request, with the parameters of ministack's handlers."""
        endpoint = invocations.endpoint_of(path)
        if endpoint is None:
            return await super().handle_request(method, path, headers, body, query)
        concurrency = importlib.import_module("ministack.core.concurrency")
        answer: Answer = await concurrency.run_reentrant(
            invocations.invoke, endpoint, headers, body, scopes.current(), thread_name="invocation"
        )
        return answer


def _clear() -> None:
    """Stop all jobs and endpoints and remove all records (ministack's reset)."""
    running.stop_all()
    hosting.end_all()
    records.clear()


@functools.cache
def api() -> SageMakerApi:
    """The API, made once."""
    return SageMakerApi(
        service="sagemaker",
        title="SageMaker",
        target="SageMaker",
        operations=operations(),
        check=authorization.check_dependent,
        clear=_clear,
    )


def call(name: str, request: dict[str, Any], scope: Scope, key: str | None) -> dict[str, Any]:
    """Run one operation; see `JsonApi.call`.

    Raises:
        ApiError: any error of the operation.
    """
    return api().call(name, request, scope, key)
