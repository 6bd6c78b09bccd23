"""SageMaker Processing jobs, as tasks that wait for the end of the job."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Unpack

from mdlc_constructs.asl.states import Task
from mdlc_constructs.tasks.integration import StateOptions, integration
from mdlc_constructs.tasks.network import Vpc, vpc_request
from mdlc_constructs.tasks.permissions import name_pattern as pattern_of
from mdlc_constructs.tasks.permissions import pass_role, waited_job
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
class ProcessingInput:
    """S3 objects that are copied into the container before it starts.

    They are copied to `local_path`, by default `/opt/ml/processing/input/<name>`. `kind` is `S3Prefix` or
    `ManifestFile`; `distribution` is `FullyReplicated` or `ShardedByS3Key`. `overrides` sets any other member
    of the API's `ProcessingInput`, such as `DatasetDefinition`.
    """

    name: str
    uri: str
    local_path: str | None = None
    kind: str = "S3Prefix"
    distribution: str = "FullyReplicated"
    compression: str | None = None
    input_mode: str = "File"
    overrides: Mapping[str, object] = field(default_factory=dict)

    def __post_init__(self) -> None:
        check_s3_uris(uri=self.uri)

    def to_request(self) -> dict[str, object]:
        """The API's `ProcessingInput`."""
        source = {
            "S3Uri": self.uri,
            "LocalPath": self.local_path or f"/opt/ml/processing/input/{self.name}",
            "S3DataType": self.kind,
            "S3InputMode": self.input_mode,
            "S3DataDistributionType": self.distribution,
            "S3CompressionType": self.compression,
        }
        return merged({"InputName": self.name, "S3Input": present(source)}, self.overrides)


@dataclass(frozen=True, kw_only=True)
class ProcessingOutput:
    """A folder of the container that is copied to S3, by default `/opt/ml/processing/output/<name>`.

    `upload` is `EndOfJob` or `Continuous`. `overrides` sets any other member of the API's `ProcessingOutput`.
    """

    name: str
    uri: str
    local_path: str | None = None
    upload: str = "EndOfJob"
    overrides: Mapping[str, object] = field(default_factory=dict)

    def __post_init__(self) -> None:
        check_s3_uris(uri=self.uri)

    def to_request(self) -> dict[str, object]:
        """The API's `ProcessingOutput`."""
        target = {
            "S3Uri": self.uri,
            "LocalPath": self.local_path or f"/opt/ml/processing/output/{self.name}",
            "S3UploadMode": self.upload,
        }
        return merged({"OutputName": self.name, "S3Output": target}, self.overrides)


def processing_job(
    name: str,
    *,
    job_name: str,
    role_arn: str,
    image: str,
    instance_type: str,
    entrypoint: Sequence[str] = (),
    arguments: Sequence[str] = (),
    inputs: Sequence[ProcessingInput] = (),
    outputs: Sequence[ProcessingOutput] = (),
    instance_count: int | str = 1,
    volume_gb: int | str = 30,
    max_runtime_seconds: int | str = 86400,
    kms_key_id: str | None = None,
    volume_kms_key_id: str | None = None,
    vpc: Vpc | None = None,
    network_isolation: bool = True,
    encrypt_inter_container: bool | None = None,
    environment: Mapping[str, object] | None = None,
    tags: Tags | None = None,
    name_pattern: str | None = None,
    overrides: Mapping[str, object] | None = None,
    **state: Unpack[StateOptions],
) -> Task:
    """A task that runs a processing job: `sagemaker:createProcessingJob.sync`; its result describes the job.

    Source: https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_CreateProcessingJob.html

    Args:
        kms_key_id: the key that encrypts the outputs.
        volume_kms_key_id: the key that encrypts the volume; None for `kms_key_id`. Pass `""` for instances
            with NVMe storage, which take no volume key.
        encrypt_inter_container: whether traffic between containers is encrypted; by default it is when there
            is more than one instance.
        name_pattern: pattern of names for the permissions, such as `churn-*`; required when `job_name` is a
            JSONata expression.
        overrides: any other members of the API's request.

    Raises:
        ValueError: for arguments that the API would refuse.
    """
    check_at_least(1, instance_count=instance_count, volume_gb=volume_gb)
    check_at_least(1, max_runtime_seconds=max_runtime_seconds)
    check_unique("inputs", [part.name for part in inputs])
    check_unique("outputs", [part.name for part in outputs])
    if encrypt_inter_container is None:
        encrypt_inter_container = instance_count != 1
    cluster = {
        "InstanceCount": instance_count,
        "InstanceType": instance_type,
        "VolumeSizeInGB": volume_gb,
        "VolumeKmsKeyId": (kms_key_id if volume_kms_key_id is None else volume_kms_key_id) or None,
    }
    network = {
        "EnableNetworkIsolation": network_isolation,
        "EnableInterContainerTrafficEncryption": encrypt_inter_container,
        "VpcConfig": vpc_request(vpc),
    }
    program = {
        "ImageUri": image,
        "ContainerEntrypoint": list(entrypoint),
        "ContainerArguments": list(arguments),
    }
    written = [part.to_request() for part in outputs]
    request: dict[str, object] = {
        "ProcessingJobName": job_name,
        "RoleArn": role_arn,
        "AppSpecification": present(program),
        "ProcessingInputs": [part.to_request() for part in inputs],
        "ProcessingOutputConfig": present({"Outputs": written, "KmsKeyId": kms_key_id}) if written else None,
        "ProcessingResources": {"ClusterConfig": present(cluster)},
        "StoppingCondition": {"MaxRuntimeInSeconds": max_runtime_seconds},
        "Environment": texts(environment),
        "NetworkConfig": present(network),
        "Tags": tag_list(tags),
    }
    return integration(
        name,
        service="sagemaker",
        action="createProcessingJob",
        pattern="sync",
        arguments=present(request),
        statements=(
            *waited_job("Processing", pattern_of("job_name", job_name, name_pattern)),
            pass_role(role_arn),
        ),
        overrides=overrides,
        **state,
    )
