"""The data plane: headers, errors, variants, shadows, capture, and a server that dies."""

import base64
import json
import time
from collections import Counter
from typing import Any

import pytest
from botocore.exceptions import ClientError

from mdlc_local.sagemaker.endpoints.invocations import MAX_BODY_BYTES, endpoint_of
from tests.local.embedded import ACCOUNT, REGION
from tests.local.sagemaker.serving import VARIANT, Serving, variant


@pytest.fixture(scope="module")
def talking(serving: Serving) -> str:
    """An endpoint that is asked by many tests."""
    return serving.endpoint(serving.config(variant(serving.talking("hello"))))


def test_the_path_names_the_endpoint() -> None:
    assert endpoint_of("/endpoints/my-endpoint/invocations") == "my-endpoint"
    assert endpoint_of("/endpoints/my-endpoint") is None
    assert endpoint_of("/") is None


def test_headers(serving: Serving, talking: str) -> None:
    answer = serving.runtime().invoke_endpoint(
        EndpointName=talking,
        Body="a",
        ContentType="text/csv",
        Accept="application/json",
        CustomAttributes="trace=1",
        InferenceId="id-1",
        TargetVariant=VARIANT,
    )
    assert answer["ContentType"] == "application/json"
    assert answer["InvokedProductionVariant"] == VARIANT
    assert answer["CustomAttributes"] == "seen trace=1"
    given = json.loads(answer["Body"].read())["headers"]
    assert given["Content-Type"] == "text/csv"
    assert given["Accept"] == "application/json"
    assert given["X-Amzn-SageMaker-Custom-Attributes"] == "trace=1"
    assert given["X-Amzn-SageMaker-Inference-Id"] == "id-1"
    assert "Authorization" not in given, "SageMaker strips what it does not know"


@pytest.mark.parametrize(("body", "status", "party"), [("teapot", 418, "client"), ("break", 500, "server")])
def test_a_model_that_answers_with_an_error(
    serving: Serving, talking: str, body: str, status: int, party: str
) -> None:
    with pytest.raises(ClientError) as refused:
        serving.ask(talking, body)
    told: Any = refused.value.response
    assert told["ResponseMetadata"]["HTTPStatusCode"] == 424
    assert told["Error"]["Code"] == "ModelError"
    assert told["OriginalStatusCode"] == status
    assert told["OriginalMessage"] in ("a teapot", "broken")
    assert f"Received {party} error ({status}) from primary with message" in told["Error"]["Message"]
    assert f":log-group:/aws/sagemaker/Endpoints/{talking}" in told["LogStreamArn"]


def test_requests_that_never_reach_the_model(serving: Serving, talking: str) -> None:
    with pytest.raises(ClientError, match=f"Endpoint none of account {ACCOUNT} not found.") as refused:
        serving.ask("none")
    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400
    with pytest.raises(ClientError, match="Variant Other not found"):
        serving.ask(talking, TargetVariant="Other")
    with pytest.raises(ClientError) as too_large:
        serving.ask(talking, "x" * (MAX_BODY_BYTES + 1))
    assert too_large.value.response["ResponseMetadata"]["HTTPStatusCode"] == 413
    assert serving.ask(talking, "x" * MAX_BODY_BYTES)["word"] == "hello"


