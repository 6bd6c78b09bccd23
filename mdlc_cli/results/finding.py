"""The result of whatever a person named."""

from __future__ import annotations

from mdlc_cli.aws.target import Target
from mdlc_cli.errors import CommandError
from mdlc_cli.results import batch, execution, version, window
from mdlc_cli.results.references import (
    ExecutionReference,
    JobReference,
    Reference,
    RunReference,
    VersionReference,
    WindowReference,
    windows_of,
)
from mdlc_cli.results.result import ResultSummary
from mdlc_client import lineage


def of(target: Target, reference: Reference, *, scores_too: bool = True) -> ResultSummary:
    """The result of a reference.

    Args:
        target: the AWS to read from.
        reference: what is named.
        scores_too: whether to read a batch's predictions for the quantiles of their scores.

    Raises:
        CommandError: it is a job, which has a log and no result, or its version does not exist.
    """
    match reference:
        case VersionReference():
            return version.of(target, reference.model, reference.version)
        case WindowReference():
            return window.of(target, reference)
        case RunReference():
            return _of_run(target, reference, scores_too)
        case ExecutionReference():
            return _of_execution(target, reference, scores_too)
        case JobReference():
            name = reference.job.name
            raise CommandError(f"{name} is a job and has a log only: read it with `mdlc logs {name}`")


def _of_execution(target: Target, reference: ExecutionReference, scores_too: bool) -> ResultSummary:
    """What an execution made, or else how it ended."""
    item, model = reference.item, reference.model
    if model is not None and not item.get("error"):
        if item.get("workflow") in (lineage.TRAINING, lineage.BATCH):
            return _of_run(target, RunReference(model=model, item=item), scores_too)
        names = windows_of(model, item)
        if len(names) == 1:
            return window.of(target, WindowReference(model=model, item=names[0]))
    return execution.of(target, reference)


def _of_run(target: Target, reference: RunReference, scores_too: bool) -> ResultSummary:
    item = reference.item
    number = lineage.version_of(item)
    if item.get("workflow") == lineage.BATCH and item.get("manifest"):
        return batch.of(target, reference, scores_too=scores_too)
    if item.get("workflow") == lineage.TRAINING and number is not None:
        return version.of(target, reference.model, number)
    return execution.of(target, reference.execution)
