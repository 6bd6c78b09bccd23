"""SageMaker endpoints and endpoint configurations.

None of these tasks waits: creating or updating an endpoint takes minutes, and an event reports its end.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Unpack

from mdlc_constructs.asl.statements import Statement
from mdlc_constructs.asl.states import Task
from mdlc_constructs.tasks.alarms import may_describe_alarms
from mdlc_constructs.tasks.integration import StateOptions, integration
from mdlc_constructs.tasks.permissions import endpoint_arn, pass_role
from mdlc_constructs.tasks.permissions import name_pattern as pattern_of
from mdlc_constructs.tasks.requests import (
    Tags,
    check_at_least,
    check_s3_uris,
    check_unique,
    merged,
    present,
    tag_list,
)

MAX_VARIANTS = 10


@dataclass(frozen=True, kw_only=True)
class Variant:
    """A production variant: one model behind an endpoint, on instances or serverless.

    `weight` is its share of the traffic; for a shadow variant, of the copied requests. `overrides` sets any
    other member of the API's `ProductionVariant`.
    """

    name: str
    model_name: str
    instance_type: str | None = None
    instance_count: int | str | None = None
    weight: float | str = 1
    serverless: Mapping[str, object] | None = None
    startup_seconds: int | None = None
    overrides: Mapping[str, object] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if (self.instance_type is None) == (self.serverless is None):
            raise ValueError(
                f"instance_type={self.instance_type!r}, serverless={self.serverless!r}: give exactly one."
            )
        if (self.instance_type is None) != (self.instance_count is None):
            raise ValueError(
                f"instance_count={self.instance_count!r} goes with instance_type={self.instance_type!r}; "
                "give both or none."
            )
        check_at_least(1, instance_count=self.instance_count)
        check_at_least(0, weight=self.weight)

    def to_request(self) -> dict[str, object]:
        """The API's `ProductionVariant`."""
        ours = {
            "VariantName": self.name,
            "ModelName": self.model_name,
            "InstanceType": self.instance_type,
            "InitialInstanceCount": self.instance_count,
            "InitialVariantWeight": self.weight,
            "ServerlessConfig": self.serverless,
            "ContainerStartupHealthCheckTimeoutInSeconds": self.startup_seconds,
        }
        return merged(present(ours), self.overrides)


@dataclass(frozen=True, kw_only=True)
class EndpointCapture:
    """Data capture: requests and responses go to `uri` as JSON lines, by endpoint, variant and hour."""

    uri: str
    sample_percent: int = 100
    modes: Sequence[str] = ("Input", "Output")
    kms_key_id: str | None = None
    csv_types: Sequence[str] = ("text/csv",)
    json_types: Sequence[str] = ("application/json",)

    def __post_init__(self) -> None:
        check_s3_uris(uri=self.uri)
        if not 0 <= self.sample_percent <= 100:
            raise ValueError(f"sample_percent={self.sample_percent} must be between 0 and 100.")

    def to_request(self) -> dict[str, object]:
        """The API's `DataCaptureConfig`."""
        return present(
            {
                "EnableCapture": True,
                "InitialSamplingPercentage": self.sample_percent,
                "DestinationS3Uri": self.uri,
                "KmsKeyId": self.kms_key_id,
                "CaptureOptions": [{"CaptureMode": mode} for mode in self.modes],
                # Other content types are captured in base 64, which cannot be queried.
                "CaptureContentTypeHeader": present(
                    {"CsvContentTypes": list(self.csv_types), "JsonContentTypes": list(self.json_types)}
                ),
            }
        )


