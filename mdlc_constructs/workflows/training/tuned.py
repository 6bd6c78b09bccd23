"""The states of a training whose hyperparameters are searched.

`Train` is the tuning job. When an earlier execution was stopped in the middle of it, `ContinueTuning` goes on
from the trials that were done. `CollectTrials` copies the best trial's artifact to where a training job would
have left it, so that the following states are those of any training. A tuning job that fails says little of
the reason; `ExplainTrials` asks its trials.
"""

from collections.abc import Mapping
from dataclasses import replace
from math import ceil

from mdlc_constructs.asl.failures import Catch
from mdlc_constructs.asl.sequence import StateSequence
from mdlc_constructs.asl.states import Choice, Rule, Task
from mdlc_constructs.resources.places import BUCKET
from mdlc_constructs.settings import Compute, Tuning
from mdlc_constructs.settings.payloads.tuning import tuning_prefix
from mdlc_constructs.tasks import lambda_
from mdlc_constructs.tasks.tuning import tuning_job
from mdlc_constructs.workflows.data_jobs import patience
from mdlc_constructs.workflows.ending import CAUSE, ERROR, TO_FAILURE
from mdlc_constructs.workflows.parts import Parts
from mdlc_constructs.workflows.planning import TAGS, taken

FUNCTION = "CollectTrials"
"""Its handler is `lambdas.functions.collect_trials.handler.handler`."""
ENTRY, CONTINUE, EXPLAIN = "TuningBegun", "ContinueTuning", "ExplainTrials"
MAX_PATIENCE_SECONDS = 30 * 24 * 3600
"""The maximum runtime of a tuning job. Source: "Resource limits for automatic model tuning"."""

BEST_JOB = "{% $exists($tuned.job) ? $tuned.job : $plan.names.Train %}"
"""The training job of the model: the best trial's."""

AUDIT: Mapping[str, str] = {
    "hyperparameters": "{% $exists($tuned.hyperparameters) ? $tuned.hyperparameters : '{}' %}",
    "tuning_job": "{% $plan.names.Train %}",
    "tuning": "{% $exists($tuned.job) ? $string({'metric': $tuned.metric, 'value': $tuned.value, "
    "'number': $tuned.number, 'best': $tuned.job, 'uri': $tuned.uri}) : '' %}",
    "trials": "{% $exists($tuned.trials) ? $tuned.trials : '' %}",
}
"""Fields of the audit item: the best trial's hyperparameters, and each trial's with its metric."""


def tuning_patience(tuning: Tuning, compute: Compute) -> int:
    """Seconds that `Train` waits for the tuning job."""
    rounds = ceil(tuning.trials / tuning.parallel)
    seconds = rounds * patience(compute)
    if tuning.max_runtime is not None:
        seconds = min(seconds, int(tuning.max_runtime.total_seconds()) + patience(compute))
    return min(seconds, MAX_PATIENCE_SECONDS)


def tune(tuning: Tuning, training: Task, *, model: str, compute: Compute) -> Task:
    """`Train`: the tuning job whose trials are such training jobs.

    Args:
        training: the task of a training with the hyperparameters that are not searched.
        model: name of the model's home.
        compute: the instances of a trial.
    """
    hyperband = {
        "MinResource": tuning.min_resource or 1,
        "MaxResource": tuning.max_resource,
    }
    return tuning_job(
        "Train",
        job_name="{% $plan.names.Train %}",
        name_pattern=f"{tuning_prefix(model)}*",
        training=training,
        ranges=tuning.parameter_ranges(),
        metric=str(tuning.metric),
        direction=str(tuning.direction),
        strategy=tuning.strategy,
        strategy_config={"HyperbandStrategyConfig": hyperband} if tuning.strategy == "Hyperband" else None,
        max_trials=None if tuning.strategy == "Grid" else tuning.trials,
        parallel=tuning.parallel,
        max_runtime_seconds=None if tuning.max_runtime is None else int(tuning.max_runtime.total_seconds()),
        early_stopping=tuning.early_stopping,
        completion=tuning.completion(),
        random_seed=tuning.seed,
        warm_start=tuning.warm_start.to_request() if tuning.warm_start else None,
        tags=TAGS,
        timeout_seconds=tuning_patience(tuning, compute),
        output={},
        catch=(taken("Train"), _to_explanation(), TO_FAILURE),
        comment="Trains with different hyperparameters, and looks for those whose model is best",
    )


