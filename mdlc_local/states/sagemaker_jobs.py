"""The optimized SageMaker integration of Step Functions (``arn:aws:states:::sagemaker:create...[.sync]``).

Source: "Create and manage Amazon SageMaker AI jobs with Step Functions" in the AWS documentation.
"""

import datetime
import functools
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError
from moto.stepfunctions.parser.asl.component.common.error_name.failure_event import FailureEventException
from moto.stepfunctions.parser.asl.component.common.error_name.states_error_name_type import (
    StatesErrorNameType,
)
from moto.stepfunctions.parser.asl.component.state.exec.state_task.service import state_task_service_callback
from moto.stepfunctions.parser.asl.component.state.exec.state_task.service.resource import ResourceCondition

from mdlc_local.states import casing, failures
from mdlc_local.states.acting import client_for

if TYPE_CHECKING:

    class TaskState:
        """The members of moto's class that are used here, for the type checker."""

        resource: Any

        def __init__(self, supported_integration_patterns: set[Any]) -> None: ...
        def _get_boto_service_action(self) -> str: ...
        def _from_error(self, env: Any, ex: Exception) -> Any: ...
        def _eval_sync(self, env: Any, **keywords: Any) -> Any: ...

else:
    TaskState = state_task_service_callback.StateTaskServiceCallback


@dataclass(frozen=True)
class _Job:
    """For one type of job: boto3's operations, and the members with its name and status."""

    describe: str
    stop: str
    name: str
    status: str


def _job(kind: str, snake: str) -> _Job:
    return _Job(f"describe_{snake}", f"stop_{snake}", f"{kind}Name", f"{kind}Status")


JOBS = {
    "create_training_job": _job("TrainingJob", "training_job"),
    "create_processing_job": _job("ProcessingJob", "processing_job"),
    "create_transform_job": _job("TransformJob", "transform_job"),
    "create_hyper_parameter_tuning_job": _job("HyperParameterTuningJob", "hyper_parameter_tuning_job"),
}
"""The actions with a ``.sync`` pattern."""

REQUEST_RESPONSE = {
    "create_model",
    "create_endpoint_config",
    "create_endpoint",
    "update_endpoint",
    "add_tags",
}
"""The actions without a ``.sync`` pattern."""

MARK = {"Key": "MANAGED_BY_AWS", "Value": "STARTED_BY_STEP_FUNCTIONS"}
"""The tag that Step Functions adds to every job it waits for, so the role needs `sagemaker:AddTags`.

Source: https://github.com/aws/aws-cdk/pull/27264
"""


class SageMakerTask(TaskState):
    """A Task state of the optimized SageMaker integration."""

    def __init__(self) -> None:
        super().__init__(
            supported_integration_patterns={ResourceCondition.Sync, ResourceCondition.WaitForTaskToken}
        )

    def _get_supported_parameters(self) -> set[str] | None:
        action = self._get_boto_service_action()
        if action not in JOBS and action not in REQUEST_RESPONSE:
            return None
        model = casing.operation("sagemaker", action)
        return set(model.input_shape.members) if model is not None else None

    def _from_error(self, env: Any, ex: Exception) -> Any:
        if isinstance(ex, ClientError):
            return failures.task_failed(self, env, *failures.describe(failures.SAGEMAKER, ex))
        return super()._from_error(env=env, ex=ex)

    def _eval_service_task(
        self, env: Any, resource_runtime_part: Any, normalised_parameters: Any, state_credentials: Any
    ) -> None:
        client = client_for(resource_runtime_part.region, "sagemaker", state_credentials)
        request = dict(normalised_parameters)
        if self.resource.condition is ResourceCondition.Sync:
            request["Tags"] = [*request.get("Tags", ()), MARK]
        answer = getattr(client, self._get_boto_service_action())(**request)
        answer.pop("ResponseMetadata", None)
        env.stack.append(answer)

    def _build_sync_resolver(
        self, env: Any, resource_runtime_part: Any, normalised_parameters: Any, state_credentials: Any
    ) -> Callable[[], Any]:
        env.stack.pop()
        client = client_for(resource_runtime_part.region, "sagemaker", state_credentials)
        job = JOBS[self._get_boto_service_action()]
        name = normalised_parameters[job.name]

        def follow() -> Any | None:
            described = getattr(client, job.describe)(**{job.name: name})
            described.pop("ResponseMetadata", None)
            status = described[job.status]
            if status in ("Completed", "Failed", "Stopped"):
                plain = json.loads(json.dumps(described, default=_milliseconds))
                if status == "Completed":
                    return plain
                error = StatesErrorNameType.StatesTaskFailed.to_name()
                raise FailureEventException(failures.task_failed(self, env, error, json.dumps(plain)))
            return None

        self._stop: Callable[[], Any] = functools.partial(getattr(client, job.stop), **{job.name: name})
        return follow

    def _eval_sync(self, env: Any, **keywords: Any) -> Any:
        """Wait for the job; stop it when the execution ends or the state times out first."""
        outcome = super()._eval_sync(env=env, **keywords)
        if not isinstance(outcome, dict):  # a completed job's outcome is its description
            self._stop()
        return outcome


def _milliseconds(value: Any) -> int:
    if isinstance(value, datetime.datetime):
        return int(value.timestamp() * 1000)
    raise TypeError(f"{type(value).__name__} in a job's description is no JSON")
