"""Manual approvals: they wait for PutApprovalResult with their token."""

import json
import time
import uuid

from botocore.exceptions import BotoCoreError, ClientError

from mdlc_local import options
from mdlc_local.code_pipeline import records
from mdlc_local.code_pipeline.actions.action import Action, ActionFailed

APPROVAL_MINUTES = 7 * 24 * 60
"""Source: https://docs.aws.amazon.com/codepipeline/latest/userguide/limits.html"""


def run(action: Action) -> None:
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
