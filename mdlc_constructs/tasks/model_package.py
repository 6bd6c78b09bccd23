"""Tasks on the model registry: register, describe, list, approve and reject versions of a model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Unpack

from mdlc_constructs.asl.statements import Statement
from mdlc_constructs.asl.states import Task
from mdlc_constructs.tasks.integration import StateOptions, integration
from mdlc_constructs.tasks.model import Container
from mdlc_constructs.tasks.permissions import arn
from mdlc_constructs.tasks.requests import Tags, present, tag_list, texts

_SERVICE = "aws-sdk:sagemaker"


def create_model_package(
    name: str,
    *,
    group_name: str,
    containers: Sequence[Container] = (),
    source_uri: str | None = None,
    content_types: Sequence[str] = ("text/csv",),
    response_types: Sequence[str] = ("text/csv",),
    transform_instance_types: Sequence[str] = (),
    realtime_instance_types: Sequence[str] = (),
    approval_status: str = "PendingManualApproval",
    description: str | None = None,
    metrics: Mapping[str, object] | None = None,
    metadata: Mapping[str, object] | None = None,
    drift_baselines: Mapping[str, object] | None = None,
    model_card: Mapping[str, object] | None = None,
    commit_id: str | None = None,
    repository: str | None = None,
    generated_by: str | None = None,
    domain: str | None = None,
    task: str | None = None,
    client_token: str | None = None,
    tags: Tags | None = None,
    overrides: Mapping[str, object] | None = None,
    **state: Unpack[StateOptions],
) -> Task:
    """A task that registers a new version in the group; its result holds `ModelPackageArn`.

    Source: https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_CreateModelPackage.html

    Args:
        containers: the containers of the version; leave them out with `source_uri`.
        source_uri: the ARN of a model to register, or of a package to clone.
        approval_status: `PendingManualApproval`, `Approved` or `Rejected`.
        metrics: the API's `ModelMetrics`.
        metadata: the API's `CustomerMetadataProperties`: at most 50 texts.
        drift_baselines: the API's `DriftCheckBaselines`.
        model_card: the API's `ModelCard`: its content as JSON on one line, and its status.
        client_token: an idempotency token: a repeated call with it creates no second version.
        overrides: any other members of the API's request.

    Raises:
        ValueError: for arguments that the API would refuse.
    """
    if bool(containers) == (source_uri is not None):
        raise ValueError(
            f"source_uri={source_uri!r}: give either containers or the URI of a model or package."
        )
    specification = {
        "Containers": [container.to_request() for container in containers],
        "SupportedContentTypes": list(content_types),
        "SupportedResponseMIMETypes": list(response_types),
        "SupportedTransformInstanceTypes": list(transform_instance_types),
        "SupportedRealtimeInferenceInstanceTypes": list(realtime_instance_types),
    }
    origin = {"CommitId": commit_id, "Repository": repository, "GeneratedBy": generated_by}
    request: dict[str, object] = {
        "ModelPackageGroupName": group_name,
        "ModelPackageDescription": description,
        "InferenceSpecification": present(specification) if containers else None,
        "SourceUri": source_uri,
        "ModelApprovalStatus": approval_status,
        "ModelMetrics": metrics,
        "MetadataProperties": present(origin),
        "CustomerMetadataProperties": texts(metadata),
        "DriftCheckBaselines": drift_baselines,
        "ModelCard": model_card,
        "Domain": domain,
        "Task": task,
        "ClientToken": client_token,
        "Tags": tag_list(tags),
    }
    actions = ("sagemaker:CreateModelPackage", "sagemaker:AddTags")
    return integration(
        name,
        service=_SERVICE,
        action="createModelPackage",
        arguments=present(request),
        statements=(
            Statement(
                actions=actions if tags else actions[:1],
                resources=(arn("sagemaker", f"model-package-group/{group_name}"), *_versions(group_name)),
            ),
        ),
        overrides=overrides,
        **state,
    )


def update_model_package(
    name: str,
    *,
    package_arn: str,
    group_name: str,
    approval_status: str | None = None,
    approval_description: str | None = None,
    metadata: Mapping[str, object] | None = None,
    overrides: Mapping[str, object] | None = None,
    **state: Unpack[StateOptions],
) -> Task:
    """A task that changes a version, such as its approval: `Approved`, `Rejected` or `PendingManualApproval`.

    The permission is granted on the versions of the group `group_name` only.

    Source: https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_UpdateModelPackage.html
    """
    request = {
        "ModelPackageArn": package_arn,
        "ModelApprovalStatus": approval_status,
        "ApprovalDescription": approval_description,
        "CustomerMetadataProperties": texts(metadata),
    }
    return _on_versions(name, "updateModelPackage", group_name, present(request), overrides, state)


def describe_model_package(
    name: str, *, package_arn: str, group_name: str, **state: Unpack[StateOptions]
) -> Task:
    """A task whose result describes a version of the group.

    Source: https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_DescribeModelPackage.html
    """
    request = {"ModelPackageName": package_arn}
    return _on_versions(name, "describeModelPackage", group_name, request, None, state)


def list_model_packages(
    name: str,
    *,
    group_name: str,
    approval_status: str | None = None,
    newest_first: bool = True,
    limit: int = 10,
    **state: Unpack[StateOptions],
) -> Task:
    """A task whose result lists at most `limit` (1 to 100) versions of the group: `ModelPackageSummaryList`.

    Source: https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_ListModelPackages.html
    """
    if not 1 <= limit <= 100:
        raise ValueError(f"limit={limit} must be between 1 and 100.")
    request = {
        "ModelPackageGroupName": group_name,
        "ModelApprovalStatus": approval_status,
        "SortBy": "CreationTime",
        "SortOrder": "Descending" if newest_first else "Ascending",
        "MaxResults": limit,
    }
    # IAM has no resource-level permission for listing.
    statement = Statement(actions=("sagemaker:ListModelPackages",), resources=("*",))
    return integration(
        name,
        service=_SERVICE,
        action="listModelPackages",
        arguments=present(request),
        statements=(statement,),
        **state,
    )


def _on_versions(
    name: str,
    action: str,
    group_name: str,
    request: Mapping[str, object],
    overrides: Mapping[str, object] | None,
    state: StateOptions,
) -> Task:
    permission = f"sagemaker:{action[:1].upper()}{action[1:]}"
    return integration(
        name,
        service=_SERVICE,
        action=action,
        arguments=request,
        statements=(Statement(actions=(permission,), resources=_versions(group_name)),),
        overrides=overrides,
        **state,
    )


def _versions(group_name: str) -> tuple[str, ...]:
    return (arn("sagemaker", f"model-package/{group_name}/*"),)