def create_endpoint_config(
    name: str,
    *,
    config_name: str,
    variants: Sequence[Variant],
    shadows: Sequence[Variant] = (),
    capture: EndpointCapture | None = None,
    asynchronous: Mapping[str, object] | None = None,
    kms_key_id: str | None = None,
    role_arn: str | None = None,
    tags: Tags | None = None,
    name_pattern: str | None = None,
    overrides: Mapping[str, object] | None = None,
    **state: Unpack[StateOptions],
) -> Task:
    """A task that creates an endpoint configuration: `sagemaker:createEndpointConfig`.

    A configuration cannot be changed, so each release needs one with a new name.
    Source: https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_CreateEndpointConfig.html

    Args:
        asynchronous: the API's `AsyncInferenceConfig`.
        kms_key_id: the key that encrypts the instances' disks; None for types with local storage.
        name_pattern: pattern of names for the permission, such as `churn-*`; required when `config_name` is a
            JSONata expression.

    Raises:
        ValueError: for arguments that the API would refuse.
    """
    if not 1 <= len(variants) <= MAX_VARIANTS:
        raise ValueError(f"variants holds {len(variants)} variants; give 1 to {MAX_VARIANTS}.")
    check_unique("variants", [variant.name for variant in (*variants, *shadows)])
    if shadows and (len(variants), len(shadows)) != (1, 1):
        raise ValueError(
            f"shadows holds {len(shadows)} beside {len(variants)} variants; SageMaker mirrors exactly one "
            "production variant to exactly one shadow."
        )
    serverless = [variant for variant in (*variants, *shadows) if variant.serverless is not None]
    if serverless and (len(variants) > 1 or shadows or capture or asynchronous):
        raise ValueError(
            f"variants holds the serverless {serverless[0].name!r}, which stands alone: without other "
            "variants, shadows, capture or asynchronous; use instances for those."
        )
    request: dict[str, object] = {
        "EndpointConfigName": config_name,
        "ProductionVariants": [variant.to_request() for variant in variants],
        "ShadowProductionVariants": [variant.to_request() for variant in shadows],
        "DataCaptureConfig": capture.to_request() if capture else None,
        "AsyncInferenceConfig": asynchronous,
        "KmsKeyId": kms_key_id,
        "ExecutionRoleArn": role_arn,
        "Tags": tag_list(tags),
    }
    config = endpoint_arn(pattern_of("config_name", config_name, name_pattern), "endpoint-config")
    passed = () if role_arn is None else (pass_role(role_arn),)
    return _call(
        name,
        "createEndpointConfig",
        present(request),
        (config,),
        tags=tags,
        more=passed,
        overrides=overrides,
        state=state,
    )


def create_endpoint(
    name: str,
    *,
    endpoint_name: str,
    config_name: str,
    tags: Tags | None = None,
    name_pattern: str | None = None,
    config_pattern: str | None = None,
    **state: Unpack[StateOptions],
) -> Task:
    """A task that starts the creation of an endpoint, without waiting for it: `sagemaker:createEndpoint`.

    It fails with a `ValidationException` when the name exists already. `name_pattern` and `config_pattern`
    are patterns of names for the permission; each is required when the name is a JSONata expression.
    """
    request = {"EndpointName": endpoint_name, "EndpointConfigName": config_name, "Tags": tag_list(tags)}
    resources = (
        endpoint_arn(pattern_of("endpoint_name", endpoint_name, name_pattern)),
        endpoint_arn(pattern_of("config_name", config_name, config_pattern), "endpoint-config"),
    )
    return _call(name, "createEndpoint", present(request), resources, tags=tags, state=state)


