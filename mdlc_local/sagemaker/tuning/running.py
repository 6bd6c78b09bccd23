"""Runs a tuning job: asks the search for trials, starts them, and ends when its limits or criteria say so."""

import threading
import time
from typing import Any

from mdlc_local import clock
from mdlc_local.sagemaker import records
from mdlc_local.sagemaker.containers.images import Images
from mdlc_local.sagemaker.faults import JobFailedError
from mdlc_local.sagemaker.job import Job
from mdlc_local.sagemaker.records import TRAINING_JOB, TUNING_JOB
from mdlc_local.sagemaker.tuning import ranges, rules
from mdlc_local.sagemaker.tuning.search import Search
from mdlc_local.sagemaker.tuning.trials import ENDED, Trial, Trials, summary

_LOOK_SECONDS = 0.1
_STOP_SECONDS = 180
"""How long the stopped trials may take: their containers have two minutes."""


def run(job: Job, images: Images) -> None:
    """Run the tuning job until it is Completed or Stopped; an exception makes it Failed."""
    tuning = Tuning(job, images)
    try:
        reason = tuning.search_on()
    finally:
        tuning.trials.stop_all(_STOP_SECONDS)
        tuning.take_ended()
    status = "Stopped" if reason == "stopped" else "Completed"
    job.update(HyperParameterTuningJobStatus=status, HyperParameterTuningEndTime=clock.now())


