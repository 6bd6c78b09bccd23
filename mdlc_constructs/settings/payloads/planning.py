"""What every workflow's `Plan` state gives its planning function, and what each of them returns.

A workflow's own payloads (`training`, `batch`, `release`, `monitoring`) add to these.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar, TypeAlias

from mdlc_constructs.settings.payloads.codec import KEY, JsonValue

Section: TypeAlias = Mapping[str, JsonValue]
"""A section of `plan.json`, which the planning function passes on to a job: the job's payload types it."""


@dataclass(frozen=True, kw_only=True)
class ExecutionInput:
    """What every execution's input may say for the audit."""

    TITLE: ClassVar[str] = "The input"

    reason: str = ""
    trigger: str = ""
    request_id: str = ""


@dataclass(frozen=True, kw_only=True)
class PackageInput(ExecutionInput):
    """The input of an execution that uses a model package.

    Attributes:
        package_version: which; None lets the function choose.
    """

    package_version: int | None = None


@dataclass(frozen=True, kw_only=True)
class Home:
    """Where a model's data and records are: names of its bucket, audit table and model package group."""

    bucket: str
    table: str
    group: str


@dataclass(frozen=True, kw_only=True)
class ExecutionContext:
    """The execution that calls a function.

    Attributes:
        id: its ARN.
        started_at: ISO 8601.
        name: empty where no state passes it on.
    """

    id: str
    started_at: str = ""
    name: str = ""


@dataclass(frozen=True, kw_only=True)
class RefusedCall:
    """A call that AWS refused, perhaps because another execution was first, so that `Plan` runs again.

    Attributes:
        step: the state that made it.
    """

    step: str
    error: str
    cause: str


@dataclass(frozen=True, kw_only=True)
class CaughtError:
    """An error's name and cause under the keys that Step Functions gives them."""

    error: str = field(metadata={KEY: "Error"})
    cause: str = field(metadata={KEY: "Cause"})


@dataclass(frozen=True, kw_only=True)
class PlannerRequest:
    """What the state `Plan` gives its function, but for the workflow's settings.

    Attributes:
        requests: each step's request digest, by the state's name.
        bound: the values that those requests hold placeholders for.
        input: the execution's, as whoever started it gave it.
        taken: the call whose refusal led back to `Plan`; None the first time.
        replaced: states that start no SageMaker job of their step's kind.
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
    """A tag in SageMaker's shape."""

    key: str = field(metadata={KEY: "Key"})
    value: str = field(metadata={KEY: "Value"})


@dataclass(frozen=True, kw_only=True)
class ExecutionPlan:
    """What the machine keeps as its variable `$plan`.

    Attributes:
        run: digest of the work; it names the run's entry of the audit table.
        step: the state to go on with; `Wait` when another execution does the same work, `Done` when nothing
            is left to do.
        tags: the state machine's own.
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
    """

    arn: str
    version: int
    model: str
    image: str
    artifact: str
    environment: Mapping[str, str]
    program: str = ""


@dataclass(frozen=True, kw_only=True)
class ScoringJob:
    """A transform job that is to be started: its name, its model, and where it reads and writes."""

    job: str
    model: str
    input: str
    output: str
