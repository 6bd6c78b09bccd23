"""The machine of a training on channels: a pure function from settings to states.

On success it enters Plan, Resume, CheckQuality, QualityVerdict, Train, CreateModel, (ScoreHoldout with a
holdout,) Evaluate, (ReadModelCard with a holdout,) Register, Decide, (TrackExperiment with MLflow,)
RecordAudit and PublishEvent.
"""

import json
from collections.abc import Mapping
from dataclasses import replace

from mdlc_constructs.asl.machine import Machine
from mdlc_constructs.asl.states import Map, State, Task
from mdlc_constructs.resources.places import PACKAGE_GROUP
from mdlc_constructs.settings.channel import S3Channel
from mdlc_constructs.settings.payloads.records import RecordTypes
from mdlc_constructs.tasks.model import Container
from mdlc_constructs.tasks.model_package import create_model_package
from mdlc_constructs.tasks.training import Channel as ChannelRequest
from mdlc_constructs.workflows.assembly import Template, assemble, machine_timeout, verdict
from mdlc_constructs.workflows.channel_training import places
from mdlc_constructs.workflows.channel_training.metrics_gate import judge_metrics
from mdlc_constructs.workflows.channel_training.settings import JSON_LINES, ChannelTrainingSettings
from mdlc_constructs.workflows.data_jobs import VERDICT, data_job
from mdlc_constructs.workflows.ending import TO_FAILURE
from mdlc_constructs.workflows.parts import NO_SEAM, Parts, machine_function, starts_otherwise
from mdlc_constructs.workflows.planning import taken
from mdlc_constructs.workflows.scoring import make_model, score_task
from mdlc_constructs.workflows.training import experiments
from mdlc_constructs.workflows.training.artifact import artifact_found
from mdlc_constructs.workflows.training.decide import decide
from mdlc_constructs.workflows.training.ending import WORKFLOW, training_ending, unchanged
from mdlc_constructs.workflows.training.job import own_channels_of, train_on
from mdlc_constructs.workflows.training.model_card import (
    CARD_REFUSED,
    CARD_URI,
    MODEL_CARD,
    leads,
    wants_card,
)


def steps_of(settings: ChannelTrainingSettings) -> tuple[str, ...]:
    """The steps: each can be replaced (`create_<step>_task`) and has the seams `before_` and `after_`."""
    scored = ("score_holdout",) if settings.has_holdout else ()
    return ("check_quality", "train", "create_model", *scored, "evaluate", "register", "decide")


def check_quality(settings: ChannelTrainingSettings) -> Task:
    """Check the objects of the channels before anything is trained on them; write the holdout's records."""
    holdout = {"split": "{% $plan.uris.split %}"} if settings.has_holdout else {}
    return data_job(
        "CheckQuality",
        command="channels",
        label="quality",
        model=settings.model,
        role_arn="${QualityRole}",
        wheels="${DataWheels}",
        inputs=places.inputs(settings.every_channel),
        outputs={"report": "{% $plan.uris.report %}", **holdout},
        compute=settings.job_compute,
        network=settings.network,
        assign={"quality": VERDICT},
        comment="Counts, classes, unreadable, empty and duplicate objects, manifests",
    )


def train(settings: ChannelTrainingSettings) -> Task:
    """Train on the channels, as the algorithm reads them."""
    uris, algorithm = places.uris(settings.every_channel), settings.algorithm
    requests = (
        _request(name, channel, uris[name], sharded=channel.sharded or name in algorithm.sharded_channels)
        for name, channel in settings.channels.inputs.items()
    )
    return train_on(
        (*requests, *own_channels_of(algorithm)),
        model=settings.model,
        hyperparameters=algorithm.job_texts,
        environment=dict(algorithm.training_environment) or None,
        compute=settings.training_compute,
        network=settings.network,
        mlflow=experiments.job_config(settings.mlflow, settings.model),
    )


def _request(name: str, channel: S3Channel, uri: str, *, sharded: bool) -> ChannelRequest:
    source = {"AttributeNames": list(channel.attribute_names)} if channel.attribute_names else {}
    overrides = {
        **({"DataSource": {"S3DataSource": source}} if source else {}),
        **({"ShuffleConfig": {"Seed": channel.shuffle}} if channel.shuffle is not None else {}),
        **({"RecordWrapperType": channel.record_wrapper} if channel.record_wrapper else {}),
    }
    return ChannelRequest(
        name=name,
        uri=uri,
        content_type=channel.content_type,
        compression=channel.compression,
        input_mode=channel.input_mode,
        kind=channel.kind,
        distribution="ShardedByS3Key" if sharded else "FullyReplicated",
        overrides=overrides,
    )


def _serving_environment(settings: ChannelTrainingSettings) -> Mapping[str, str] | None:
    return dict(settings.algorithm.serving_environment) or None


def model(settings: ChannelTrainingSettings) -> Task:
    """Create the model from the trained artifact."""
    return make_model(
        model_name="{% $plan.names.CreateModel %}",
        image=settings.scoring_image,
        artifact="{% $plan.uris.artifact %}",
        environment=_serving_environment(settings),
        model=settings.model,
        network=settings.network,
    )


