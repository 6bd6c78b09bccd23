"""The training machine: a pure function from settings to states.

On success it enters Plan, Resume, CheckQuality, QualityVerdict, PrepareFeatures, Train, CreateModel,
ScoreHoldout (with ScoreModel inside, once a model), Evaluate, ReadModelCard, Register, Decide,
(TrackExperiment with MLflow,) RecordAudit and PublishEvent.
"""

import json
from dataclasses import replace

from mdlc_constructs.asl.machine import Machine
from mdlc_constructs.asl.states import Choice, Map, State, Task
from mdlc_constructs.resources.places import DATASET_BUCKET, DATASET_PREFIX
from mdlc_constructs.settings.refusal import refusal
from mdlc_constructs.workflows.assembly import Template, assemble, machine_timeout, verdict
from mdlc_constructs.workflows.data_jobs import VERDICT, data_job
from mdlc_constructs.workflows.ending import TO_FAILURE
from mdlc_constructs.workflows.parts import NO_SEAM, Parts, machine_function, starts_otherwise
from mdlc_constructs.workflows.planning import taken
from mdlc_constructs.workflows.scoring import make_model, score_task, strategy_of
from mdlc_constructs.workflows.training import experiments, tuned
from mdlc_constructs.workflows.training.artifact import artifact_found
from mdlc_constructs.workflows.training.decide import decide
from mdlc_constructs.workflows.training.ending import WORKFLOW, training_ending, unchanged
from mdlc_constructs.workflows.training.job import train_on_split
from mdlc_constructs.workflows.training.marketplace import PACKAGE, packaged
from mdlc_constructs.workflows.training.model_card import (
    leads,
    wants_card,
)
from mdlc_constructs.workflows.training.registration import exported, register, trained_by
from mdlc_constructs.workflows.training.series import serving_environment, training_environment
from mdlc_constructs.workflows.training.settings import TrainingSettings

STEPS = (
    "check_quality",
    "prepare_features",
    "train",
    "create_model",
    "score_holdout",
    "evaluate",
    "register",
    "decide",
)
"""The steps that can be replaced (`create_<step>_task`) and surrounded (`before_<step>`, `after_<step>`).

With `export` there is one more, `export`, after `score_holdout`.
"""


def steps_of(settings: TrainingSettings) -> tuple[str, ...]:
    """The steps of a machine in order."""
    if settings.export is None:
        return STEPS
    place = STEPS.index("evaluate")
    return (*STEPS[:place], "export", *STEPS[place:])


def check_quality(settings: TrainingSettings) -> Task:
    """Check the batch before anything is trained on it; a rejected batch is reported and quarantined."""
    return data_job(
        "CheckQuality",
        command="quality",
        label="quality",
        model=settings.model,
        role_arn="${QualityRole}",
        wheels="${DataWheels}",
        inputs={"data": f"s3://{DATASET_BUCKET}/{DATASET_PREFIX}"},
        outputs={"report": "{% $plan.uris.report %}", "quarantine": "{% $plan.uris.quarantine %}"},
        compute=settings.job_compute,
        network=settings.network,
        assign={"quality": VERDICT},
        comment="Completeness, types, ranges, keys, classes, leaks",
    )


def prepare_features(settings: TrainingSettings) -> Task:
    """Verify the downloaded data, fit the feature program on the training part, write the split."""
    return data_job(
        "PrepareFeatures",
        command="features",
        label="features",
        model=settings.model,
        role_arn="${FeaturesRole}",
        wheels="${DataWheels}",
        inputs={"data": f"s3://{DATASET_BUCKET}/{DATASET_PREFIX}"},
        outputs={"split": "{% $plan.uris.split %}", "program": "{% $plan.uris.program %}"},
        compute=settings.job_compute,
        network=settings.network,
        comment="Split; encodings and imputations from the training part only",
    )


def train(settings: TrainingSettings) -> Task:
    """Train on the training part of the split and validate on its validation part; or search."""
    tuning = settings.tuning
    training = train_on_split(
        model=settings.model,
        algorithm=settings.algorithm,
        searched=tuple(tuning.ranges) if tuning else (),
        metrics={str(tuning.metric): tuning.regex} if tuning and tuning.regex else None,
        content_type=settings.records.training_type,
        environment=training_environment(settings.algorithm, settings.dataset),
        compute=settings.training_compute,
        network=settings.network,
        mlflow=experiments.job_config(settings.mlflow, settings.model) if tuning is None else None,
    )
    if tuning is None:
        return training
    return tuned.tune(tuning, training, model=settings.model, compute=settings.training_compute)


def model(settings: TrainingSettings) -> Task:
    """Create the model from the trained artifact."""
    return make_model(
        model_name="{% $plan.names.CreateModel %}",
        image=settings.scoring_image,
        artifact="{% $plan.uris.artifact %}",
        environment=serving_environment(settings.algorithm, settings.dataset),
        model=settings.model,
        network=settings.network,
        package=None if settings.algorithm.resource_arn is None else PACKAGE,
    )


def score_holdout(settings: TrainingSettings) -> Map:
    """Score the holdout with the challenger and, when there is one, with the champion."""
    inner = score_task(
        "ScoreModel",
        model=settings.model,
        compute=settings.scoring_compute,
        strategy=strategy_of(settings.dataset.task),
    )
    return Map(
        name="ScoreHoldout",
        items="{% $plan.scoring %}",
        processor=Machine((inner,)),
        max_concurrency=2,
        output={},
        catch=(taken("ScoreHoldout"), TO_FAILURE),
        comment="Challenger and champion answer the same holdout",
    )


