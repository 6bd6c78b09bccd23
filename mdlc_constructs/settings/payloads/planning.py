"""What every workflow's `Plan` state sends to its planning function, and what the function returns.

The payloads of single workflows (`training`, `batch`, `release`, `monitoring`) extend these.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar, TypeAlias

from mdlc_constructs.settings.payloads.codec import KEY, JsonValue
from mdlc_constructs.settings.payloads.records import RecordTypes

Section: TypeAlias = Mapping[str, JsonValue]
"""A JSON object passed on unchecked, such as a section of `plan.json`: the reader's payload has its type."""


@dataclass(frozen=True, kw_only=True)
class ExecutionInput:
    """The keys that every execution's input may have, for the audit."""

    TITLE: ClassVar[str] = "The input"

    reason: str = ""
    trigger: str = ""
    request_id: str = ""


@dataclass(frozen=True, kw_only=True)
class PackageInput(ExecutionInput):
    """The input of an execution that uses a model package.

    Attributes:
        package_version: the version to use; None lets the planning function choose.
    """

    package_version: int | None = None


@dataclass(frozen=True, kw_only=True)
class Home:
    """The names of a model's bucket, audit table and model package group."""

    bucket: str
    table: str
    group: str


@dataclass(frozen=True, kw_only=True)
class ExecutionContext:
    """The execution that calls a function.

    Attributes:
        id: its ARN.
        started_at: ISO 8601.
        name: empty when the state does not send it.
    """

    id: str
    started_at: str = ""
    name: str = ""


@dataclass(frozen=True, kw_only=True)
class RefusedCall:
    """A call that AWS refused, perhaps because another execution was first; `Plan` then runs again.

    Attributes:
        step: name of the state that made the call.
    """

    step: str
    error: str
    cause: str


@dataclass(frozen=True, kw_only=True)
class CaughtError:
    """An error's name and cause, under the keys that Step Functions uses."""

    error: str = field(metadata={KEY: "Error"})
    cause: str = field(metadata={KEY: "Cause"})


@dataclass(frozen=True, kw_only=True)
class PlannerRequest:
    """What the state `Plan` sends to its function, without the workflow's settings.

    Attributes:
        requests: the digest of each step's request, by the state's name.
        bound: the values of the placeholders in those requests.
        input: the execution's input, unchanged.
        taken: the refused call after which `Plan` runs again; None the first time.
        replaced: states that do not start their step's usual kind of SageMaker job.
    """

    model: str
    requests: Mapping[str, str]
    bound: Mapping[str, JsonValue]
    home: Home
    execution: ExecutionContext
    input: JsonValue = None
    taken: RefusedCall | None = None
    replaced: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Tag:
    """A tag in SageMaker's format."""

    key: str = field(metadata={KEY: "Key"})
    value: str = field(metadata={KEY: "Value"})


@dataclass(frozen=True, kw_only=True)
class ExecutionPlan:
    """The state machine's variable `$plan`.

    Attributes:
        run: digest of the work; part of the key of the run's audit item.
        step: the next state; `Wait` when another execution does the same work, `Done` when nothing is left to
            do.
        tags: the state machine's tags.
        wait_seconds: how long to wait for another execution.
    """

    run: str
    data_version: str
    step: str
    tags: tuple[Tag, ...] = ()
    wait_seconds: int = 0


@dataclass(frozen=True, kw_only=True)
class PlannedPackage:
    """The model package that an execution uses.

    Attributes:
        artifact: S3 URI of the model's archive.
        program: S3 URI of the folder of its feature program.
        records: the types of the records that a transform job scores, and of its answers.
    """

    arn: str
    version: int
    model: str
    image: str
    artifact: str
    environment: Mapping[str, str]
    program: str = ""
    records: RecordTypes = field(default_factory=RecordTypes)


@dataclass(frozen=True, kw_only=True)
class ScoringJob:
    """A transform job to start: its name, its model, and the S3 URIs of its input and output.

    Attributes:
        records: the types of the records that the model scores, and of its answers.
    """

    job: str
    model: str
    input: str
    output: str
    records: RecordTypes = field(default_factory=RecordTypes)
