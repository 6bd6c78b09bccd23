"""Completes moto's wait for a Glue job (`glue:startJobRun.sync`).

Source: "Start AWS Glue jobs with Step Functions" in the AWS documentation.
"""

from collections.abc import Callable
from typing import Any

from moto.stepfunctions.parser.asl.component.state.exec.state_task.service.resource import ResourceCondition

from mdlc_local import patches

SERVICE = "moto.stepfunctions.parser.asl.component.state.exec.state_task.service.state_task_service_glue"


def install() -> None:
    """Patch moto's wait, which fails without a task token and without the job's name in Glue's answer."""
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
        # Glue's answer has no job name; Step Functions adds the request's.
        env.stack[-1].setdefault("JobName", normalised_parameters["JobName"])
        return follow(self, env, resource_runtime_part, normalised_parameters, state_credentials)

    return named
