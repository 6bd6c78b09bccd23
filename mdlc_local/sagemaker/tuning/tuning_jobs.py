"""CreateHyperParameterTuningJob and its checks, and the list of a tuning job's training jobs."""

from typing import Any

from mdlc_local.errors import invalid
from mdlc_local.sagemaker import execution_roles, listing, records
from mdlc_local.sagemaker.containers.images import Images
from mdlc_local.sagemaker.jobs import job_requests, training_jobs
from mdlc_local.sagemaker.records import TRAINING_JOB, TUNING_JOB, Record
from mdlc_local.sagemaker.tuning import ranges, running
from mdlc_local.sagemaker.tuning.trials import summary, training_request
from mdlc_local.scopes import Scope

MAX_HYPERPARAMETERS, MAX_TRIALS, MAX_PARALLEL = 30, 750, 100
"""Source: "Resource limits for automatic model tuning" in the developer guide."""
MAX_RESOURCE = 20_000

_NOT_RUN = {
    "": ("TrainingJobDefinitions", "Autotune"),
    "TrainingJobDefinition": (
        *("HyperParameterRanges", "TuningObjective", "HyperParameterTuningResourceConfig"),
        "CheckpointConfig",
    ),
    "HyperParameterTuningJobConfig": (),
}
"""Members of a request, by the member that they are part of, that are not run here."""


def create(request: dict[str, Any], scope: Scope, images: Images) -> dict[str, Any]:
    """CreateHyperParameterTuningJob.

    Raises:
        ApiError: ResourceInUse when the name is in use, or ValidationException for a request that
            SageMaker rejects or that cannot run on this machine.
    """
    job_requests.refuse_taken(TUNING_JOB, request["HyperParameterTuningJobName"], scope)
    _refuse_not_run(request)
    config = request["HyperParameterTuningJobConfig"]
    for member, place in (
        ("HyperParameterTuningJobObjective", config),
        ("ParameterRanges", config),
        ("TrainingJobDefinition", request),
    ):
        if member not in place:
            raise invalid(f"{member} is required for a hyperparameter tuning job")
    _check_strategy(config, request["TrainingJobDefinition"])
    _check_limits(config)
    static = request["TrainingJobDefinition"].get("StaticHyperParameters", {})
    for searched in ranges.read(config["ParameterRanges"]):
        if searched.name in static:
            raise invalid(
                f"The hyperparameter [{searched.name}] is both static and tunable: it can be one of the two."
            )
    name = request["HyperParameterTuningJobName"]
    training_jobs.check(training_request(request, f"{name}-001-00000000", {}), scope, images)
    _check_metric(request, images)
    _check_parents(request, scope)
    role = request["TrainingJobDefinition"]["RoleArn"]
    execution_roles.check_role(role, scope, records.arn(TUNING_JOB, name, scope))
    zero = dict.fromkeys(("Completed", "InProgress", "RetryableError", "NonRetryableError", "Stopped"), 0)
    return job_requests.create(
        TUNING_JOB,
        request,
        scope,
        role,
        lambda job: running.run(job, images),
        occupies=False,
        TrainingJobStatusCounters=zero,
        ObjectiveStatusCounters=dict.fromkeys(("Succeeded", "Pending", "Failed"), 0),
    )


def list_training_jobs(request: dict[str, Any], scope: Scope) -> dict[str, Any]:
    """ListTrainingJobsForHyperParameterTuningJob."""
    tuning = job_requests.existing(TUNING_JOB, request["HyperParameterTuningJobName"], scope)
    with records.lock:
        arn = tuning[TUNING_JOB.arn_field]
        every = [
            record
            for record in records.table(TRAINING_JOB, scope).values()
            if record.get("TuningJobArn") == arn
        ]
        by_value = request.get("SortBy") == "FinalObjectiveMetricValue"
        if by_value:
            every.sort(key=_value)
            request = {**request, "SortBy": listing.UNSORTED}
        page, token = listing.page(request, TRAINING_JOB, every)
        return {"TrainingJobSummaries": [summary(record) for record in page], "NextToken": token}


def _value(record: Record) -> float:
    final = record.get("FinalHyperParameterTuningJobObjectiveMetric")
    return float(final["Value"]) if final else float("inf")


def _refuse_not_run(request: dict[str, Any]) -> None:
    for part, members in _NOT_RUN.items():
        place = request.get(part, {}) if part else request
        for member in members:
            if member in place:
                where = f"{part}.{member}" if part else member
                raise invalid(f"{where} is not run by the embedded AWS: leave it out")
    if request["HyperParameterTuningJobConfig"].get("ParameterRanges", {}).get("AutoParameters"):
        raise invalid("ParameterRanges.AutoParameters is not run by the embedded AWS: give ranges")


