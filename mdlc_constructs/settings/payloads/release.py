"""Payloads of the release workflow's planning, resuming and retiring functions."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, Literal

from mdlc_constructs.settings.payloads.dataset import DatasetSection
from mdlc_constructs.settings.payloads.job_plan import GoldenSection
from mdlc_constructs.settings.payloads.planning import (
    CaughtError,
    ExecutionPlan,
    PackageInput,
    PlannedPackage,
    PlannerRequest,
)
from mdlc_constructs.settings.payloads.verdict import Verdict

EndpointState = Literal["Absent", "Serving", "Deploying", "Refused", "Other"]
"""The endpoint's state with respect to the release's configuration: there is no endpoint; it has it; it is
being updated to it; the update was refused and scaling must be restored; it has another configuration."""

TrialStep = Literal["Skip", "Again", "Create", "Begin", "Carry", "End"]
"""The next step of an experiment: `Skip`, there is none; `Again`, plan again right before it; `Create` its
endpoint configuration; `Begin` it; `Carry`, continue one that runs already; `End` another version's."""


@dataclass(frozen=True, kw_only=True)
class ReleaseInput(PackageInput):
    """The input of a release.

    Attributes:
        forward_only: whether it may only release an approved version that is newer than the champion.
    """

    forward_only: bool = False


@dataclass(frozen=True, kw_only=True)
class EndpointSettings:
    """The endpoint that is released to.

    Attributes:
        instance_type: None for a serverless endpoint.
        scaled: whether its instances are under Application Auto Scaling.
    """

    name: str
    variant: str
    instance_type: str | None
    scaled: bool


@dataclass(frozen=True, kw_only=True)
class ExperimentSettings:
    """The experiment before a new version takes over.

    Attributes:
        seconds: how long it lasts.
        request: digest of the request of its endpoint configuration.
    """

    seconds: int
    request: str


@dataclass(frozen=True, kw_only=True)
class ReleaseSections:
    """The settings of a release; `dataset` and `golden` as the golden job's `plan.json` holds them."""

    dataset: DatasetSection
    golden: GoldenSection | None
    endpoint: EndpointSettings
    experiment: ExperimentSettings | None = None


@dataclass(frozen=True, kw_only=True)
class ReleasePlannerRequest(PlannerRequest):
    """What the release machine's `Plan` state sends to its function."""

    settings: ReleaseSections


@dataclass(frozen=True, kw_only=True)
class TrialPlan:
    """The next step of an experiment, before the endpoint gets its new configuration.

    Attributes:
        config: the experiment's endpoint configuration.
        champion_config: the configuration that the experiment's end restores.
        champion_model: name of the champion's SageMaker model.
        instance_type: the champion variant's instance type; empty for a serverless endpoint.
        instances: the champion variant's current number of instances.
        seconds: how long the experiment still runs.
        owner: ARN of the execution that recorded the experiment; empty without one.
    """

    step: TrialStep
    config: str = ""
    champion_config: str = ""
    champion_model: str = ""
    instance_type: str = ""
    instances: int = 1
    seconds: int = 0
    owner: str = ""


@dataclass(frozen=True, kw_only=True)
class ReleasePlan(ExecutionPlan):
    """`$plan` of a release.

    Attributes:
        names: names of the jobs, the model and the endpoint configuration, by state.
        uris: S3 URIs of the golden checks' input and output; empty without golden checks.
        golden: verdict of earlier golden checks of the same run; None without.
        golden_checks: result of the golden checks, as a successful release's audit item records it.
        deregister: whether scaling must be deregistered before the update.
        champion: the champion's version; `0` before the first.
        replaced_config: the configuration that served before; empty when it is the same.
        experiment: the audit item's `experiment`, until the experiment's verdict is known.
        refused: the API's error, raised after scaling is restored.
        back: whether the release returns to an older version that has served before.
        rejectable: whether a failure of the release rejects the version.
        outcome: the outcome when nothing is left to do.
        recorded: the run's audit item when nothing is left to do.
        finished_by: the execution that recorded the run; `none` before that.
    """

    names: Mapping[str, str]
    package: PlannedPackage
    uris: Mapping[str, str]
    golden: Verdict | None
    golden_checks: str
    endpoint: EndpointState
    deregister: bool
    champion: str
    replaced_config: str
    trial: TrialPlan
    refused: CaughtError | None
    back: bool
    rejectable: bool
    outcome: Literal["Superseded", "Unchanged"]
    recorded: Mapping[str, str] | None
    finished_by: str
    experiment: str = "none"


@dataclass(frozen=True, kw_only=True)
class ResumeRequest:
    """What an EventBridge rule sends to the function that resumes the executions waiting for the event.

    Attributes:
        endpoint: the endpoint, or the other resource waited for, as the items with the task tokens name it.
        status: the endpoint's status, as spelled in its event.
    """

    table: str
    model: str
    endpoint: str
    status: str


@dataclass(frozen=True, kw_only=True)
class RetirementRequest:
    """What the release machine sends to the function that deletes old releases.

    Attributes:
        keep: how many earlier releases are kept.
        replaced: the configuration that served before; it is one of those kept.
    """

    TITLE: ClassVar[str] = "The input"

    model: str
    endpoint: str
    keep: int
    replaced: str | None = None


@dataclass(frozen=True, kw_only=True)
class RetirementResult:
    """The deleted resources, one line each, and the endpoint configurations that are kept."""

    deleted: tuple[str, ...]
    kept: tuple[str, ...]
