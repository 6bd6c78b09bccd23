"""SageMaker training jobs, as tasks that wait for the end of the job."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Unpack

from mdlc_constructs.asl.statements import Statement
from mdlc_constructs.asl.states import Task
from mdlc_constructs.tasks.integration import StateOptions, integration
from mdlc_constructs.tasks.network import Vpc, vpc_request
from mdlc_constructs.tasks.permissions import arn, pass_role, waited_job
from mdlc_constructs.tasks.permissions import name_pattern as pattern_of
from mdlc_constructs.tasks.requests import (
    Tags,
    check_at_least,
    check_s3_uris,
    check_unique,
    merged,
    present,
    tag_list,
    texts,
)


@dataclass(frozen=True, kw_only=True)
class Channel:
    """An input channel of a training job, in `/opt/ml/input/data/<name>` of the container.

    `kind` is `S3Prefix`, `ManifestFile` or `AugmentedManifestFile`; `distribution` is `FullyReplicated` or
    `ShardedByS3Key`; `input_mode` is `File`, `FastFile`, `Pipe`, or None for the job's input mode.
    `overrides` sets any other member of the API's `Channel`.
    """

    name: str
    uri: str
    content_type: str | None = None
    compression: str | None = None
    input_mode: str | None = None
    kind: str = "S3Prefix"
    distribution: str = "FullyReplicated"
    overrides: Mapping[str, object] = field(default_factory=dict)

    def __post_init__(self) -> None:
        check_s3_uris(uri=self.uri)

    def to_request(self) -> dict[str, object]:
        """The API's `Channel`."""
        source = {"S3DataType": self.kind, "S3Uri": self.uri, "S3DataDistributionType": self.distribution}
        ours = {
            "ChannelName": self.name,
            "DataSource": {"S3DataSource": source},
            "ContentType": self.content_type,
            "CompressionType": self.compression,
            "InputMode": self.input_mode,
        }
        return merged(present(ours), self.overrides)


@dataclass(frozen=True, kw_only=True)
class SpotTraining:
    """Managed spot training: cheaper capacity that AWS may interrupt.

    `max_wait_seconds` is the maximum time of waiting and training together. Without `checkpoint_uri` an
    interrupted job starts over. With it, SageMaker copies the files that the container writes to
    `checkpoint_path` (by default `/opt/ml/checkpoints`) there, and restores them after an interruption.
    """

    max_wait_seconds: int | str
    checkpoint_uri: str | None = None
    checkpoint_path: str | None = None

    def __post_init__(self) -> None:
        check_at_least(1, max_wait_seconds=self.max_wait_seconds)
        check_s3_uris(checkpoint_uri=self.checkpoint_uri)
        if self.checkpoint_path is not None and self.checkpoint_uri is None:
            raise ValueError(
                f"checkpoint_path={self.checkpoint_path!r} needs checkpoint_uri, where it is kept."
            )