def test_metrics_and_logs(serving: Serving) -> None:
    name = serving.endpoint(serving.config(variant(serving.talking("x"))))
    for body in ("a", "b"):
        serving.ask(name, body)
    for body in ("teapot", "break"):
        with pytest.raises(ClientError, match="ModelError"):
            serving.ask(name, body)
    serving.delete(name)
    dimensions = {"EndpointName": name, "VariantName": VARIANT}
    counted = {
        metric: serving.metric(metric, dimensions)
        for metric in ("Invocations", "Invocation4XXErrors", "Invocation5XXErrors", "InvocationsPerInstance")
    }
    assert counted == {
        "Invocations": 4,
        "Invocation4XXErrors": 1,
        "Invocation5XXErrors": 1,
        "InvocationsPerInstance": 2,
    }
    assert serving.metric("Invocation4XXErrors", dimensions, "Average") == 0.25
    assert 100 < serving.metric("ModelLatency", dimensions, "Maximum") < 5e6
    assert serving.metric("OverheadLatency", dimensions, "Minimum") > 0
    logs = serving.server.client("logs")
    group = f"/aws/sagemaker/Endpoints/{name}"
    (stream,) = logs.describe_log_streams(logGroupName=group)["logStreams"]
    assert stream["logStreamName"].startswith(f"{VARIANT}/i-")
    lines = logs.get_log_events(logGroupName=group, logStreamName=stream["logStreamName"])["events"]
    assert "asked a" in [line["message"] for line in lines]


def test_variants_by_weight_and_by_name(serving: Serving) -> None:
    models = [serving.talking(word) for word in ("a", "b")]
    name = serving.endpoint(
        serving.config(
            variant(models[0], "A", InitialVariantWeight=3.0),
            variant(models[1], "B", InitialVariantWeight=1.0),
        )
    )
    counted = Counter(serving.ask(name)["word"] for _ in range(200))
    assert 25 < counted["b"] < 80, "a quarter of the requests, by chance"
    assert {serving.ask(name, TargetVariant="B")["word"] for _ in range(20)} == {"b"}
    serving.delete(name)


def capture(serving: Serving, **changes: Any) -> dict[str, Any]:
    usual = {
        "EnableCapture": True,
        "InitialSamplingPercentage": 100,
        "DestinationS3Uri": f"s3://{serving.lab.bucket}/captured",
        "KmsKeyId": serving.lab.key_arn,
        "CaptureOptions": [{"CaptureMode": "InputAndOutput"}],
        "CaptureContentTypeHeader": {
            "CsvContentTypes": ["text/csv"],
            "JsonContentTypes": ["application/json"],
        },
    }
    return {**usual, **changes}


def captured(serving: Serving, endpoint: str, name: str = VARIANT) -> list[dict[str, Any]]:
    keys = serving.lab.keys(f"captured/{endpoint}/{name}/")
    return [json.loads(line) for key in keys for line in serving.lab.get(key).splitlines()]


def test_what_is_captured(serving: Serving) -> None:
    config = serving.config(variant(serving.talking("x")), DataCaptureConfig=capture(serving))
    name = serving.endpoint(config)
    shown = serving.describe(name)["DataCaptureConfig"]
    assert (shown["CaptureStatus"], shown["CurrentSamplingPercentage"]) == ("Started", 100)
    serving.ask(name, "1,2", ContentType="text/csv", InferenceId="id-7", CustomAttributes="trace=1")
    serving.ask(name, "raw", ContentType="application/x-other")
    with pytest.raises(ClientError, match="ModelError"):
        serving.ask(name, "break")
    serving.delete(name)
    keys = serving.lab.keys(f"captured/{name}/{VARIANT}/")
    hour = time.strftime("%Y/%m/%d", time.gmtime())
    assert all(
        key.startswith(f"captured/{name}/{VARIANT}/{hour}/") and key.endswith(".jsonl") for key in keys
    )
    head = serving.server.client("s3").head_object(Bucket=serving.lab.bucket, Key=keys[0])
    assert (head["ServerSideEncryption"], head["SSEKMSKeyId"]) == ("aws:kms", serving.lab.key_arn)
    first, second = captured(serving, name)
    assert first["eventVersion"] == "0"
    assert first["eventMetadata"]["inferenceId"] == "id-7"
    assert first["eventMetadata"]["customAttributes"] == ["trace=1"]
    assert first["captureData"]["endpointInput"] == {
        "observedContentType": "text/csv",
        "mode": "INPUT",
        "data": "1,2",
        "encoding": "CSV",
    }
    output = first["captureData"]["endpointOutput"]
    assert (output["mode"], output["encoding"]) == ("OUTPUT", "JSON")
    assert json.loads(output["data"])["word"] == "x"
    assert "inferenceId" not in second["eventMetadata"]
    assert base64.b64decode(second["captureData"]["endpointInput"]["data"]) == b"raw"
    assert first["eventMetadata"]["eventId"] != second["eventMetadata"]["eventId"]