class Tuning:
    """A tuning job that runs.

    Args:
        job: the tuning job; its record holds the request's members.
        images: of this server.
    """

    def __init__(self, job: Job, images: Images) -> None:
        self._job = job
        config = job.record["HyperParameterTuningJobConfig"]
        self._config: dict[str, Any] = config
        self._criteria: dict[str, Any] = config.get("TuningJobCompletionCriteria", {})
        self._ranges = ranges.read(config["ParameterRanges"])
        self._started = time.monotonic()
        self._lock = threading.RLock()
        self._values: list[float] = []
        arn = job.record[TUNING_JOB.arn_field]
        self.trials = Trials(job.record, arn, job.scope, images, self._watch)
        self._search = Search(
            config["Strategy"],
            self._ranges,
            maximize=self.trials.objective.maximize,
            seed=config.get("RandomSeed"),
            resources=self._resources(),
        )
        self._exhausted = False
        self._parents_best: dict[str, Any] | None = None
        self._learn()

    @property
    def limit(self) -> int:
        """The number of training jobs at most."""
        grid = int(ranges.combinations(self._ranges)) if self._config["Strategy"] == "Grid" else 1
        return int(self._config["ResourceLimits"].get("MaxNumberOfTrainingJobs", grid))

    def search_on(self) -> str:
        """Start and follow trials to the end; returns why it ended.

        Raises:
            JobFailedError: when no training job succeeds.
        """
        parallel = self._config["ResourceLimits"]["MaxParallelTrainingJobs"]
        max_seconds = self._config["ResourceLimits"].get("MaxRuntimeInSeconds")
        while True:
            self.take_ended()
            if self._job.stop.is_set():
                return "stopped"
            self._fail_without_success()
            reason = rules.reason_to_end(self.trials.objective, self._criteria, self._values)
            if reason:
                return reason
            if max_seconds is not None and time.monotonic() - self._started >= max_seconds:
                return "runtime"
            while len(self.trials.running) < parallel and self._start_one():
                pass
            if not self.trials.running:
                self.take_ended()
                self._fail_without_success()
                return "limit"
            self._job.stop.wait(_LOOK_SECONDS)

    def take_ended(self) -> None:
        """Tell the search of trials that have ended, and bring the tuning job's record up to date."""
        for trial in self.trials.every:
            if trial.status in ENDED and not trial.seen:
                trial.seen = True
                with self._lock:
                    self._search.report(trial.name, trial.value)
                if trial.value is not None:
                    self._values.append(trial.value)
        objective = self.trials.objective
        details: dict[str, Any] = {
            "NumberOfTrainingJobsObjectiveNotImproving": rules.not_improving(objective, self._values)
        }
        if rules.converged(objective, self._values):
            details["ConvergenceDetectedTime"] = self._job.record.get("TuningJobCompletionDetails", {}).get(
                "ConvergenceDetectedTime", clock.now()
            )
        fields = self.trials.fields()
        overall = self._overall(fields.get("BestTrainingJob"))
        self._job.update(
            **fields,
            **({"OverallBestTrainingJob": overall} if overall else {}),
            TuningJobCompletionDetails=details,
            ConsumedResources={"RuntimeInSeconds": int(time.monotonic() - self._started)},
        )

    def _start_one(self) -> bool:
        """Start the next trial; returns False when there is none."""
        if len(self.trials.every) >= self.limit or self._exhausted:
            return False
        name = self.trials.name()
        with self._lock:
            texts = self._search.ask(name)
        if texts is None:
            self._exhausted = True
            return False
        self.trials.start(name, texts)
        return True

    def _fail_without_success(self) -> None:
        ended = [trial for trial in self.trials.every if trial.status in ENDED]
        failed = sum(trial.status == "Failed" for trial in ended)
        if rules.all_fail(failed, len(ended) - failed, self.limit):
            raise JobFailedError(
                f"No training job succeeded after {failed} attempts. For additional details, please take a "
                "look at the training job failures by listing training jobs for the hyperparameter tuning "
                "job."
            )
        if rules.all_fail(len(ended), len(self._values), self.limit) and failed < len(ended):
            raise JobFailedError(
                f"No objective metrics found after running {len(ended)} training jobs. Please ensure that "
                "the custom algorithm is emitting the objective metric as defined by the regular expression "
                "provided."
            )

    def _watch(self, trial: Trial) -> None:
        """Stop a trial that is worse than others, by the median or by Hyperband."""
        if trial.stopped_early:
            return
        epoch, value = len(trial.values), trial.values[-1]
        stops = False
        if self._config.get("TrainingJobEarlyStoppingType") == "Auto":
            others = [other.values for other in self.trials.every if other.status == "Completed"]
            stops = rules.falls_behind(self.trials.objective, value, epoch, others)
        resources = self._resources()
        if resources is not None:
            # A trial that trains just as long ends by itself: stopped, it would lose its model.
            stops = epoch > resources[1]
            if epoch < resources[1]:
                with self._lock:
                    stops = self._search.prunes(trial.name, value, epoch)
        if stops:
            trial.stopped_early = True
            self.trials.stop(trial)

    def _resources(self) -> tuple[int, int] | None:
        config = self._config.get("StrategyConfig", {}).get("HyperbandStrategyConfig")
        if self._config["Strategy"] != "Hyperband" or config is None:
            return None
        return int(config.get("MinResource", 1)), int(config["MaxResource"])

    def _learn(self) -> None:
        """Begin with the trials of the parents of a warm start."""
        start = self._job.record.get("WarmStartConfig")
        if start is None:
            return
        values = []
        for parent in start["ParentHyperParameterTuningJobs"]:
            name = parent["HyperParameterTuningJobName"]
            for record in of_tuning_job(name, self._job):
                final = record.get("FinalHyperParameterTuningJobObjectiveMetric")
                if final is None:
                    continue
                self._search.learn(record["TunedHyperParameters"], final["Value"])
                if record["TrainingJobStatus"] == "Completed":
                    values.append((final["Value"], {**summary(record), "TuningJobName": name}))
        best = self.trials.objective.best([value for value, _ in values])
        self._parents_best = next((trial for value, trial in values if value == best), None)

    def _overall(self, own: dict[str, Any] | None) -> dict[str, Any] | None:
        """The best trial of this tuning job and its parents, for a warm start on identical data."""
        start = self._job.record.get("WarmStartConfig", {})
        if start.get("WarmStartType") != "IdenticalDataAndAlgorithm":
            return None
        metric = "FinalHyperParameterTuningJobObjectiveMetric"
        trials = [each for each in (self._parents_best, own) if each]
        best = self.trials.objective.best([each[metric]["Value"] for each in trials])
        return next((each for each in trials if each[metric]["Value"] == best), None)


def of_tuning_job(name: str, job: Job) -> list[dict[str, Any]]:
    """The records of the training jobs of another tuning job."""
    record = records.find(TUNING_JOB, name, job.scope)
    if record is None:
        return []
    with records.lock:
        arn = record[TUNING_JOB.arn_field]
        trainings = list(records.table(TRAINING_JOB, job.scope).values())
        return [dict(each) for each in trainings if each.get("TuningJobArn") == arn]
