"""The trials of a tuning job: training jobs of this server, their metric, and what the API tells of them."""

import threading
import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from mdlc_local.errors import ApiError
from mdlc_local.sagemaker import records
from mdlc_local.sagemaker.containers.images import Images
from mdlc_local.sagemaker.jobs import job_requests, training_jobs
from mdlc_local.sagemaker.records import TRAINING_JOB, Record
from mdlc_local.sagemaker.tuning.rules import Objective
from mdlc_local.scopes import Scope

ENDED = ("Completed", "Failed", "Stopped")
OBJECTIVE = "_tuning_objective_metric"
"""The hyperparameter by which SageMaker tells a container the objective metric. Source: the training job
parameters that aws/sagemaker-training-toolkit and aws/sagemaker-xgboost-container read."""


def training_request(request: Mapping[str, Any], name: str, texts: Mapping[str, str]) -> dict[str, Any]:
    """CreateTrainingJob's request of a trial.

    Args:
        request: CreateHyperParameterTuningJob's.
        name: the training job's name.
        texts: the hyperparameters that are searched.
    """
    definition = dict(request["TrainingJobDefinition"])
    static = definition.pop("StaticHyperParameters", {})
    definition.pop("DefinitionName", None)
    objective = request["HyperParameterTuningJobConfig"]["HyperParameterTuningJobObjective"]["MetricName"]
    return {
        **definition,
        "TrainingJobName": name,
        "HyperParameters": {**static, OBJECTIVE: objective, **texts},
        **({"Tags": request["Tags"]} if "Tags" in request else {}),
    }


@dataclass(kw_only=True)
class Trial:
    """One trial.

    Attributes:
        name: of its training job.
        record: the training job's record.
        values: of the objective metric, by epoch.
        stopped_early: whether the tuning stopped it, as worse than others or at Hyperband's `MaxResource`.
        seen: whether its end was taken into account.
    """

    name: str
    record: Record
    values: list[float] = field(default_factory=list)
    stopped_early: bool = False
    seen: bool = False

    @property
    def status(self) -> str:
        """The training job's status."""
        return str(self.record["TrainingJobStatus"])

    @property
    def value(self) -> float | None:
        """The final value of the objective metric; None when it does not count."""
        counts = self.status == "Completed" or (self.status == "Stopped" and self.stopped_early)
        return self.values[-1] if counts and self.values else None


class Trials:
    """The trials of one tuning job.

    Args:
        request: CreateHyperParameterTuningJob's.
        arn: of the tuning job.
        scope: account and region.
        images: of this server.
        watch: is called with a trial when it has printed its metric once more.
    """

    def __init__(
        self,
        request: Mapping[str, Any],
        arn: str,
        scope: Scope,
        images: Images,
        watch: Callable[[Trial], None],
    ) -> None:
        self._request, self._arn, self._scope, self._images = request, arn, scope, images
        self._watch = watch
        config = request["HyperParameterTuningJobConfig"]["HyperParameterTuningJobObjective"]
        self.objective = Objective(metric=config["MetricName"], maximize=config["Type"] == "Maximize")
        self.every: list[Trial] = []

    def name(self) -> str:
        """The name of the next trial's training job."""
        prefix = self._request["HyperParameterTuningJobName"]
        return f"{prefix}-{len(self.every) + 1:03d}-{uuid.uuid4().hex[:8]}"

    def start(self, name: str, texts: Mapping[str, str]) -> None:
        """Start a trial's training job."""
        trial = Trial(name=name, record={})

        def observe(metric: str, value: float) -> None:
            if metric == self.objective.metric:
                trial.values.append(value)
                self._watch(trial)

        training_jobs.create(
            training_request(self._request, name, texts),
            self._scope,
            self._images,
            observe,
            TuningJobArn=self._arn,
            TunedHyperParameters=dict(texts),
        )
        record = records.find(TRAINING_JOB, name, self._scope)
        trial.record = record if record is not None else {}
        self.every.append(trial)

    def stop(self, trial: Trial) -> None:
        """Ask a trial's training job to stop, unless it has ended."""
        try:
            job_requests.stop(TRAINING_JOB, {"TrainingJobName": trial.name}, self._scope)
        except ApiError:
            return

    def stop_all(self, patience_seconds: float) -> None:
        """Stop what runs, and wait for it."""
        for trial in self.running:
            self.stop(trial)
        deadline, waiting = time.monotonic() + patience_seconds, threading.Event()
        while self.running and time.monotonic() < deadline:
            waiting.wait(0.1)

    @property
    def running(self) -> list[Trial]:
        """The trials that have not ended."""
        return [trial for trial in self.every if trial.status not in ENDED]

    def fields(self) -> dict[str, Any]:
        """The tuning job's members that tell of its trials."""
        statuses = [trial.status for trial in self.every]
        valued = [trial for trial in self.every if trial.value is not None]
        running = len(self.running)
        for trial in self.every:
            _describe(trial, self.objective)
        best = self.objective.best([float(trial.value or 0) for trial in valued])
        first = next((trial for trial in valued if trial.value == best), None)
        return {
            "TrainingJobStatusCounters": {
                "Completed": statuses.count("Completed"),
                "InProgress": running,
                "RetryableError": 0,
                "NonRetryableError": statuses.count("Failed"),
                "Stopped": statuses.count("Stopped"),
            },
            "ObjectiveStatusCounters": {
                "Succeeded": len(valued),
                "Pending": running,
                "Failed": len(self.every) - len(valued) - running,
            },
            **({"BestTrainingJob": summary(first.record)} if first else {}),
        }


def _describe(trial: Trial, objective: Objective) -> None:
    """Write what the tuning job knows of a trial into the training job's record."""
    ended = trial.status in ENDED
    state = "Pending" if not ended else "Failed" if trial.value is None else "Succeeded"
    with records.changing(trial.record) as record:
        record["ObjectiveStatus"] = state
        if ended and trial.value is not None:
            record["FinalHyperParameterTuningJobObjectiveMetric"] = {
                "Type": "Maximize" if objective.maximize else "Minimize",
                "MetricName": objective.metric,
                "Value": trial.value,
            }


_SUMMARY = (
    *("TrainingJobName", "TrainingJobArn", "CreationTime", "TrainingStartTime", "TrainingEndTime"),
    *("TrainingJobStatus", "TunedHyperParameters", "FailureReason", "ObjectiveStatus"),
    "FinalHyperParameterTuningJobObjectiveMetric",
)


def summary(record: Record) -> dict[str, Any]:
    """The API's HyperParameterTrainingJobSummary of a training job."""
    with records.lock:
        return {name: record[name] for name in _SUMMARY if name in record}
