"""The jobs that run now: a thread and a folder each."""

import contextvars
import logging
import shutil
import threading
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mdlc_local import clients, options
from mdlc_local.sagemaker import capacity, events, model
from mdlc_local.sagemaker.faults import JobFailure
from mdlc_local.sagemaker.logs import LogStream
from mdlc_local.sagemaker.records import Kind, Record, Scope, changing
from mdlc_local.sagemaker.storage import Storage

log = logging.getLogger("mdlc_local.sagemaker")

SESSION = "SageMaker"
"""The role session's name of everything SageMaker does as a job's role, as on AWS."""

REASON_CHARACTERS = 1024
"""How long a FailureReason may be (the API's limit)."""

_jobs: dict[tuple[Scope, str, str], "Job"] = {}
_lock = threading.Lock()


@dataclass(kw_only=True)
class Job:
    """One running job.

    Attributes:
        kind: training, processing or transform.
        record: what Describe shows.
        scope: account and region.
        role_arn: the role it acts as.
        folder: its working folder; `base` below it is what the job sees as /opt/ml.
        stop: set when it is to stop.
    """

    kind: Kind
    record: Record
    scope: Scope
    role_arn: str
    folder: Path
    stop: threading.Event = field(default_factory=threading.Event)

    @property
    def name(self) -> str:
        """The job's name."""
        return str(self.record[self.kind.name_field])

    @property
    def base(self) -> Path:
        """The folder that the job sees as /opt/ml."""
        return self.folder / "ml"

    @property
    def storage(self) -> Storage:
        """S3 with the job's role."""
        s3 = clients.client("s3", role_arn=self.role_arn, region=self.scope.region, session=SESSION)
        return Storage(s3, self.role_arn, self.scope.region)

    def logs(self, suffix: str = "") -> LogStream:
        """The job's log stream, named as on AWS: ``<job>/algo-1-<epoch seconds>``, or ``<job>/<suffix>``."""
        group = f"/aws/sagemaker/{self.kind.name}s"
        stream = f"{self.name}/{suffix or f'algo-1-{int(time.time())}'}"
        client = clients.client("logs", role_arn=self.role_arn, region=self.scope.region, session=SESSION)
        path = options.current().state_dir / "logs" / "sagemaker" / f"{self.kind.name}s" / f"{stream}.log"
        return LogStream(client, group, stream, path)

    def update(self, **fields: Any) -> None:
        """Change fields of the record at once."""
        with changing(self.record) as record:
            record.update(fields, LastModifiedTime=model.now())


def start(kind: Kind, record: Record, scope: Scope, role_arn: str, body: Callable[[Job], None]) -> None:
    """Run `body` for a job in a thread of its own, in the context of the request being served.

    `body` sets the record's final fields and status itself; what it raises makes the job Failed.
    """
    folder = options.current().state_dir / "jobs" / f"{record[kind.name_field]}-{uuid.uuid4().hex[:8]}"
    job = Job(kind=kind, record=record, scope=scope, role_arn=role_arn, folder=folder)
    key = (scope, kind.name, job.name.lower())
    with _lock:
        _jobs[key] = job

    def run() -> None:
        try:
            events.announce(kind, record)
            _run(job, body)
            events.announce(kind, record)
        finally:
            with _lock:
                _jobs.pop(key, None)

    context = contextvars.copy_context()
    threading.Thread(target=context.run, args=(run,), daemon=True, name=f"job {job.name}").start()


def stop(kind: Kind, record: Record, scope: Scope) -> None:
    """Ask a job to stop; its thread sees to it."""
    with _lock:
        job = _jobs.get((scope, kind.name, str(record[kind.name_field]).lower()))
    if job is not None:
        job.stop.set()


def stop_all() -> None:
    """Ask every job to stop."""
    with _lock:
        for job in _jobs.values():
            job.stop.set()


def _run(job: Job, body: Callable[[Job], None]) -> None:
    try:
        with capacity.place(job.name, job.stop):
            job.base.mkdir(parents=True)
            body(job)
        shutil.rmtree(job.folder, ignore_errors=True)
    except Exception as error:
        # The folder stays, so that a person can look at what the failed job saw.
        if not isinstance(error, JobFailure):
            log.exception("%s %s broke", job.kind.words, job.name)
        reason = str(error) if isinstance(error, JobFailure) else f"InternalServerError: {error!r}"
        fail(job, reason)


def fail(job: Job, reason: str) -> None:
    """Make the job Failed with its reason, at the time of now."""
    status = job.kind.status or ""
    end = job.kind.name.removesuffix("Job") + "EndTime"
    job.update(**{"FailureReason": reason[:REASON_CHARACTERS], end: model.now(), status: "Failed"})
