"""Payloads of the training workflow's planning function."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from mdlc_constructs.settings.payloads.channels import ChannelsSection
from mdlc_constructs.settings.payloads.codec import OMIT_NONE
from mdlc_constructs.settings.payloads.dataset import DatasetSection
from mdlc_constructs.settings.payloads.evaluation import AlgorithmSection, ImportanceSection
from mdlc_constructs.settings.payloads.job_plan import EvaluationSection, ExportSection, GateSection
from mdlc_constructs.settings.payloads.moments import Interval
from mdlc_constructs.settings.payloads.planning import (
    ExecutionInput,
    ExecutionPlan,
    PlannerRequest,
    ScoringJob,
)
from mdlc_constructs.settings.payloads.quality import QualitySection
from mdlc_constructs.settings.payloads.records import RecordsSection
from mdlc_constructs.settings.payloads.split import SplitSection
from mdlc_constructs.settings.payloads.tuning import Tuned, TuningPlan, TuningSection
from mdlc_constructs.settings.payloads.verdict import Verdict


@dataclass(frozen=True, kw_only=True)
class TrainingInput(ExecutionInput):
    """The input of a training execution.

    Attributes:
        window: the time span of all rows that are used.
        holdout: the time span of the rows that the model is evaluated on; for a split by time.
    """

    window: Interval | None = None
    holdout: Interval | None = None


@dataclass(frozen=True, kw_only=True)
class TrainingSections:
    """The settings of a training, as the jobs' `plan.json` holds them.

    Attributes:
        importance: None when permutation importance is switched off.
        tuning: None when one training job trains.
        records: how the records are written; None where `RecordsSection.usual` is.
        export: None when the model is not exported.
    """

    dataset: DatasetSection
    quality: QualitySection
    split: SplitSection
    gate: GateSection
    evaluation: EvaluationSection
    algorithm: AlgorithmSection
    importance: ImportanceSection | None = None
    export: ExportSection | None = field(default=None, metadata={OMIT_NONE: True})
    code_version: str = ""
    tuning: TuningSection | None = field(default=None, metadata={OMIT_NONE: True})
    records: RecordsSection | None = field(default=None, metadata={OMIT_NONE: True})


@dataclass(frozen=True, kw_only=True)
class TrainingPlannerRequest(PlannerRequest):
    """What the training machine's `Plan` state sends to its function."""

    settings: TrainingSections


@dataclass(frozen=True, kw_only=True)
class ChannelTrainingSections:
    """The settings of a training on channels, as the jobs' `plan.json` holds them.

    Attributes:
        dataset: the answers to the holdout, as a table's section: its task and classes.
    """

    channels: ChannelsSection
    dataset: DatasetSection
    gate: GateSection
    evaluation: EvaluationSection
    algorithm: AlgorithmSection
    code_version: str = ""


@dataclass(frozen=True, kw_only=True)
class ChannelTrainingRequest(PlannerRequest):
    """What the `Plan` state of a training on channels sends to its function."""

    settings: ChannelTrainingSections


@dataclass(frozen=True, kw_only=True)
class TrainingPlan(ExecutionPlan):
    """`$plan` of a training execution.

    Attributes:
        names: names of the jobs and the model, by state.
        uris: S3 URIs of the execution's files and folders; folders end with a slash.
        token: the client token of the model package's registration.
        scoring: the transform jobs still to be started.
        quality: verdict of an earlier quality job of the same run; None without one.
        gate: verdict of an earlier evaluation of the same run; None without one.
        export: verdict of an earlier export of the same run; None without one.
        recorded: the run's audit item; None when the run was not finished before.
        finished_by: the execution that recorded the run; `none` before that.
        tuning: the tuning jobs of this work; None when one training job trains.
        tuned: the outcome of a tuning that ended before; None without one.
    """

    names: Mapping[str, str]
    uris: Mapping[str, str]
    token: str
    scoring: tuple[ScoringJob, ...]
    quality: Verdict | None
    gate: Verdict | None
    recorded: Mapping[str, str] | None
    finished_by: str
    tuning: TuningPlan | None = field(default=None, metadata={OMIT_NONE: True})
    tuned: Tuned | None = None
    export: Verdict | None = None
