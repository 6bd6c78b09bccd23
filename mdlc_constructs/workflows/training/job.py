"""The training job of the training machine."""

from collections.abc import Collection, Mapping

from mdlc_constructs.asl.states import Task
from mdlc_constructs.resources.places import KEY_ARN
from mdlc_constructs.settings import Algorithm, Compute, NetworkSettings
from mdlc_constructs.tasks.training import Channel, SpotTraining, training_job
from mdlc_constructs.workflows.data_jobs import patience, volume_key, vpc_of
from mdlc_constructs.workflows.ending import TO_FAILURE
from mdlc_constructs.workflows.planning import TAGS, taken


def train_on_split(
    *,
    model: str,
    algorithm: Algorithm,
    content_type: str,
    environment: Mapping[str, str] | None,
    compute: Compute,
    network: NetworkSettings,
    searched: Collection[str] = (),
    metrics: Mapping[str, str] | None = None,
    mlflow: Mapping[str, object] | None = None,
) -> Task:
    """`Train`: train on the training part of the split and validate on its validation part.

    Args:
        content_type: content type of the training records.
        searched: hyperparameters that a tuning gives each trial.
        metrics: by metric name, the regular expression that finds its value in the log.
        mlflow: the job's `MlflowConfig`.
    """
    return train_on(
        channels_of(algorithm, content_type, instances=compute.instance_count),
        model=model,
        algorithm_arn=algorithm.resource_arn,
        hyperparameters={name: text for name, text in algorithm.job_texts.items() if name not in searched},
        environment=environment,
        compute=compute,
        network=network,
        metrics=metrics,
        mlflow=mlflow,
    )


def train_on(
    channels: tuple[Channel, ...],
    *,
    model: str,
    hyperparameters: Mapping[str, str],
    environment: Mapping[str, str] | None,
    compute: Compute,
    network: NetworkSettings,
    algorithm_arn: str | None = None,
    metrics: Mapping[str, str] | None = None,
    mlflow: Mapping[str, object] | None = None,
) -> Task:
    """`Train`: the training job of a plan over the channels.

    Args:
        algorithm_arn: the algorithm resource that trains; None for the image of the workflow.
        mlflow: the job's `MlflowConfig`.
    """
    return training_job(
        "Train",
        job_name="{% $plan.names.Train %}",
        name_pattern=f"{model}-train-*",
        role_arn="${TrainRole}",
        image="${TrainingImage}" if algorithm_arn is None else None,
        algorithm_name=algorithm_arn,
        hyperparameters=hyperparameters,
        environment=environment,
        channels=channels,
        output_uri="{% $plan.uris.training %}",
        kms_key_id=KEY_ARN,
        volume_kms_key_id=volume_key(compute),
        instance_type=compute.instance_type,
        instance_count=compute.instance_count,
        volume_gb=compute.volume_gb,
        max_runtime_seconds=compute.max_runtime_seconds,
        spot=_spot(compute),
        metric_definitions=metrics,
        mlflow=mlflow,
        keep_alive_seconds=compute.keep_alive_seconds,
        tags=TAGS,
        vpc=vpc_of(network),
        network_isolation=network.isolation,
        encrypt_inter_container=network.encrypt_between_containers,
        timeout_seconds=patience(compute),
        output={},
        catch=(taken("Train"), TO_FAILURE),
    )


def channels_of(algorithm: Algorithm, content_type: str, *, instances: int) -> tuple[Channel, ...]:
    """The input channels: the parts of the split that the algorithm takes, and the files that it brings.

    The training part has a file for each of several instances, which get one each.
    """
    sharded = (*algorithm.sharded_channels, *([algorithm.channels["train"]] if instances > 1 else []))
    parts = (
        Channel(
            name=name,
            uri=f"{{% $plan.uris.{part} %}}",
            content_type=content_type,
            distribution="ShardedByS3Key" if name in sharded else "FullyReplicated",
        )
        for part, name in algorithm.channels.items()
    )
    return (*parts, *own_channels_of(algorithm))


def own_channels_of(algorithm: Algorithm) -> tuple[Channel, ...]:
    """The channels of the files that an algorithm brings itself, such as a script's archive."""
    return tuple(Channel(name=name, uri=uri) for name, uri in algorithm.own_channels.items())


def _spot(compute: Compute) -> SpotTraining | None:
    if compute.spot is None or compute.max_wait_seconds is None:
        return None
    kept = "{% $plan.uris.training & 'checkpoints/' & $plan.names.Train & '/' %}"
    return SpotTraining(
        max_wait_seconds=compute.max_wait_seconds, checkpoint_uri=kept if compute.spot.checkpoint else None
    )
