"""SageMaker models, which transform jobs and endpoints load."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Unpack

from mdlc_constructs.asl.statements import Statement
from mdlc_constructs.asl.states import Task
from mdlc_constructs.tasks.integration import StateOptions, integration
from mdlc_constructs.tasks.network import Vpc, vpc_request
from mdlc_constructs.tasks.permissions import arn, pass_role
from mdlc_constructs.tasks.permissions import name_pattern as pattern_of
from mdlc_constructs.tasks.requests import Tags, check_s3_uris, merged, present, tag_list, texts


@dataclass(frozen=True, kw_only=True)
class Container:
    """A container of a model: an `image` with `model_data_url` (a `model.tar.gz`), or a model package.

    `overrides` sets any other member of the API's `ContainerDefinition`.
    """

    image: str | None = None
    model_data_url: str | None = None
    model_package_arn: str | None = None
    environment: Mapping[str, object] | None = None
    hostname: str | None = None
    overrides: Mapping[str, object] = field(default_factory=dict)

    def __post_init__(self) -> None:
        check_s3_uris(model_data_url=self.model_data_url)
        if (self.image is None) == (self.model_package_arn is None):
            raise ValueError(
                f"image={self.image!r}, model_package_arn={self.model_package_arn!r}: give exactly one."
            )
        if self.model_package_arn is not None and self.model_data_url is not None:
            raise ValueError(
                f"model_data_url={self.model_data_url!r} does not go with model_package_arn, "
                "which names its own data."
            )

    def to_request(self) -> dict[str, object]:
        """The API's `ContainerDefinition`."""
        ours = {
            "Image": self.image,
            "ModelDataUrl": self.model_data_url,
            "ModelPackageName": self.model_package_arn,
            "Environment": texts(self.environment),
            "ContainerHostname": self.hostname,
        }
        return merged(present(ours), self.overrides)


def create_model(
    name: str,
    *,
    model_name: str,
    role_arn: str,
    containers: Sequence[Container],
    execution_mode: str | None = None,
    vpc: Vpc | None = None,
    network_isolation: bool = True,
    tags: Tags | None = None,
    name_pattern: str | None = None,
    overrides: Mapping[str, object] | None = None,
    **state: Unpack[StateOptions],
) -> Task:
    """A task that creates a model: `sagemaker:createModel`; its result holds `ModelArn`.

    It fails with a `ValidationException` when the name exists already.
    Source: https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_CreateModel.html

    Args:
        containers: one container, or several for an inference pipeline.
        execution_mode: of several containers: `Serial` or `Direct`.
        name_pattern: pattern of names for the permission, such as `churn-*`; required when `model_name` is a
            JSONata expression.
        overrides: any other members of the API's request.

    Raises:
        ValueError: for arguments that the API would refuse.
    """
    if not 1 <= len(containers) <= 15:
        raise ValueError(f"containers holds {len(containers)} containers; give 1 to 15.")
    definitions = [container.to_request() for container in containers]
    request: dict[str, object] = {
        "ModelName": model_name,
        "ExecutionRoleArn": role_arn,
        "PrimaryContainer": definitions[0] if len(definitions) == 1 else None,
        "Containers": definitions if len(definitions) > 1 else None,
        "InferenceExecutionConfig": None if execution_mode is None else {"Mode": execution_mode},
        "VpcConfig": vpc_request(vpc),
        "EnableNetworkIsolation": network_isolation,
        "Tags": tag_list(tags),
    }
    model = arn("sagemaker", f"model/{pattern_of('model_name', model_name, name_pattern)}")
    actions = ("sagemaker:CreateModel", "sagemaker:AddTags") if tags else ("sagemaker:CreateModel",)
    return integration(
        name,
        service="sagemaker",
        action="createModel",
        arguments=present(request),
        statements=(Statement(actions=actions, resources=(model,)), pass_role(role_arn)),
        overrides=overrides,
        **state,
    )