def update_endpoint(
    name: str,
    *,
    endpoint_name: str,
    config_name: str,
    deployment: Mapping[str, object] | str | None = None,
    retain: bool = False,
    excluded: Sequence[str] = (),
    alarms: Sequence[str] = (),
    name_pattern: str | None = None,
    config_pattern: str | None = None,
    **state: Unpack[StateOptions],
) -> Task:
    """A task that starts the update of an endpoint to another configuration, without waiting for it.

    Args:
        deployment: the API's `DeploymentConfig` (see `deployment.deployment_config`) or an expression for it.
        retain: whether instance counts and weights stay as they are now, instead of as configured.
        excluded: variant properties that are not retained.
        alarms: the names of the alarms that the deployment watches; the permission to describe them is added.

    Raises:
        ValueError: for `excluded` without `retain`.
    """
    if excluded and not retain:
        raise ValueError(f"excluded={tuple(excluded)!r} says what retain leaves out; set retain=True.")
    request = {
        "EndpointName": endpoint_name,
        "EndpointConfigName": config_name,
        "DeploymentConfig": deployment,
        "RetainAllVariantProperties": retain or None,
        "ExcludeRetainedVariantProperties": [{"VariantPropertyType": kind} for kind in excluded],
    }
    resources = (
        endpoint_arn(pattern_of("endpoint_name", endpoint_name, name_pattern)),
        endpoint_arn(pattern_of("config_name", config_name, config_pattern), "endpoint-config"),
    )
    watched = (may_describe_alarms(*alarms),) if alarms else ()
    return _call(name, "updateEndpoint", present(request), resources, more=watched, state=state)


def update_weights(
    name: str,
    *,
    endpoint_name: str,
    weights: Mapping[str, float | str],
    name_pattern: str | None = None,
    **state: Unpack[StateOptions],
) -> Task:
    """A task that changes the traffic weights of an endpoint's variants.

    Raises ValueError when `weights` is empty or holds a negative weight.
    """
    if not weights:
        raise ValueError("weights={} changes nothing; give a variant's name and its weight.")
    for variant, weight in weights.items():
        check_at_least(0, **{f"weights[{variant!r}]": weight})
    desired = [{"VariantName": variant, "DesiredWeight": weight} for variant, weight in weights.items()]
    request = {"EndpointName": endpoint_name, "DesiredWeightsAndCapacities": desired}
    endpoint = endpoint_arn(pattern_of("endpoint_name", endpoint_name, name_pattern))
    return _call(name, "updateEndpointWeightsAndCapacities", request, (endpoint,), sdk=True, state=state)


def describe_endpoint(
    name: str, *, endpoint_name: str, name_pattern: str | None = None, **state: Unpack[StateOptions]
) -> Task:
    """A task whose result holds `EndpointStatus` and the `EndpointConfigName` that is in service.

    `InService` does not mean that the last update succeeded: after a rollback the old configuration is in
    service.
    """
    endpoint = endpoint_arn(pattern_of("endpoint_name", endpoint_name, name_pattern))
    return _call(
        name, "describeEndpoint", {"EndpointName": endpoint_name}, (endpoint,), sdk=True, state=state
    )


def delete_endpoint(
    name: str, *, endpoint_name: str, name_pattern: str | None = None, **state: Unpack[StateOptions]
) -> Task:
    """A task that deletes an endpoint."""
    endpoint = endpoint_arn(pattern_of("endpoint_name", endpoint_name, name_pattern))
    return _call(name, "deleteEndpoint", {"EndpointName": endpoint_name}, (endpoint,), sdk=True, state=state)


def delete_endpoint_config(
    name: str, *, config_name: str, name_pattern: str | None = None, **state: Unpack[StateOptions]
) -> Task:
    """A task that deletes a configuration, which must not be in use."""
    config = endpoint_arn(pattern_of("config_name", config_name, name_pattern), "endpoint-config")
    request = {"EndpointConfigName": config_name}
    return _call(name, "deleteEndpointConfig", request, (config,), sdk=True, state=state)


def _call(
    name: str,
    action: str,
    request: Mapping[str, object],
    resources: tuple[str, ...],
    *,
    state: StateOptions,
    tags: Tags | None = None,
    more: tuple[Statement, ...] = (),
    overrides: Mapping[str, object] | None = None,
    sdk: bool = False,
) -> Task:
    actions = (f"sagemaker:{action[:1].upper()}{action[1:]}", *(("sagemaker:AddTags",) if tags else ()))
    return integration(
        name,
        service="aws-sdk:sagemaker" if sdk else "sagemaker",
        action=action,
        arguments=request,
        statements=(Statement(actions=actions, resources=resources), *more),
        overrides=overrides,
        **state,
    )
