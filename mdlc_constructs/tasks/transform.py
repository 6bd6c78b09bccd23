"""SageMaker batch transform as a task that waits for the job to end."""

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
    """Keeps a transform's inputs and outputs under `uri`, each record with an inference id unless asked not
    to.
    """

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
    """A task that scores a data set: `sagemaker:createTransformJob.sync`, whose result is the described job.

    By default records are lines of CSV, sent and written line by line, so that output line n belongs to input
    line n. `strategy` is `MultiRecord` (the API's default) or `SingleRecord`. The job runs under the model's
    own role. `kms_key_id` encrypts the output, and the volume too unless `volume_kms_key_id` names another
    (`""` for instances with NVMe storage, which take none). `name_pattern` (such as `churn-*`) is what
    permissions are granted on, and is required when `job_name` is a JSONata expression. `overrides` reaches
    every other member of the API's request. Raises ValueError for what the API would refuse.

    Source: https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_CreateTransformJob.html
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
