"""SageMaker batch transform jobs, as tasks that wait for the end of the job."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Unpack

from mdlc_constructs.asl.states import Task
from mdlc_constructs.tasks.integration import StateOptions, integration
from mdlc_constructs.tasks.permissions import name_pattern as pattern_of
from mdlc_constructs.tasks.permissions import waited_job
from mdlc_constructs.tasks.requests import Tags, check_at_least, check_s3_uris, present, tag_list, texts


@dataclass(frozen=True, kw_only=True)
class DataCapture:
    """Data capture of a transform job: inputs and outputs go to `uri`, by default with inference ids."""

    uri: str
    kms_key_id: str | None = None
    generate_inference_id: bool = True

    def __post_init__(self) -> None:
        check_s3_uris(uri=self.uri)

    def to_request(self) -> dict[str, object]:
        """The API's `BatchDataCaptureConfig`."""
        return present(
            {
                "DestinationS3Uri": self.uri,
                "KmsKeyId": self.kms_key_id,
                "GenerateInferenceId": self.generate_inference_id,
            }
        )


def transform_job(
    name: str,
    *,
    job_name: str,
    model_name: str,
    input_uri: str,
    output_uri: str,
    instance_type: str,
    instance_count: int | str = 1,
    content_type: str | None = "text/csv",
    accept: str | None = None,
    split: str = "Line",
    assemble: str = "Line",
    strategy: str | None = None,
    input_kind: str = "S3Prefix",
    input_compression: str | None = None,
    max_concurrent_transforms: int | None = None,
    max_payload_mb: int | None = None,
    invocation_timeout_seconds: int | None = None,
    invocation_retries: int | None = None,
    input_filter: str | None = None,
    output_filter: str | None = None,
    join_source: str | None = None,
    data_capture: DataCapture | None = None,
    kms_key_id: str | None = None,
    volume_kms_key_id: str | None = None,
    environment: Mapping[str, object] | None = None,
    tags: Tags | None = None,
    name_pattern: str | None = None,
    overrides: Mapping[str, object] | None = None,
    **state: Unpack[StateOptions],
) -> Task:
    """A task that runs a transform job: `sagemaker:createTransformJob.sync`; its result describes the job.

    By default records are CSV lines, and output line n belongs to input line n. The job uses the model's
    execution role.
    Source: https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_CreateTransformJob.html

    Args:
        strategy: `MultiRecord` (the API's default) or `SingleRecord`.
        kms_key_id: the key that encrypts the output.
        volume_kms_key_id: the key that encrypts the volume; None for `kms_key_id`. Pass `""` for instances
            with NVMe storage, which take no volume key.
        name_pattern: pattern of names for the permissions, such as `churn-*`; required when `job_name` is a
            JSONata expression.
        overrides: any other members of the API's request.

    Raises:
        ValueError: for arguments that the API would refuse.
    """
    check_at_least(1, instance_count=instance_count)
    check_at_least(0, max_payload_mb=max_payload_mb, invocation_retries=invocation_retries)
    check_s3_uris(input_uri=input_uri, output_uri=output_uri)
    source = {"S3DataType": input_kind, "S3Uri": input_uri}
    request: dict[str, object] = {
        "TransformJobName": job_name,
        "ModelName": model_name,
        "TransformInput": present(
            {
                "DataSource": {"S3DataSource": source},
                "ContentType": content_type,
                "CompressionType": input_compression,
                "SplitType": split,
            }
        ),
        "TransformOutput": present(
            {
                "S3OutputPath": output_uri,
                "Accept": accept,
                "AssembleWith": assemble,
                "KmsKeyId": kms_key_id,
            }
        ),
        "TransformResources": present(
            {
                "InstanceType": instance_type,
                "InstanceCount": instance_count,
                "VolumeKmsKeyId": (kms_key_id if volume_kms_key_id is None else volume_kms_key_id) or None,
            }
        ),
        "BatchStrategy": strategy,
        "MaxConcurrentTransforms": max_concurrent_transforms,
        "MaxPayloadInMB": max_payload_mb,
        "ModelClientConfig": present(
            {
                "InvocationsTimeoutInSeconds": invocation_timeout_seconds,
                "InvocationsMaxRetries": invocation_retries,
            }
        ),
        "DataProcessing": present(
            {"InputFilter": input_filter, "OutputFilter": output_filter, "JoinSource": join_source}
        ),
        "DataCaptureConfig": data_capture.to_request() if data_capture else None,
        "Environment": texts(environment),
        "Tags": tag_list(tags),
    }
    return integration(
        name,
        service="sagemaker",
        action="createTransformJob",
        pattern="sync",
        arguments=present(request),
        statements=waited_job("Transform", pattern_of("job_name", job_name, name_pattern)),
        overrides=overrides,
        **state,
    )
