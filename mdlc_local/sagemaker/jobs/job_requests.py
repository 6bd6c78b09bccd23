"""The requests that all kinds of jobs share: Describe, List and Stop, and the start of a new job."""

import copy
from collections.abc import Callable
from typing import Any

from mdlc_local import clock
from mdlc_local.errors import invalid
from mdlc_local.sagemaker import listing, records
from mdlc_local.sagemaker.faults import in_use, job_not_found
from mdlc_local.sagemaker.job import Job
from mdlc_local.sagemaker.jobs import running
from mdlc_local.sagemaker.records import Kind, Record
from mdlc_local.scopes import Scope


def existing(kind: Kind, name: str, scope: Scope) -> Record:
    """The record of the job with that name.

    Raises:
        ApiError: ResourceNotFound when there is none.
    """
    record = records.find(kind, name, scope)
    if record is None:
        raise job_not_found(records.arn(kind, name, scope))
    return record


def refuse_taken(kind: Kind, name: str, scope: Scope) -> None:
    """Check that no job has the name yet.

    Raises:
        ApiError: ResourceInUse when one has.
    """
    if records.find(kind, name, scope) is not None:
        raise in_use(
            f"{kind.words.capitalize()} names must be unique within an AWS account and region, and a "
            f"{kind.words} with this name already exists ({records.arn(kind, name, scope)})"
        )


def create(
    kind: Kind,
    request: dict[str, Any],
    scope: Scope,
    role_arn: str,
    body: Callable[[Job], None],
    *,
    occupies: bool = True,
    **fields: Any,
) -> dict[str, Any]:
    """Record a new job and start it.

    Args:
        kind: the kind of job.
        request: the request; its fields become the record's.
        scope: account and region.
        role_arn: the job's role.
        body: runs the job.
        occupies: whether it waits for a core; a tuning job's trials do.
        fields: further fields of the record.

    Raises:
        ApiError: ResourceInUse when the name is in use.
    """
    name, now = request[kind.name_field], clock.now()
    record: Record = {
        **copy.deepcopy(request),
        **fields,
        kind.arn_field: records.arn(kind, name, scope),
        str(kind.status): "InProgress",
        "CreationTime": now,
        "LastModifiedTime": now,
    }
    with records.lock:
        refuse_taken(kind, name, scope)
        records.table(kind, scope)[name.lower()] = record
    running.start(kind, record, scope, role_arn, body, occupies=occupies)
    return {kind.arn_field: record[kind.arn_field]}


def describe(kind: Kind, request: dict[str, Any], scope: Scope) -> dict[str, Any]:
    """A copy of the job's current record."""
    record = existing(kind, request[kind.name_field], scope)
    with records.lock:
        return dict(record)


def list_jobs(kind: Kind, request: dict[str, Any], scope: Scope) -> dict[str, Any]:
    """One page of jobs."""
    with records.lock:
        summaries, token = listing.page(request, kind, list(records.table(kind, scope).values()))
        return {f"{kind.name}Summaries": [dict(record) for record in summaries], "NextToken": token}


def stop(kind: Kind, request: dict[str, Any], scope: Scope) -> dict[str, Any]:
    """Ask a job to stop.

    Raises:
        ApiError: ResourceNotFound, or ValidationException when the job does not run.
    """
    record = existing(kind, request[kind.name_field], scope)
    with records.lock:
        status = record[str(kind.status)]
        if status == "Stopping":
            return {}
        if status != "InProgress":
            raise invalid(f"The request was rejected because the {kind.words} is in status {status}.")
        record[str(kind.status)] = "Stopping"
    running.stop(kind, record, scope)
    return {}
