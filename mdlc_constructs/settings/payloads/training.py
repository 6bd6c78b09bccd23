"""Payloads of the training workflow's planning function."""

from collections.abc import Mapping
from dataclasses import dataclass

from mdlc_constructs.settings.payloads.job_plan import (
    DatasetSection,
    EvaluationSection,
    GateSection,
    QualitySection,
    SplitSection,
)
from mdlc_constructs.settings.payloads.moments import Interval
from mdlc_constructs.settings.payloads.planning import (
    ExecutionInput,
    ExecutionPlan,
    PlannerRequest,
    ScoringJob,
)
from mdlc_constructs.settings.payloads.verdict import Verdict


@dataclass(frozen=True, kw_only=True)
class TrainingInput(ExecutionInput):
    """The input of a training execution.

    Attributes:
        window: rows that are used at all.
        holdout: rows that judge the model; for a split by time.
    """

    window: Interval | None = None
    holdout: Interval | None = None


@dataclass(frozen=True, kw_only=True)
class TrainingSections:
    """The settings of a training, as the jobs' `plan.json` holds them."""

    dataset: DatasetSection
    quality: QualitySection
    split: SplitSection
    gate: GateSection
    evaluation: EvaluationSection


@dataclass(frozen=True, kw_only=True)
class TrainingPlannerRequest(PlannerRequest):
    """What the training machine's `Plan` gives its function."""

    settings: TrainingSections


@dataclass(frozen=True, kw_only=True)
class TrainingPlan(ExecutionPlan):
    """`$plan` of a training execution.

    Attributes:
        names: of the jobs and the model, by state.
        uris: where everything of the execution lies; folders end with a slash.
        token: the client token of the registration.
        scoring: transform jobs that are not there yet.
        quality: verdict of a quality job that was done before; None without.
        gate: verdict of an evaluation that was done before; None without.
        recorded: the run's entry of the audit table when it was finished before.
        finished_by: the execution that recorded the run; `none` before that.
    """

    names: Mapping[str, str]
    uris: Mapping[str, str]
    token: str
    scoring: tuple[ScoringJob, ...]
    quality: Verdict | None
    gate: Verdict | None
    recorded: Mapping[str, str] | None
    finished_by: str