def test_capture_is_sampled_and_fails_no_request(serving: Serving) -> None:
    model = serving.talking("x")
    half = serving.endpoint(
        serving.config(variant(model), DataCaptureConfig=capture(serving, InitialSamplingPercentage=50))
    )
    lost = serving.endpoint(
        serving.config(variant(model), DataCaptureConfig=capture(serving, DestinationS3Uri="s3://none/x"))
    )
    for _ in range(100):
        serving.ask(half)
        serving.ask(lost)
    serving.delete(half)
    serving.delete(lost)
    assert 25 < len(captured(serving, half)) < 75


def test_a_shadow_sees_requests_and_never_answers(serving: Serving) -> None:
    real, shadow = serving.talking("real"), serving.talking("shadow")
    config = serving.config(
        variant(real, "Real"),
        ShadowProductionVariants=[variant(shadow, "Shadow")],
        DataCaptureConfig=capture(serving),
    )
    name = serving.endpoint(config)
    assert [one["VariantName"] for one in serving.describe(name)["ShadowProductionVariants"]] == ["Shadow"]
    assert {serving.ask(name, f"n{number}")["word"] for number in range(20)} == {"real"}
    started = time.monotonic()
    serving.ask(name, "sleep 1")
    assert time.monotonic() - started < 1.9, "the shadow's time is not added"
    serving.delete(name)
    answers = captured(serving, name, "Real"), captured(serving, name, "Shadow")
    ids = [{line["eventMetadata"]["eventId"] for line in lines} for lines in answers]
    assert len(ids[0]) == 21
    assert ids[0] == ids[1]
    words = {json.loads(line["captureData"]["endpointOutput"]["data"])["word"] for line in answers[1]}
    assert words == {"shadow"}
    assert serving.metric("Invocations", {"EndpointName": name, "VariantName": "Shadow"}) == 21


def test_a_shadow_that_breaks_is_not_noticed(serving: Serving) -> None:
    config = serving.config(
        variant(serving.talking("real"), "Real"),
        ShadowProductionVariants=[variant(serving.echo(), "Shadow")],
    )
    name = serving.endpoint(config)
    assert {serving.ask(name, "poison")["word"] for _ in range(10)} == {"real"}
    serving.delete(name)
    shadow = {"EndpointName": name, "VariantName": "Shadow"}
    assert serving.metric("Invocation4XXErrors", shadow) == 10


def test_a_server_that_dies_is_started_anew(serving: Serving) -> None:
    name = serving.endpoint(serving.config(variant(serving.talking("x"))))
    first = serving.ask(name)["pid"]
    with pytest.raises(ClientError, match="ModelError"):
        serving.ask(name, "crash")
    deadline = time.monotonic() + 20
    refusals, second = set(), None
    while second is None and time.monotonic() < deadline:
        try:
            second = serving.ask(name)["pid"]
        except ClientError as error:
            refusals.add(error.response["Error"]["Code"])
            time.sleep(0.05)
    assert refusals <= {"ServiceUnavailable", "ModelError"}
    assert second is not None
    assert second != first
    assert serving.describe(name)["EndpointStatus"] == "InService"
    serving.delete(name)


def test_the_runtime_is_in_one_region(serving: Serving, talking: str) -> None:
    elsewhere = serving.server.client("sagemaker-runtime", region="eu-west-1")
    assert REGION != "eu-west-1"
    with pytest.raises(ClientError, match="not found"):
        elsewhere.invoke_endpoint(EndpointName=talking, Body="x")
