"""Manual approvals, and executions of state machines."""

import json
import time
import uuid
import zipfile

from botocore.exceptions import BotoCoreError, ClientError

from mdlc_local import options
from mdlc_local.code_pipeline import records
from mdlc_local.code_pipeline.actions.action import Action, ActionFailed

APPROVAL_MINUTES = 7 * 24 * 60
"""Source: https://docs.aws.amazon.com/codepipeline/latest/userguide/limits.html"""


def approve(action: Action) -> None:
    """Wait until somebody approves or rejects, or the time is up."""
    configuration, run = action.configuration, action.run
    with records.changed:
        run.token = str(uuid.uuid4())
        run.summary = configuration.get("CustomData", "")
        records.changed.notify_all()
    if configuration.get("NotificationArn"):
        try:
            action.client("sns").publish(
                TopicArn=configuration["NotificationArn"],
                Subject=f"APPROVAL NEEDED: AWS CodePipeline {action.execution.pipeline.name}"[:100],
                Message=json.dumps(
                    {
                        "approval": {
                            "pipelineName": action.execution.pipeline.name,
                            "stageName": run.stage,
                            "actionName": run.action["name"],
                            "token": run.token,
                            "customData": configuration.get("CustomData"),
                            "externalEntityLink": configuration.get("ExternalEntityLink"),
                        }
                    }
                ),
            )
        except (ClientError, BotoCoreError) as error:
            raise ActionFailed(
                f"The approval's notification could not be sent: {error}", "PermissionError"
            ) from error
    minutes = run.action.get("timeoutInMinutes", APPROVAL_MINUTES)
    deadline = time.monotonic() + 60 * minutes / options.current().time_scale
    while not run.verdict:
        if time.monotonic() > deadline:
            raise ActionFailed("Approval timed out", "ApprovalTimedOut")
        action.pause()
    if run.verdict == "Rejected":
        raise ActionFailed(run.summary or "Rejected", "ApprovalRejected")


def execute_machine(action: Action) -> None:
    """Start a state machine's execution and wait for its end."""
    configuration = action.configuration
    machines = action.client("stepfunctions")
    prefix = configuration.get("ExecutionNamePrefix")
    name = f"{prefix}-{action.run.id}" if prefix else action.run.id
    try:
        started = machines.start_execution(
            stateMachineArn=configuration["StateMachineArn"], name=name[:80], input=_input(action)
        )
        arn = action.run.external_id = started["executionArn"]
        described = machines.describe_execution(executionArn=arn)
        while described["status"] == "RUNNING":
            action.pause()
            described = machines.describe_execution(executionArn=arn)
    except (ClientError, BotoCoreError) as error:
        raise ActionFailed(f"Error starting {configuration['StateMachineArn']}: {error}") from error
    action.run.outputs.update(ExecutionArn=arn, StateMachineArn=configuration["StateMachineArn"])
    if described["status"] != "SUCCEEDED":
        why = ": ".join(filter(None, (described.get("error"), described.get("cause"))))
        raise ActionFailed(f"The execution {arn} ended as {described['status']}: {why[:1000]}")


def _input(action: Action) -> str:
    configuration = action.configuration
    text = configuration.get("Input")
    if configuration.get("InputType", "Literal") == "Literal":
        return text or "{}"
    archive = action.input_file(action.run.action["inputArtifacts"][0]["name"])
    try:
        with zipfile.ZipFile(archive) as zipped:
            return zipped.read(str(text)).decode()
    except KeyError as error:
        raise ActionFailed(f"The input artifact has no file {text}", "ConfigurationError") from error
    finally:
        archive.unlink(missing_ok=True)