def score_holdout(settings: ChannelTrainingSettings) -> Map:
    """Score the holdout with the challenger and, when there is one, with the champion."""
    inner = score_task(
        "ScoreModel",
        model=settings.model,
        records=RecordTypes(content_type=JSON_LINES, accept=JSON_LINES),
        compute=settings.scoring_compute,
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


def evaluate(settings: ChannelTrainingSettings) -> Task:
    """Judge the answers to the holdout; without one, the training job's own metrics."""
    if not settings.has_holdout:
        return judge_metrics(settings.model, settings.gate)
    return data_job(
        "Evaluate",
        command="evaluate",
        label="evaluate",
        model=settings.model,
        role_arn="${EvaluateRole}",
        wheels="${EvaluateWheels}",
        inputs={"holdout_keys": "{% $plan.uris.keys %}", "predictions": "{% $plan.uris.scores %}"},
        outputs={"evaluation": "{% $plan.uris.evaluation %}"},
        compute=settings.job_compute,
        network=settings.network,
        assign={"gate": VERDICT},
        comment="Metrics, confidence intervals, champion comparison, gate",
    )


def register(settings: ChannelTrainingSettings) -> Task:
    """Register the model package with its lineage; a repeated call for a run returns the same one.

    Its metadata name no feature program, by which releases and batches of tables refuse it.
    """
    evaluated = settings.has_holdout
    statistics = {"ContentType": "application/json", "S3Uri": "{% $plan.uris.evaluation & 'metrics.json' %}"}
    known = {"evaluation": "{% $plan.uris.evaluation %}", "model_card": CARD_URI} if evaluated else {}
    return create_model_package(
        "Register",
        group_name=PACKAGE_GROUP,
        containers=(
            Container(
                image=settings.scoring_image,
                model_data_url="{% $plan.uris.artifact %}",
                environment=_serving_environment(settings),
            ),
        ),
        content_types=(settings.scoring_type,),
        response_types=(settings.scoring_type if evaluated else "application/json",),
        transform_instance_types=(settings.scoring_compute.instance_type,),
        approval_status="PendingManualApproval",
        client_token="{% $plan.token %}",
        metrics={"ModelQuality": {"Statistics": statistics}} if evaluated else None,
        model_card=MODEL_CARD if evaluated else None,
        metadata={
            "run": "{% $plan.run %}",
            "data": "channels",
            "data_version": "{% $plan.data_version %}",
            "code_version": settings.code_version,
            "job_code": "${JobCodeFile}",
            "image": "${TrainingImage}",
            "training_job": "{% $plan.names.Train %}",
            "model": "{% $plan.names.CreateModel %}",
            **known,
        },
        assign={"package_arn": "{% $states.result.ModelPackageArn %}"},
        output={},
        catch=(CARD_REFUSED, TO_FAILURE) if evaluated else (TO_FAILURE,),
    )


def default_tasks(settings: ChannelTrainingSettings) -> dict[str, State]:
    """The default task of every step; a subclass may replace it."""
    scored = {"score_holdout": score_holdout(settings)} if settings.has_holdout else {}
    return {
        "check_quality": check_quality(settings),
        "train": train(settings),
        "create_model": model(settings),
        **scored,
        "evaluate": evaluate(settings),
        "register": register(settings),
        "decide": decide(settings),
    }


@machine_function(lambda _: WORKFLOW, steps_of, default_tasks)
def channel_training_machine(settings: ChannelTrainingSettings, parts: Parts) -> Machine:
    """Assemble the training machine."""
    if starts_otherwise(parts.tasks["train"], parts.defaults["train"]):
        after_train = artifact_found(parts.seams.get("after_train", NO_SEAM))
        parts = replace(parts, seams={**parts.seams, "after_train": after_train})
    fields = {"hyperparameters": json.dumps(settings.algorithm.texts, sort_keys=True)}
    judged = ("score_holdout", "evaluate") if settings.has_holdout else ()
    template = Template(
        workflow=WORKFLOW,
        model=settings.model,
        comment=f"Trains {settings.model} on channels, judges it and registers it",
        steps=steps_of(settings),
        jobs=("check_quality", "train", "create_model", *judged),
        verdicts={
            "check_quality": verdict(
                "QualityVerdict",
                "quality",
                error="DataRefused",
                instead="The quality job left no verdict.",
            )
        },
        variables=("quality", "gate"),
        planner="${PlanChannelTrainingFunction}",
        settings=settings.to_plan(),
        unchanged=unchanged(settings.mlflow, rows="{% $plan.recorded.rows %}"),
        ending=training_ending(settings, fields=fields, training_job="{% $plan.names.Train %}"),
        failure_event="Training Failed",
        timeout_seconds=machine_timeout(
            settings.training_compute, *[settings.job_compute] * 2, settings.scoring_compute
        ),
        leads=leads(parts, register(settings)) if wants_card(parts.tasks["register"]) else {},
    )
    return assemble(template, parts)
