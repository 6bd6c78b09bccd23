"""The control plane of endpoints: what is made, what is refused, in AWS's words."""

import json
import time
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.local.conftest import role_maker
from tests.local.embedded import ACCOUNT, REGION, allow
from tests.local.sagemaker.lab import unique
from tests.local.sagemaker.serving import VARIANT, Serving, variant

PREFIX = f"arn:aws:sagemaker:{REGION}:{ACCOUNT}"


def events(serving: Serving, endpoint: str) -> Any:
    """A queue that gets the endpoint's events, and what reads it."""
    sqs, rules = serving.server.client("sqs"), serving.server.client("events")
    name = unique("events")
    url = sqs.create_queue(QueueName=name)["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    statement = {**allow("sqs:SendMessage", arn), "Principal": "*"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": document})
    pattern = {"source": ["aws.sagemaker"], "detail": {"EndpointName": [endpoint]}}
    rules.put_rule(Name=name, EventPattern=json.dumps(pattern))
    rules.put_targets(Rule=name, Targets=[{"Id": "q", "Arn": arn}])

    def read(kind: str, until: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            for message in sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", []):
                sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
                event = json.loads(message["Body"])
                if event["detail-type"] == kind:
                    found.append(event["detail"])
            if found and any(detail["EndpointStatus"] == until for detail in found):
                return found
        raise AssertionError(f"no {until} in {found}")

    return read


def test_the_life_of_an_endpoint(serving: Serving) -> None:
    model = serving.talking("first")
    config = serving.config(variant(model))
    name = unique("life")
    read = events(serving, name)
    made = serving.sagemaker.create_endpoint(EndpointName=name, EndpointConfigName=config)
    assert made["EndpointArn"] == f"{PREFIX}:endpoint/{name}"
    shown = serving.wait(name)
    assert shown["EndpointStatus"] == "InService"
    (one,) = shown["ProductionVariants"]
    assert (one["VariantName"], one["CurrentWeight"], one["CurrentInstanceCount"]) == (VARIANT, 1.0, 2)
    assert "PendingDeploymentSummary" not in shown
    assert [
        entry["EndpointName"] for entry in serving.sagemaker.list_endpoints(NameContains=name)["Endpoints"]
    ]
    assert serving.ask(name)["word"] == "first"
    serving.delete(name)
    with pytest.raises(ClientError, match=f'Could not find endpoint "{PREFIX}:endpoint/{name}".'):
        serving.describe(name)
    with pytest.raises(ClientError, match=f"Endpoint {name} of account {ACCOUNT} not found.") as refused:
        serving.ask(name)
    assert refused.value.response["Error"]["Code"] == "ValidationError"
    told = [detail["EndpointStatus"] for detail in read("SageMaker Endpoint State Change", "DELETING")]
    assert told == ["CREATING", "IN_SERVICE", "DELETING"]


def test_configurations(serving: Serving) -> None:
    model = serving.talking("x")
    name = serving.config(variant(model))
    shown = serving.sagemaker.describe_endpoint_config(EndpointConfigName=name)
    assert shown["EndpointConfigArn"] == f"{PREFIX}:endpoint-config/{name}"
    assert shown["ProductionVariants"][0]["ModelName"] == model
    listed = serving.sagemaker.list_endpoint_configs(NameContains=name)["EndpointConfigs"]
    assert [entry["EndpointConfigName"] for entry in listed] == [name]
    with pytest.raises(ClientError, match="Cannot create already existing endpoint configuration"):
        serving.sagemaker.create_endpoint_config(EndpointConfigName=name, ProductionVariants=[variant(model)])
    serving.sagemaker.delete_endpoint_config(EndpointConfigName=name)
    with pytest.raises(ClientError, match="Could not find endpoint configuration"):
        serving.sagemaker.describe_endpoint_config(EndpointConfigName=name)
    with pytest.raises(ClientError, match="Could not find endpoint configuration"):
        serving.sagemaker.create_endpoint(EndpointName="e", EndpointConfigName=name)


SERVERLESS = {"ServerlessConfig": {"MemorySizeInMB": 2048, "MaxConcurrency": 5}}
CAPTURE = {
    "InitialSamplingPercentage": 100,
    "DestinationS3Uri": "s3://b/c",
    "CaptureOptions": [{"CaptureMode": "Input"}],
}


@pytest.mark.parametrize(
    ("variants", "changes", "told"),
    [
        ([{}, {}], {}, "Variant names must be unique"),
        ([{"ModelName": "none"}], {}, 'Could not find model ".*:model/none"'),
        ([SERVERLESS], {}, "specify either ServerlessConfig or InstanceType"),
        ([{"InstanceType": None}], {}, "InstanceType and InitialInstanceCount are required"),
        ([{"ModelName": None}], {}, "has no inference components"),
        (
            [{}, {"VariantName": "B"}],
            {"ShadowProductionVariants": [{"VariantName": "C"}]},
            "exactly one production",
        ),
        (
            [SERVERLESS | {"InstanceType": None, "InitialInstanceCount": None}],
            {"DataCaptureConfig": CAPTURE},
            "Serverless endpoints do not support data capture",
        ),
        (
            [{}],
            {"AsyncInferenceConfig": {"OutputConfig": {"S3OutputPath": "s3://b/c"}}},
            "the embedded AWS has no asynchronous endpoints",
        ),
    ],
)
def test_configurations_that_are_refused(
    serving: Serving, variants: list[dict[str, Any]], changes: dict[str, Any], told: str
) -> None:
    model = serving.talking("x")

    def full(part: dict[str, Any]) -> dict[str, Any]:
        return {key: value for key, value in {**variant(model), **part}.items() if value is not None}

    if "ShadowProductionVariants" in changes:
        changes = {"ShadowProductionVariants": [full(one) for one in changes["ShadowProductionVariants"]]}
    with pytest.raises(ClientError, match=told):
        serving.config(*[full(one) for one in variants], **changes)


def test_a_model_that_never_gets_well(serving: Serving) -> None:
    name = unique("sick")
    config = serving.config(variant(serving.broken()))
    serving.sagemaker.create_endpoint(EndpointName=name, EndpointConfigName=config)
    with pytest.raises(ClientError, match="Cannot update in-progress endpoint"):
        serving.sagemaker.delete_endpoint(EndpointName=name)
    shown = serving.wait(name)
    assert shown["EndpointStatus"] == "Failed"
    assert shown["FailureReason"] == (
        f"The primary container for production variant {VARIANT} did not pass the ping health check. "
        "Please check CloudWatch logs for this endpoint."
    )
    with pytest.raises(ClientError, match="in status Failed"):
        serving.sagemaker.update_endpoint(EndpointName=name, EndpointConfigName=config)
    serving.delete(name)


def test_weights_and_retained_properties(serving: Serving) -> None:
    model = serving.talking("x")
    config = serving.config(variant(model, "A"), variant(model, "B"))
    name = serving.endpoint(config)
    serving.sagemaker.update_endpoint_weights_and_capacities(
        EndpointName=name,
        DesiredWeightsAndCapacities=[{"VariantName": "B", "DesiredWeight": 0, "DesiredInstanceCount": 5}],
    )
    serving.wait(name)
    asked = {
        serving.runtime().invoke_endpoint(EndpointName=name, Body="x")["InvokedProductionVariant"]
        for _ in range(30)
    }
    assert asked == {"A"}, "a variant without weight gets no request"
    other = serving.config(variant(model, "A"), variant(model, "B"))

    def properties() -> tuple[float, int]:
        one = serving.describe(name)["ProductionVariants"][1]
        return one["CurrentWeight"], one["CurrentInstanceCount"]

    excluded = [{"VariantPropertyType": "DesiredWeight"}]
    serving.update(name, other, RetainAllVariantProperties=True)
    assert properties() == (0, 5)
    serving.update(name, config, RetainAllVariantProperties=True, ExcludeRetainedVariantProperties=excluded)
    assert properties() == (1, 5)
    serving.update(name, other)
    assert properties() == (1, 2)
    with pytest.raises(ClientError, match="Could not find variant C"):
        serving.sagemaker.update_endpoint_weights_and_capacities(
            EndpointName=name, DesiredWeightsAndCapacities=[{"VariantName": "C", "DesiredWeight": 1}]
        )
    serving.delete(name)


def test_permissions(serving: Serving) -> None:
    model = serving.talking("x")
    config = serving.config(variant(model))
    name = unique("allowed")
    endpoint, configured = f"{PREFIX}:endpoint/{name}", f"{PREFIX}:endpoint-config/{config}"
    make_role = role_maker(serving.server)

    def caller(*statements: dict[str, Any]) -> dict[str, str]:
        return make_role(*statements).credentials

    half = serving.server.client("sagemaker", credentials=caller(allow("sagemaker:CreateEndpoint", endpoint)))
    with pytest.raises(ClientError, match=f"sagemaker:CreateEndpoint on resource: {configured}"):
        half.create_endpoint(EndpointName=name, EndpointConfigName=config)
    whole = serving.server.client(
        "sagemaker", credentials=caller(allow("sagemaker:CreateEndpoint", [endpoint, configured]))
    )
    whole.create_endpoint(EndpointName=name, EndpointConfigName=config)
    serving.wait(name)
    for statement, resource in (
        (allow("sagemaker:InvokeEndpoint", f"{endpoint}-other"), endpoint),
        (allow("sagemaker:DescribeEndpoint"), endpoint),
    ):
        runtime = serving.server.client("sagemaker-runtime", credentials=caller(statement))
        with pytest.raises(ClientError, match=f"sagemaker:InvokeEndpoint on resource: {resource}"):
            runtime.invoke_endpoint(EndpointName=name, Body="x")
    runtime = serving.server.client(
        "sagemaker-runtime", credentials=caller(allow("sagemaker:InvokeEndpoint", endpoint))
    )
    assert runtime.invoke_endpoint(EndpointName=name, Body="x")["InvokedProductionVariant"] == VARIANT
    weigher = serving.server.client("sagemaker", credentials=caller(allow("sagemaker:DescribeEndpoint")))
    with pytest.raises(ClientError, match=f"UpdateEndpointWeightsAndCapacities on resource: {endpoint}"):
        weigher.update_endpoint_weights_and_capacities(
            EndpointName=name, DesiredWeightsAndCapacities=[{"VariantName": VARIANT, "DesiredWeight": 1}]
        )
    serving.delete(name)