def members(value: object) -> Mapping[str, object]:
    """The members of a part of a request; none of a part that is no object."""
    return value if isinstance(value, Mapping) else {}


def continued(tuning: Tuning, train: Task) -> Task:
    """`ContinueTuning`: the rest of a search that was stopped, with what its trials taught."""
    arguments = members(train.arguments)
    config = members(arguments.get("HyperParameterTuningJobConfig"))
    limits = {
        **members(config.get("ResourceLimits")),
        "MaxNumberOfTrainingJobs": "{% $plan.tuning.remaining %}",
        "MaxParallelTrainingJobs": f"{{% $min([{tuning.parallel}, $plan.tuning.remaining]) %}}",
    }
    # With the same seed it would draw the combinations of the trials that are done.
    seed = f"{{% {tuning.seed} + $plan.tuning.attempt %}}"
    config = {**config, "ResourceLimits": limits, "RandomSeed": seed}
    kind = tuning.warm_start.kind if tuning.warm_start else "IdenticalDataAndAlgorithm"
    start = {"ParentHyperParameterTuningJobs": "{% $plan.tuning.parents %}", "WarmStartType": kind}
    return replace(
        train,
        name=CONTINUE,
        arguments={**arguments, "HyperParameterTuningJobConfig": config, "WarmStartConfig": start},
        comment="The trials that an execution which was stopped has left to do",
    )


def collect() -> Task:
    """`CollectTrials`: list the trials, and copy the best one's artifact to the planned place."""
    return lambda_.invoke(
        FUNCTION,
        function_arn="${CollectTrialsFunction}",
        payload={
            "bucket": BUCKET,
            "jobs": "{% $plan.tuning.jobs %}",
            "artifact": "{% $plan.uris.artifact %}",
            "trials": "{% $plan.uris.trials %}",
        },
        assign={"tuned": "{% $states.result.Payload %}"},
        output={},
        catch=(TO_FAILURE,),
        comment="Every trial's parameters and metric; the best one's model",
    )


def _to_explanation() -> Catch:
    return Catch(
        errors=("States.TaskFailed",),
        next=EXPLAIN,
        output={"error": ERROR, "cause": CAUSE},
    )


def _explain() -> Task:
    result = "$states.result.Payload"
    return lambda_.invoke(
        EXPLAIN,
        function_arn="${CollectTrialsFunction}",
        payload={
            "bucket": BUCKET,
            "jobs": "{% $plan.tuning.jobs %}",
            "error": "{% $states.input.error %}",
            "cause": "{% $states.input.cause %}",
        },
        assign={"failure": {"Error": f"{{% {result}.error %}}", "Cause": f"{{% {result}.cause %}}"}},
        output={},
        next="RecordFailure",
        catch=(TO_FAILURE,),
        comment="Why no trial has a model",
    )


def leads(tuning: Tuning, parts: Parts) -> dict[str, StateSequence]:
    """The states before `Train` and before `CreateModel`."""
    train = parts.tasks["train"]
    if not isinstance(train, Task) or train.name != "Train":
        raise ValueError(f"The task of the step 'train' is {train.name!r}: a tuning needs a task.")
    following = next(
        (
            parts.seams[seam].first.name
            for seam in ("after_train", "before_create_model")
            if parts.seams.get(seam)
        ),
        FUNCTION,
    )
    behind = StateSequence((collect(), _explain()), open_ends=frozenset({FUNCTION}))
    if not tuning.can_continue:
        return {"create_model": behind}
    begun = Rule(condition="{% $count($plan.tuning.parents) > 0 %}", next=CONTINUE)
    choice = Choice(name=ENTRY, rules=(begun,), comment="Whether an execution was stopped within the search")
    more = replace(continued(tuning, train), next=following)
    return {
        "train": StateSequence((choice, more), open_ends=frozenset({ENTRY})),
        "create_model": behind,
    }
