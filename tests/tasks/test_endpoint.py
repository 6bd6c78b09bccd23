from collections.abc import Callable
from typing import Any

import pytest

from mdlc_constructs.asl.api_table import problems
from mdlc_constructs.asl.checks import check
from mdlc_constructs.asl.machine import Machine
from mdlc_constructs.asl.states import Task
from mdlc_constructs.tasks.endpoint import (
    EndpointCapture,
    Variant,
    create_endpoint,
    create_endpoint_config,
    delete_endpoint,
    delete_endpoint_config,
    describe_endpoint,
    update_endpoint,
    update_weights,
)

MAIN = Variant(name="main", model_name="{% $model %}", instance_type="ml.m5.large", instance_count=2)
SERVERLESS = Variant(name="main", model_name="m", serverless={"MemorySizeInMB": 2048, "MaxConcurrency": 5})
CAPTURE = EndpointCapture(uri="s3://b/capture/", kms_key_id="k")


def resource(path: str) -> str:
    return f"arn:${{Partition}}:sagemaker:${{Region}}:${{Account}}:{path}"


def config(**options: Any) -> Task:
    defaults: dict[str, Any] = {"config_name": "{% $name %}", "name_pattern": "churn-*", "variants": (MAIN,)}
    return create_endpoint_config("Config", **{**defaults, **options})


def checked(task: Task) -> Any:
    assert problems(task.resource, task.arguments) == ()
    check(Machine((task,)), traced=False)
    return task.arguments


def test_a_config_holds_what_the_cdk_leaves_out() -> None:
    shadow = Variant(name="next", model_name="n", instance_type="ml.m5.large", instance_count=1)
    task = config(shadows=(shadow,), capture=CAPTURE, kms_key_id="k", tags={"a": "b"}, role_arn="${Role}")
    assert problems(task.resource, task.arguments) == ()
    check(Machine((task,), bindings={"Role": "r"}), traced=False)
    asked: Any = task.arguments
    assert asked["ShadowProductionVariants"][0]["VariantName"] == "next"
    assert asked["DataCaptureConfig"]["CaptureOptions"] == [
        {"CaptureMode": "Input"},
        {"CaptureMode": "Output"},
    ]
    assert task.statements[0].resources == (resource("endpoint-config/churn-*"),)


def test_a_variant_is_on_instances_or_serverless() -> None:
    assert "InstanceType" not in checked(config(variants=(SERVERLESS,)))["ProductionVariants"][0]
    asynchronous = {"OutputConfig": {"S3OutputPath": "s3://b/async/"}}
    assert checked(config(asynchronous=asynchronous))["AsyncInferenceConfig"] == asynchronous


def test_permissions_are_on_the_names_in_lower_case() -> None:
    task = create_endpoint("Create", endpoint_name="Churn-${Stage}", config_name="Churn-1", tags={"a": "b"})
    assert task.statements[0].resources == (
        resource("endpoint/churn-${Stage}"),
        resource("endpoint-config/churn-1"),
    )
    assert "sagemaker:AddTags" in task.statements[0].actions


def test_an_update_keeps_what_scaling_left() -> None:
    asked = checked(
        update_endpoint(
            "Update",
            endpoint_name="churn",
            config_name="{% $name %}",
            config_pattern="churn-*",
            retain=True,
            excluded=("DataCaptureConfig",),
            alarms=("slow",),
        )
    )
    assert asked["RetainAllVariantProperties"] is True
    assert asked["ExcludeRetainedVariantProperties"] == [{"VariantPropertyType": "DataCaptureConfig"}]


@pytest.mark.parametrize(
    ("task", "action", "on"),
    [
        (describe_endpoint("X", endpoint_name="churn"), "DescribeEndpoint", "endpoint/churn"),
        (delete_endpoint("X", endpoint_name="churn"), "DeleteEndpoint", "endpoint/churn"),
        (delete_endpoint_config("X", config_name="c-1"), "DeleteEndpointConfig", "endpoint-config/c-1"),
        (
            update_weights("X", endpoint_name="churn", weights={"a": 1, "b": "{% $b %}"}),
            "UpdateEndpointWeightsAndCapacities",
            "endpoint/churn",
        ),
    ],
)
def test_each_call_is_allowed_on_its_own_resource_only(task: Task, action: str, on: str) -> None:
    checked(task)
    (statement,) = task.statements
    assert statement.actions == (f"sagemaker:{action}",)
    assert statement.resources == (resource(on),)


@pytest.mark.parametrize(
    ("made", "said"),
    [
        (lambda: config(variants=()), "variants holds 0 variants; give 1 to 10"),
        (lambda: config(variants=(MAIN, MAIN)), "variants holds the name 'main' twice"),
        (lambda: config(name_pattern=None), "pass name_pattern"),
        (
            lambda: config(
                variants=(MAIN, Variant(name="b", model_name="m", serverless=SERVERLESS.serverless))
            ),
            "serverless 'b', which stands alone",
        ),
        (lambda: config(variants=(SERVERLESS,), capture=CAPTURE), "which stands alone"),
        (
            lambda: config(
                variants=(MAIN, Variant(name="b", model_name="m", instance_type="t", instance_count=1)),
                shadows=(Variant(name="c", model_name="m", instance_type="t", instance_count=1),),
            ),
            "shadows holds 1 beside 2 variants",
        ),
        (lambda: Variant(name="a", model_name="m"), "give exactly one"),
        (lambda: Variant(name="a", model_name="m", instance_type="t"), "give both or none"),
        (
            lambda: Variant(name="a", model_name="m", instance_type="t", instance_count=0),
            "instance_count=0 must be at least 1",
        ),
        (
            lambda: Variant(name="a", model_name="m", instance_type="t", instance_count=1, weight=-1),
            "weight=-1 must be at least 0",
        ),
        (lambda: EndpointCapture(uri="capture/"), "must be an S3 URI"),
        (lambda: EndpointCapture(uri="s3://b/", sample_percent=101), "sample_percent=101"),
        (
            lambda: update_endpoint("U", endpoint_name="e", config_name="c", excluded=("DesiredWeight",)),
            "set retain=True",
        ),
        (lambda: update_weights("U", endpoint_name="e", weights={}), "changes nothing"),
        (lambda: update_weights("U", endpoint_name="e", weights={"a": -1}), r"weights\['a'\]=-1"),
    ],
)
def test_what_the_api_refuses_is_refused_at_once(made: Callable[[], object], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        made()
