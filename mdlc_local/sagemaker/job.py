"""A job: its role, folder, record and log."""

import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mdlc_local import clients, clock, options
from mdlc_local.log_streams import LogStream
from mdlc_local.sagemaker.records import Kind, Record, changing
from mdlc_local.sagemaker.storage import Storage
from mdlc_local.scopes import Scope

SESSION = "SageMaker"
"""The role session's name of all calls that SageMaker makes with a job's role, as on AWS."""

REASON_CHARACTERS = 1024
"""The API's length limit of a FailureReason."""


@dataclass(kw_only=True)
class Job:
    """One running job.

    Attributes:
        kind: training, processing or transform job, or endpoint.
        record: the members of Describe's answer.
        scope: account and region.
        role_arn: its role.
        folder: its working folder; `base` below it is the job's /opt/ml.
        stop: set to make it stop.
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
        """The folder that is the job's /opt/ml."""
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
        """Change fields of the record in one step."""
        with changing(self.record) as record:
            record.update(fields, LastModifiedTime=clock.now())
