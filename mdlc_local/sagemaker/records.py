"""SageMaker's resources: one table of records per account, region and kind of resource."""

import contextlib
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from mdlc_local.scopes import Scope

Record = dict[str, Any]
"""A resource: the fields of its request and those that SageMaker adds, by their names in the API."""

lock = threading.RLock()
"""Must be held to read or change records, but never while waiting for a process or a request."""


@dataclass(frozen=True, kw_only=True)
class Kind:
    """A kind of resource.

    Attributes:
        name: its name in the API's operations, for example ``TrainingJob``.
        arn_word: its name in ARNs, for example ``training-job``.
        status: the field with its status, or None.
        job: whether it is a job; jobs have other error messages.
    """

    name: str
    arn_word: str
    status: str | None = None
    job: bool = False

    @property
    def name_field(self) -> str:
        """The request field that holds the name."""
        return f"{self.name}Name"

    @property
    def arn_field(self) -> str:
        """The response field that holds the ARN."""
        return f"{self.name}Arn"

    @property
    def words(self) -> str:
        """Its name in messages, for example ``training job``."""
        return self.arn_word.replace("-", " ")


TRAINING_JOB = Kind(name="TrainingJob", arn_word="training-job", status="TrainingJobStatus", job=True)
PROCESSING_JOB = Kind(name="ProcessingJob", arn_word="processing-job", status="ProcessingJobStatus", job=True)
TRANSFORM_JOB = Kind(name="TransformJob", arn_word="transform-job", status="TransformJobStatus", job=True)
TUNING_JOB = Kind(
    name="HyperParameterTuningJob",
    arn_word="hyper-parameter-tuning-job",
    status="HyperParameterTuningJobStatus",
    job=True,
)
MODEL = Kind(name="Model", arn_word="model")
ENDPOINT_CONFIG = Kind(name="EndpointConfig", arn_word="endpoint-config")
ENDPOINT = Kind(name="Endpoint", arn_word="endpoint", status="EndpointStatus")
MODEL_PACKAGE_GROUP = Kind(
    name="ModelPackageGroup", arn_word="model-package-group", status="ModelPackageGroupStatus"
)
MODEL_PACKAGE = Kind(name="ModelPackage", arn_word="model-package", status="ModelPackageStatus")

KINDS = (
    *(TRAINING_JOB, PROCESSING_JOB, TRANSFORM_JOB, TUNING_JOB, MODEL),
    *(ENDPOINT_CONFIG, ENDPOINT, MODEL_PACKAGE_GROUP, MODEL_PACKAGE),
)

_tables: dict[tuple[Scope, str], dict[str, Record]] = {}


def arn(kind: Kind, name: str, scope: Scope) -> str:
    """The ARN of `name`, which SageMaker writes in lower case in ARNs."""
    return f"arn:aws:sagemaker:{scope.region}:{scope.account}:{kind.arn_word}/{name.lower()}"


def bare(name_or_arn: str) -> str:
    """The name of a resource, from its name or its ARN."""
    return name_or_arn.split("/", 1)[1] if name_or_arn.startswith("arn:") else name_or_arn


def scope_of(name_or_arn: str, scope: Scope) -> Scope:
    """The account and region of an ARN; `scope` for a name."""
    parts = name_or_arn.split(":", 5)
    return Scope(parts[4], parts[3]) if len(parts) == 6 else scope


def table(kind: Kind, scope: Scope) -> dict[str, Record]:
    """All records of one kind, by lower-case name, oldest first. Hold `lock` while using it."""
    return _tables.setdefault((scope, kind.name), {})


def find(kind: Kind, name_or_arn: str, scope: Scope) -> Record | None:
    """The record of that name or ARN, or None."""
    with lock:
        return table(kind, scope_of(name_or_arn, scope)).get(bare(name_or_arn).lower())


def by_arn(resource_arn: str, scope: Scope) -> Record | None:
    """The record of any kind with that ARN, or None."""
    with lock:
        for kind in KINDS:
            for record in table(kind, scope).values():
                if record[kind.arn_field] == resource_arn:
                    return record
    return None


@contextlib.contextmanager
def changing(record: Record) -> Iterator[Record]:
    """A context that holds `lock`, so that no reader sees an incomplete change of the record."""
    with lock:
        yield record


def clear() -> None:
    """Remove all records."""
    with lock:
        _tables.clear()