def export(settings: TrainingSettings) -> Task:
    """Write the trained model in ONNX, and compare its answers to the holdout with the transform job's."""
    return data_job(
        "Export",
        command="export",
        label="export",
        model=settings.model,
        role_arn="${ExportRole}",
        wheels="${ExportWheels}",
        inputs={
            "model": "{% $plan.uris.artifact %}",
            "holdout": "{% $plan.uris.holdout %}",
            "predictions": "{% $plan.uris.scores & 'challenger/' %}",
        },
        outputs={"export": "{% $plan.uris.export %}"},
        compute=settings.job_compute,
        network=settings.network,
        assign={"export": VERDICT},
        comment="The model in ONNX, if it answers the holdout as before",
    )


def evaluate(settings: TrainingSettings) -> Task:
    """Compute metrics with confidence intervals, report, gate's verdict and the monitoring baseline."""
    trees = {"model": "{% $plan.uris.artifact %}", "program": "{% $plan.uris.program %}"}
    return data_job(
        "Evaluate",
        command="evaluate",
        label="evaluate",
        model=settings.model,
        role_arn="${EvaluateRole}",
        wheels="${EvaluateWheels}",
        inputs={
            "holdout_keys": "{% $plan.uris.keys %}",
            "predictions": "{% $plan.uris.scores %}",
            "trained_on": "{% $plan.uris.trained_on %}",
            "manifest": "{% $plan.uris.manifest %}",
            **(trees if settings.reports_gain else {}),
            **({"trials": "{% $plan.uris.trials %}"} if settings.tuning else {}),
        },
        outputs={"evaluation": "{% $plan.uris.evaluation %}", "baseline": "{% $plan.uris.baseline %}"},
        compute=settings.job_compute,
        network=settings.network,
        assign={"gate": VERDICT},
        comment="Metrics, confidence intervals, champion comparison, gate; the baseline of monitoring",
    )


def default_tasks(settings: TrainingSettings) -> dict[str, State]:
    """The default task of every step; a subclass may replace it."""
    return {
        "check_quality": check_quality(settings),
        "prepare_features": prepare_features(settings),
        "train": train(settings),
        "create_model": model(settings),
        "score_holdout": score_holdout(settings),
        "evaluate": evaluate(settings),
        "register": register(settings),
        "decide": decide(settings),
        **({} if settings.export is None else {"export": export(settings)}),
    }


def _export_verdict() -> Choice:
    return verdict(
        "ExportVerdict",
        "export",
        error="ExportRefused",
        instead="The export job left no verdict.",
        report="$plan.uris.export & 'export.json'",
    )


@machine_function(lambda _: WORKFLOW, steps_of, default_tasks)
def training_machine(settings: TrainingSettings, parts: Parts) -> Machine:
    """Assemble the training machine."""
    if starts_otherwise(parts.tasks["train"], parts.defaults["train"]):
        if settings.tuning is not None:
            raise refusal("tuning", settings.tuning.strategy, "another task trains; leave tuning out.")
        after_train = artifact_found(parts.seams.get("after_train", NO_SEAM))
        parts = replace(parts, seams={**parts.seams, "after_train": after_train})
    if settings.algorithm.resource_arn is not None:
        behind = parts.seams.get("before_create_model", NO_SEAM)
        states = packaged(settings.algorithm.resource_arn, settings.model, behind)
        parts = replace(parts, seams={**parts.seams, "before_create_model": states})
    fields = {
        "program": "{% $plan.uris.program %}",
        "hyperparameters": json.dumps(settings.algorithm.texts, sort_keys=True),
        **(tuned.AUDIT if settings.tuning else {}),
        **exported(settings),
    }
    exports = settings.export is not None
    template = Template(
        workflow=WORKFLOW,
        model=settings.model,
        comment=f"Trains {settings.model}, compares it with the champion and registers it",
        steps=steps_of(settings),
        jobs=tuple(step for step in steps_of(settings) if step not in ("register", "decide")),
        verdicts={
            "check_quality": verdict(
                "QualityVerdict",
                "quality",
                error="DataRefused",
                instead="The quality job left no verdict.",
            ),
            **({"export": _export_verdict()} if exports else {}),
        },
        variables=(
            "quality",
            "gate",
            *(("tuned",) if settings.tuning else ()),
            *(("export",) if exports else ()),
        ),
        planner="${PlanTrainingFunction}",
        settings=settings.to_plan(),
        # Runs recorded before rows were counted do not have this field.
        unchanged=unchanged(
            settings.mlflow, rows="{% $exists($plan.recorded.rows) ? $plan.recorded.rows : '' %}"
        ),
        ending=training_ending(settings, fields=fields, training_job=trained_by(settings)),
        failure_event="Training Failed",
        timeout_seconds=machine_timeout(
            settings.training_compute, *[settings.job_compute] * (3 + exports), settings.scoring_compute
        )
        + (2 * tuned.tuning_patience(settings.tuning, settings.training_compute) if settings.tuning else 0),
        leads={
            **(leads(parts, register(settings)) if wants_card(parts.tasks["register"]) else {}),
            **(tuned.leads(settings.tuning, parts) if settings.tuning else {}),
        },
    )
    return assemble(template, parts)
