"""Follows an execution of a pipeline until it ends or waits for a person."""

from __future__ import annotations

from mdlc_cli.aws.target import Target
from mdlc_cli.output import progress
from mdlc_cli.pipelines import executions
from mdlc_cli.pipelines.executions import IN_PROGRESS, ActionView, ExecutionView


def follow(target: Target, pipeline: str, execution: str) -> ExecutionView | ActionView:
    """Show the actions as they begin and end.

    Returns:
        The execution when it has ended, or the approval that it waits for.
    """
    shown: dict[tuple[str, str], str] = {}
    with progress.step(f"running the pipeline {pipeline}") as step:
        while True:
            ended = executions.ended(target, pipeline, execution)
            for view in executions.actions(target, pipeline):
                if view.execution != execution or not view.status:
                    continue
                if shown.get((view.stage, view.name)) != view.status:
                    shown[view.stage, view.name] = view.status
                    words = "..." if view.status == IN_PROGRESS else view.status
                    step.note(f"{view.stage} / {view.name} {words}")
                if view.token:
                    step.summary = f"{view.stage} waits for an approval"
                    return view
            if ended is not None:
                step.summary = ended.status
                return ended
            executions.pause(target)
