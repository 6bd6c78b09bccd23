"""Payloads of the release workflow's planning, resuming and retiring functions."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, Literal

from mdlc_constructs.settings.payloads.job_plan import DatasetSection, GoldenSection
from mdlc_constructs.settings.payloads.planning import (
    CaughtError,
    ExecutionPlan,
    PackageInput,
    PlannedPackage,
    PlannerRequest,
)
from mdlc_constructs.settings.payloads.verdict import Verdict

EndpointState = Literal["Absent", "Serving", "Deploying", "Refused", "Other"]
"""How the endpoint stands to the release's configuration: there is none; it has it; it is being brought to
it; the update to it was refused and must be undone; it has another."""

TrialStep = Literal["Skip", "Again", "Create", "Begin", "Carry", "End"]
"""What comes next of an experiment: there is none; another plan, right before it; its configuration; its
beginning; the wait that another execution left; the end of an experiment that is not this release's."""


@dataclass(frozen=True, kw_only=True)
class ReleaseInput(PackageInput):
    """The input of a release.

    Attributes:
        forward_only: whether it may do nothing but follow a newer, approved version.
    """

    forward_only: bool = False


@dataclass(frozen=True, kw_only=True)
class EndpointSettings:
    """The endpoint that is released to.

    Attributes:
        instance_type: None for a serverless one.
        scaled: whether its instances are under scaling.
    """

    name: str
    variant: str
    instance_type: str | None
    scaled: bool


@dataclass(frozen=True, kw_only=True)
class ExperimentSettings:
    """The experiment that comes before a version takes over.

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
    """What the release machine's `Plan` gives its function."""

    settings: ReleaseSections


@dataclass(frozen=True, kw_only=True)
class TrialPlan:
    """What is done about an experiment before the endpoint gets its new configuration.

    Attributes:
        config: the experiment's endpoint configuration.
        champion_config: the configuration that the endpoint goes back to.
        champion_model: the champion's model.
        instance_type: of the champion's variant; empty for a serverless one.
        instances: of the champion's variant now.
        seconds: how long the experiment still runs.
        owner: ARN of the execution that recorded the experiment; empty without.
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
        names: of the jobs, the model and the endpoint configuration, by state.
        uris: where the golden checks read and write; empty without.
        golden: verdict of golden checks that were done before; None without.
        golden_checks: what becomes of the golden checks, as the record of a success says it.
        deregister: whether scaling must end before the update.
        champion: the champion's version; `0` before the first.
        replaced_config: the configuration that served before; empty when it is the same.
        experiment: what is recorded of an experiment, until its verdict is known.
        refused: the refusal that is raised once scaling is back.
        back: whether the release goes back to a version that served before the champion.
        rejectable: whether a failure speaks against the version.
        outcome: the outcome when nothing is left to do.
        recorded: the run's entry of the audit table when nothing is left to do.
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
    """What an event's rule gives the function that resumes the executions which wait for it.

    Attributes:
        endpoint: the endpoint, or what else is waited for, as the items with the task tokens name it.
        status: the endpoint's, as its event spells it.
    """

    table: str
    model: str
    endpoint: str
    status: str


@dataclass(frozen=True, kw_only=True)
class RetirementRequest:
    """What the release machine gives the function that deletes old releases.

    Attributes:
        keep: how many earlier releases stay.
        replaced: the configuration that served before; it is among those that stay.
    """

    TITLE: ClassVar[str] = "The input"

    model: str
    endpoint: str
    keep: int
    replaced: str | None = None


@dataclass(frozen=True, kw_only=True)
class RetirementResult:
    """What was deleted, one line each, and the endpoint configurations that stay."""

    deleted: tuple[str, ...]
    kept: tuple[str, ...]
