"""Pending approvals of pipelines."""

from __future__ import annotations

from botocore.exceptions import ClientError

from mdlc_cli.aws.target import Target
from mdlc_cli.errors import CommandError
from mdlc_cli.pipelines import executions
from mdlc_cli.pipelines.executions import ActionView

APPROVED, REJECTED = "Approved", "Rejected"


def pending(target: Target, pipeline: str, stage: str | None = None) -> ActionView:
    """The approval that waits, of a stage if one is named.

    Raises:
        CommandError: nothing waits, or several approvals do.
    """
    waiting = [view for view in executions.actions(target, pipeline) if view.token]
    chosen = [view for view in waiting if stage in (None, view.stage)]
    if not chosen:
        others = f", but {', '.join(view.stage for view in waiting)} does" if waiting else ""
        where = f"the stage {stage} of {pipeline}" if stage else pipeline
        raise CommandError(
            f"no approval waits in {where}{others}: see what it does with `mdlc pipeline status {pipeline}`"
        )
    if len(chosen) > 1:
        raise CommandError(
            f"several approvals wait: give --stage, one of {', '.join(view.stage for view in chosen)}"
        )
    return chosen[0]


def answer(target: Target, pipeline: str, view: ActionView, status: str, reason: str) -> None:
    """Approve or reject.

    Raises:
        CommandError: the caller may not, or the approval is no longer pending.
    """
    try:
        target.client("codepipeline").put_approval_result(
            pipelineName=pipeline,
            stageName=view.stage,
            actionName=view.name,
            result={"summary": reason or f"{status} with mdlc", "status": status},
            token=view.token,
        )
    except ClientError as error:
        code = error.response["Error"]["Code"]
        if code in ("InvalidApprovalTokenException", "ApprovalAlreadyCompletedException"):
            raise CommandError(
                f"the approval of {view.stage} is no longer pending: somebody answered, or its time is up"
            ) from error
        if code in ("AccessDeniedException", "AccessDenied"):
            raise CommandError(
                f"you may not answer the approval of {view.stage}: ask for codepipeline:PutApprovalResult",
                detail=str(error),
            ) from error
        raise
