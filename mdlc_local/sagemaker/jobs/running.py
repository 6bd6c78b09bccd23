"""The running jobs; each has a thread and a folder."""

import contextlib
import contextvars
import logging
import shutil
import threading
import uuid
from collections.abc import Callable

from mdlc_local import clock, options
from mdlc_local.sagemaker import events
from mdlc_local.sagemaker.faults import JobFailedError
from mdlc_local.sagemaker.job import REASON_CHARACTERS, Job
from mdlc_local.sagemaker.jobs import capacity
from mdlc_local.sagemaker.records import Kind, Record
from mdlc_local.scopes import Scope

log = logging.getLogger("mdlc_local.sagemaker")

_jobs: dict[tuple[Scope, str, str], Job] = {}
_lock = threading.Lock()


def start(
    kind: Kind,
    record: Record,
    scope: Scope,
    role_arn: str,
    body: Callable[[Job], None],
    *,
    occupies: bool = True,
) -> None:
    """Run `body` for a job in a new thread, in the current request's context.

    A job that `occupies` a core waits for one. `body` sets the record's final fields and status itself; an
    exception makes the job Failed.
    """
    folder = options.current().state_dir / "jobs" / f"{record[kind.name_field]}-{uuid.uuid4().hex[:8]}"
    job = Job(kind=kind, record=record, scope=scope, role_arn=role_arn, folder=folder)
    key = (scope, kind.name, job.name.lower())
    with _lock:
        _jobs[key] = job

    def run() -> None:
        try:
            events.publish(kind, record)
            _run(job, body, occupies=occupies)
            events.publish(kind, record)
        finally:
            with _lock:
                _jobs.pop(key, None)

    context = contextvars.copy_context()
    threading.Thread(target=context.run, args=(run,), daemon=True, name=f"job {job.name}").start()


def stop(kind: Kind, record: Record, scope: Scope) -> None:
    """Signal a job to stop; its thread ends it."""
    with _lock:
        job = _jobs.get((scope, kind.name, str(record[kind.name_field]).lower()))
    if job is not None:
        job.stop.set()


def stop_all() -> None:
    """Signal every job to stop."""
    with _lock:
        for job in _jobs.values():
            job.stop.set()


def _run(job: Job, body: Callable[[Job], None], *, occupies: bool) -> None:
    try:
        with capacity.place(job.name, job.stop) if occupies else contextlib.nullcontext():
            job.base.mkdir(parents=True)
            body(job)
        shutil.rmtree(job.folder, ignore_errors=True)
    except Exception as error:
        # The folder of a failed job is kept for debugging.
        if not isinstance(error, JobFailedError):
            log.exception("%s %s broke", job.kind.words, job.name)
        reason = str(error) if isinstance(error, JobFailedError) else f"InternalServerError: {error!r}"
        fail(job, reason)


def fail(job: Job, reason: str) -> None:
    """Set the job to Failed with a reason, and its end to the current time."""
    status = job.kind.status or ""
    end = job.kind.name.removesuffix("Job") + "EndTime"
    job.update(**{"FailureReason": reason[:REASON_CHARACTERS], end: clock.now(), status: "Failed"})