def training_job(
    name: str,
    *,
    job_name: str,
    role_arn: str,
    output_uri: str,
    instance_type: str,
    image: str | None = None,
    algorithm_name: str | None = None,
    hyperparameters: Mapping[str, object] | None = None,
    channels: Sequence[Channel] = (),
    input_mode: str = "File",
    instance_count: int | str = 1,
    volume_gb: int | str = 30,
    max_runtime_seconds: int | str = 86400,
    max_pending_seconds: int | str | None = None,
    output_compression: str | None = None,
    kms_key_id: str | None = None,
    volume_kms_key_id: str | None = None,
    vpc: Vpc | None = None,
    network_isolation: bool = True,
    encrypt_inter_container: bool | None = None,
    spot: SpotTraining | None = None,
    keep_alive_seconds: int | None = None,
    retry_attempts: int | None = None,
    environment: Mapping[str, object] | None = None,
    entrypoint: Sequence[str] = (),
    arguments: Sequence[str] = (),
    metric_definitions: Mapping[str, str] | None = None,
    mlflow: Mapping[str, object] | None = None,
    tags: Tags | None = None,
    name_pattern: str | None = None,
    overrides: Mapping[str, object] | None = None,
    **state: Unpack[StateOptions],
) -> Task:
    """A task that runs a training job: `sagemaker:createTrainingJob.sync`; its result describes the job.

    Source: https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_CreateTrainingJob.html

    Args:
        image: the container image's URI; set this or `algorithm_name`.
        algorithm_name: an algorithm resource, such as one from AWS Marketplace.
        kms_key_id: the key that encrypts the model artifact.
        volume_kms_key_id: the key that encrypts the volume; None for `kms_key_id`. Pass `""` for instances
            with NVMe storage, which take no volume key.
        encrypt_inter_container: whether traffic between containers is encrypted; by default it is when there
            is more than one instance.
        keep_alive_seconds: how long the instances are kept for the next job in a warm pool (0 to 21600, not
            with spot).
        retry_attempts: how often the job is repeated after internal errors of SageMaker (1 to 30).
        metric_definitions: by metric name, the regular expression that finds its value in the log.
        mlflow: the API's `MlflowConfig`.
        name_pattern: pattern of names for the permissions, such as `churn-*`; required when `job_name` is a
            JSONata expression.
        overrides: any other members of the API's request.

    Raises:
        ValueError: for arguments that the API would refuse.
    """
    if (image is None) == (algorithm_name is None):
        raise ValueError(f"image={image!r}, algorithm_name={algorithm_name!r}: give exactly one of the two.")
    check_at_least(1, instance_count=instance_count, volume_gb=volume_gb)
    check_at_least(1, max_runtime_seconds=max_runtime_seconds)
    check_s3_uris(output_uri=output_uri)
    check_unique("channels", [channel.name for channel in channels])
    _check_reuse(spot, keep_alive_seconds, max_runtime_seconds, retry_attempts)
    algorithm = {
        "TrainingImage": image,
        "AlgorithmName": algorithm_name,
        "TrainingInputMode": input_mode,
        "MetricDefinitions": [
            {"Name": metric, "Regex": regex} for metric, regex in (metric_definitions or {}).items()
        ],
        "ContainerEntrypoint": list(entrypoint),
        "ContainerArguments": list(arguments),
    }
    resources = {
        "InstanceType": instance_type,
        "InstanceCount": instance_count,
        "VolumeSizeInGB": volume_gb,
        "VolumeKmsKeyId": (kms_key_id if volume_kms_key_id is None else volume_kms_key_id) or None,
        "KeepAlivePeriodInSeconds": keep_alive_seconds,
    }
    stopping = {
        "MaxRuntimeInSeconds": max_runtime_seconds,
        "MaxWaitTimeInSeconds": spot.max_wait_seconds if spot else None,
        "MaxPendingTimeInSeconds": max_pending_seconds,
    }
    if encrypt_inter_container is None:
        encrypt_inter_container = instance_count != 1
    request: dict[str, object] = {
        "TrainingJobName": job_name,
        "AlgorithmSpecification": present(algorithm),
        "RoleArn": role_arn,
        "HyperParameters": texts(hyperparameters),
        "InputDataConfig": [channel.to_request() for channel in channels],
        "OutputDataConfig": present(
            {"S3OutputPath": output_uri, "KmsKeyId": kms_key_id, "CompressionType": output_compression}
        ),
        "ResourceConfig": present(resources),
        "StoppingCondition": present(stopping),
        "VpcConfig": vpc_request(vpc),
        "EnableNetworkIsolation": network_isolation,
        "EnableInterContainerTrafficEncryption": encrypt_inter_container,
        "EnableManagedSpotTraining": True if spot else None,
        "CheckpointConfig": _checkpoints(spot),
        "RetryStrategy": None if retry_attempts is None else {"MaximumRetryAttempts": retry_attempts},
        "Environment": texts(environment),
        "MlflowConfig": mlflow,
        "Tags": tag_list(tags),
    }
    return integration(
        name,
        service="sagemaker",
        action="createTrainingJob",
        pattern="sync",
        arguments=present(request),
        statements=(
            *waited_job("Training", pattern_of("job_name", job_name, name_pattern)),
            pass_role(role_arn),
        ),
        overrides=overrides,
        **state,
    )


def _check_reuse(
    spot: SpotTraining | None, keep_alive: int | None, max_runtime: int | str, retry_attempts: int | None
) -> None:
    if retry_attempts is not None and not 1 <= retry_attempts <= 30:
        raise ValueError(f"retry_attempts={retry_attempts} must be between 1 and 30.")
    if keep_alive is not None and not 0 <= keep_alive <= 21600:
        raise ValueError(f"keep_alive_seconds={keep_alive} must be between 0 and 21600.")
    if spot is None:
        return
    if keep_alive:
        raise ValueError(
            f"keep_alive_seconds={keep_alive} does not go with spot: a warm pool keeps what spot takes away; "
            "drop one of the two."
        )
    wait = spot.max_wait_seconds
    if isinstance(wait, int) and isinstance(max_runtime, int) and wait < max_runtime:
        raise ValueError(
            f"max_wait_seconds={wait} of spot is less than max_runtime_seconds={max_runtime}; "
            "it bounds waiting and training together, so make it larger."
        )


def _checkpoints(spot: SpotTraining | None) -> dict[str, object] | None:
    if spot is None or spot.checkpoint_uri is None:
        return None
    return present({"S3Uri": spot.checkpoint_uri, "LocalPath": spot.checkpoint_path})


def describe_training_job(
    name: str, *, job_name: str, name_pattern: str | None = None, **state: Unpack[StateOptions]
) -> Task:
    """A task whose result describes a training job, with its `FinalMetricDataList`.

    Source: https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_DescribeTrainingJob.html

    Args:
        name_pattern: pattern of names for the permission, such as `churn-*`; required when `job_name` is a
            JSONata expression.
    """
    jobs = arn("sagemaker", f"training-job/{pattern_of('job_name', job_name, name_pattern)}")
    return integration(
        name,
        service="aws-sdk:sagemaker",
        action="describeTrainingJob",
        arguments={"TrainingJobName": job_name},
        statements=(Statement(actions=("sagemaker:DescribeTrainingJob",), resources=(jobs,)),),
        **state,
    )