def _check_limits(config: dict[str, Any]) -> None:
    limits, strategy = config["ResourceLimits"], config["Strategy"]
    searched = ranges.read(config["ParameterRanges"])
    if len(searched) > MAX_HYPERPARAMETERS:
        raise invalid(f"A tuning job can search at most {MAX_HYPERPARAMETERS} hyperparameters.")
    trials, parallel = limits.get("MaxNumberOfTrainingJobs"), limits["MaxParallelTrainingJobs"]
    possible = ranges.combinations(searched)
    if strategy == "Grid":
        trials = trials or possible
        if trials != possible:
            raise invalid(
                f"MaxNumberOfTrainingJobs [{trials}] of a grid search must be the number of combinations "
                f"[{possible:g}], or be left out."
            )
    if trials is None:
        raise invalid(f"MaxNumberOfTrainingJobs is required for the strategy {strategy}.")
    if trials > MAX_TRIALS or parallel > MAX_PARALLEL:
        raise invalid(
            f"A tuning job can run at most {MAX_TRIALS} training jobs, and {MAX_PARALLEL} at the same time."
        )
    if parallel > trials:
        raise invalid(
            f"MaxParallelTrainingJobs [{parallel}] must be less than or equal to MaxNumberOfTrainingJobs "
            f"[{trials}]."
        )
    if possible < trials:
        raise invalid(
            "You don't have enough combinations of hyperparameter ranges. The total number of hyperparameter "
            f"combinations for the provided ranges [{possible:.1f}] must be equal or greater than the value "
            f"of MaxNumberOfJobs, [{trials}]. Provide additional ranges."
        )


def _check_strategy(config: dict[str, Any], definition: dict[str, Any]) -> None:
    strategy = config["Strategy"]
    hyperband = config.get("StrategyConfig", {}).get("HyperbandStrategyConfig")
    if hyperband is not None and strategy != "Hyperband":
        raise invalid("HyperbandStrategyConfig is only supported when Strategy is Hyperband.")
    if strategy == "Grid":
        for member in ("ContinuousParameterRanges", "IntegerParameterRanges"):
            if config["ParameterRanges"].get(member):
                raise invalid(
                    f"{member} are not supported by the Grid strategy: only categorical ranges are."
                )
    if strategy == "Hyperband":
        if config.get("TrainingJobEarlyStoppingType", "Off") != "Off":
            raise invalid("TrainingJobEarlyStoppingType must be Off when Strategy is Hyperband.")
        _check_resource(hyperband or {}, definition)


_EPOCHS = ("epochs", "numepochs", "n-epochs", "n_epochs", "num_epochs")


def _check_resource(hyperband: dict[str, Any], definition: dict[str, Any]) -> None:
    """Check the most epochs of a Hyperband trial, which may follow from a static hyperparameter."""
    static = definition.get("StaticHyperParameters", {})
    epochs = hyperband.get("MaxResource") or next((static[name] for name in _EPOCHS if name in static), None)
    if epochs is None or not 1 <= int(epochs) <= MAX_RESOURCE:
        raise invalid(
            f"MaxResource [{epochs}] of HyperbandStrategyConfig must be from 1 to {MAX_RESOURCE}, or "
            "follow from a static hyperparameter epochs."
        )
    if hyperband.get("MinResource", 1) >= int(epochs):
        raise invalid("MinResource of HyperbandStrategyConfig must be less than its MaxResource.")


def _check_metric(request: dict[str, Any], images: Images) -> None:
    specification = request["TrainingJobDefinition"]["AlgorithmSpecification"]
    objective = request["HyperParameterTuningJobConfig"]["HyperParameterTuningJobObjective"]["MetricName"]
    defined = [each["Name"] for each in specification.get("MetricDefinitions", [])]
    if objective not in defined and not images.find(specification["TrainingImage"]).metrics:
        raise invalid(
            "A metric is required for this hyperparameter tuning job objective. Provide a metric in the "
            "metric definitions."
        )


def _check_parents(request: dict[str, Any], scope: Scope) -> None:
    start = request.get("WarmStartConfig")
    if start is None:
        return
    if request["HyperParameterTuningJobConfig"]["Strategy"] not in ("Bayesian", "Random"):
        raise invalid("Warm start tuning jobs use the strategy Bayesian or Random.")
    objective = request["HyperParameterTuningJobConfig"]["HyperParameterTuningJobObjective"]
    for parent in start["ParentHyperParameterTuningJobs"]:
        name = parent["HyperParameterTuningJobName"]
        record = job_requests.existing(TUNING_JOB, name, scope)
        if record["HyperParameterTuningJobStatus"] not in ("Completed", "Stopped", "Failed"):
            raise invalid(f"The parent hyperparameter tuning job [{name}] must be in a terminal state.")
        if record["HyperParameterTuningJobConfig"]["HyperParameterTuningJobObjective"] != objective:
            raise invalid(
                f"The objective metric of the parent hyperparameter tuning job [{name}] must be the same."
            )
        if start["WarmStartType"] == "IdenticalDataAndAlgorithm":
            _check_identical(name, record, request)


def _check_identical(name: str, parent: Record, request: dict[str, Any]) -> None:
    own, theirs = request["TrainingJobDefinition"], parent["TrainingJobDefinition"]
    images = [each["AlgorithmSpecification"]["TrainingImage"] for each in (own, theirs)]
    if images[0] != images[1] or own.get("InputDataConfig") != theirs.get("InputDataConfig"):
        raise invalid(
            "With IdenticalDataAndAlgorithm, training image and input data must be those of the parent "
            f"[{name}]."
        )
