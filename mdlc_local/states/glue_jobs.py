"""Waiting for a Glue job (`glue:startJobRun.sync`), where moto's interpreter stops half-way.

Source: "Start AWS Glue jobs with Step Functions" in the AWS documentation.
"""

from collections.abc import Callable
from typing import Any

from moto.stepfunctions.parser.asl.component.state.exec.state_task.service.resource import ResourceCondition

from mdlc_local import patches

SERVICE = "moto.stepfunctions.parser.asl.component.state.exec.state_task.service.state_task_service_glue"


def install() -> None:
    """Let moto wait for a job: for want of a task token it fails, and it looks for the job's name in vain."""
    patches.take(SERVICE, "_SUPPORTED_INTEGRATION_PATTERNS").add(ResourceCondition.WaitForTaskToken)
    owner = f"{SERVICE}:StateTaskServiceGlue"
    parameters = "self env resource_runtime_part normalised_parameters state_credentials"
    patches.wrap(owner, "_sync_to_start_job_run", parameters, _named)


def _named(follow: Callable[..., Any]) -> Callable[..., Any]:
    def named(
        self: Any,
        env: Any,
        resource_runtime_part: Any,
        normalised_parameters: dict[str, Any],
        state_credentials: Any,
    ) -> Any:
        # Glue's answer has no name of the job; Step Functions adds that of the request.
        env.stack[-1].setdefault("JobName", normalised_parameters["JobName"])
        return follow(self, env, resource_runtime_part, normalised_parameters, state_credentials)

    return named
