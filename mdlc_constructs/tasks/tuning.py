"""SageMaker hyperparameter tuning jobs, as tasks that wait for the end of the search."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Unpack

from mdlc_constructs.asl.states import Task
from mdlc_constructs.tasks.integration import StateOptions, integration
from mdlc_constructs.tasks.permissions import name_pattern as pattern_of
from mdlc_constructs.tasks.permissions import pass_role, waited_job
from mdlc_constructs.tasks.requests import Tags, check_at_least, present, tag_list

_DEFINED = (
    *("AlgorithmSpecification", "RoleArn", "InputDataConfig", "VpcConfig", "OutputDataConfig"),
    *("ResourceConfig", "StoppingCondition", "EnableNetworkIsolation", "CheckpointConfig", "RetryStrategy"),
    *("EnableInterContainerTrafficEncryption", "EnableManagedSpotTraining", "Environment"),
)
"""Members of a training job's request that the definition of a tuning's training jobs has, too."""


def tuning_job(
    name: str,
    *,
    job_name: str,
    training: Task,
    ranges: Mapping[str, object],
    metric: str,
    direction: str,
    strategy: str = "Bayesian",
    strategy_config: Mapping[str, object] | None = None,
    max_trials: int | str | None = None,
    parallel: int | str = 1,
    max_runtime_seconds: int | None = None,
    early_stopping: bool = False,
    completion: Mapping[str, object] | None = None,
    random_seed: int | str | None = None,
    warm_start: Mapping[str, object] | None = None,
    tags: Tags | None = None,
    name_pattern: str | None = None,
    overrides: Mapping[str, object] | None = None,
    **state: Unpack[StateOptions],
) -> Task:
    """A task that runs a tuning job: `sagemaker:createHyperParameterTuningJob.sync`; it describes the job.

    Source: https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_CreateHyperParameterTuningJob.html

    Args:
        job_name: of at most 32 characters; the names of the training jobs begin with it.
        training: a task of `training_job`, whose request is that of each trial. Its hyperparameters are those
            that are not searched; its name and tags are ignored.
        ranges: the API's `ParameterRanges`.
        metric: the objective metric; one of a container of one's own needs `metric_definitions` of the
            training job.
        direction: `Maximize` or `Minimize`.
        strategy_config: the API's `HyperParameterTuningJobStrategyConfig`, for Hyperband.
        max_trials: the number of training jobs at most; None for a grid.
        completion: the API's `TuningJobCompletionCriteria`.
        warm_start: the API's `HyperParameterTuningJobWarmStartConfig`.
        name_pattern: pattern of names for the permissions; required when `job_name` is a JSONata expression.
        overrides: any other members of the API's request.

    Raises:
        ValueError: for arguments that the API would refuse.
    """
    check_at_least(1, max_trials=max_trials, parallel=parallel)
    request_of_trial = training.arguments
    if not isinstance(request_of_trial, Mapping) or "AlgorithmSpecification" not in request_of_trial:
        raise ValueError(f"training={training.name!r} is no training job; make it with training_job(...).")
    config = {
        "Strategy": strategy,
        "StrategyConfig": strategy_config,
        "HyperParameterTuningJobObjective": {"Type": direction, "MetricName": metric},
        "ResourceLimits": present(
            {
                "MaxNumberOfTrainingJobs": max_trials,
                "MaxParallelTrainingJobs": parallel,
                "MaxRuntimeInSeconds": max_runtime_seconds,
            }
        ),
        "ParameterRanges": dict(ranges),
        "TrainingJobEarlyStoppingType": "Auto" if early_stopping else "Off",
        "TuningJobCompletionCriteria": completion,
        "RandomSeed": random_seed,
    }
    request = {
        "HyperParameterTuningJobName": job_name,
        "HyperParameterTuningJobConfig": present(config),
        "TrainingJobDefinition": _definition(training.name, request_of_trial),
        "WarmStartConfig": warm_start,
        "Tags": tag_list(tags),
    }
    return integration(
        name,
        service="sagemaker",
        action="createHyperParameterTuningJob",
        pattern="sync",
        arguments=present(request),
        statements=(
            *waited_job("HyperParameterTuning", pattern_of("job_name", job_name, name_pattern)),
            pass_role(str(request_of_trial["RoleArn"])),
        ),
        overrides=overrides,
        **state,
    )


def _definition(name: str, request: Mapping[str, object]) -> dict[str, object]:
    """The API's `HyperParameterTrainingJobDefinition`, of a training job's request."""
    specification = request["AlgorithmSpecification"]
    for member in ("ContainerEntrypoint", "ContainerArguments"):
        if isinstance(specification, Mapping) and specification.get(member):
            raise ValueError(
                f"training={name!r} sets {member}, which a tuning's training jobs do not have; let the image "
                "start its program itself."
            )
    resources = request["ResourceConfig"]
    if isinstance(resources, Mapping) and "KeepAlivePeriodInSeconds" in resources:
        raise ValueError(
            f"training={name!r} keeps a warm pool, which a tuning job does itself; leave it out."
        )
    definition = {member: request.get(member) for member in _DEFINED}
    return present({"StaticHyperParameters": request.get("HyperParameters"), **definition})
