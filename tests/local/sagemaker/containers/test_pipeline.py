"""Models of several containers, on endpoints and in transform jobs."""

import json
import time
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.local.sagemaker.lab import ECHO, unique
from tests.local.sagemaker.serving import VARIANT, Serving, variant

ROWS = "application/jsonlines"
ROW = json.dumps({"a": 0.9, "b": "0.4", "more": "x"})


def talker(serving: Serving, word: str, **changes: Any) -> dict[str, Any]:
    """A container that answers with its word and what it was asked."""
    model = serving.sagemaker.describe_model(ModelName=serving.talking(word))
    return {**model["PrimaryContainer"], **changes}


def lines(answer: Any) -> list[dict[str, Any]]:
    return [json.loads(line) for line in answer["Body"].read().splitlines()]


@pytest.fixture(scope="module")
def released(serving: Serving) -> str:
    return serving.released(7, seed=3)


@pytest.fixture(scope="module")
def endpoint(serving: Serving, released: str) -> Iterator[str]:
    capture = {
        "EnableCapture": True,
        "InitialSamplingPercentage": 100,
        "DestinationS3Uri": f"s3://{serving.lab.bucket}/captured",
        "CaptureOptions": [{"CaptureMode": "Input"}, {"CaptureMode": "Output"}],
        "CaptureContentTypeHeader": {"JsonContentTypes": [ROWS]},
    }
    name = serving.endpoint(serving.config(variant(released), DataCaptureConfig=capture))
    yield name
    serving.delete(name)


def test_a_row_goes_through_all_containers(serving: Serving, released: str, endpoint: str) -> None:
    model = serving.sagemaker.describe_model(ModelName=released)["Containers"][1]
    alone = unique("alone")
    serving.sagemaker.create_model(
        ModelName=alone, ExecutionRoleArn=serving.lab.role.arn, PrimaryContainer=model
    )
    single = serving.endpoint(serving.config(variant(alone)))
    features = b"0.9,0.4,0.5\n0.5,0.5,0.5"
    runtime = serving.runtime()
    plain = runtime.invoke_endpoint(EndpointName=single, Body=features, ContentType="text/csv")
    scores = [float(line) for line in plain["Body"].read().split()]
    asked = runtime.invoke_endpoint(EndpointName=endpoint, Body=f'{ROW}\n{{"a": null}}\n', ContentType=ROWS)
    assert asked["ContentType"] == ROWS
    assert lines(asked) == [{"score": score, "version": 7} for score in scores]
    serving.delete(single)


def test_what_describe_shows(serving: Serving, released: str, endpoint: str) -> None:
    given = [one["Image"] for one in serving.sagemaker.describe_model(ModelName=released)["Containers"]]
    (shown,) = serving.describe(endpoint)["ProductionVariants"]
    assert [image["SpecifiedImage"] for image in shown["DeployedImages"]] == given
    assert given[0] == given[2] != given[1]


def test_a_bad_row_is_the_callers_mistake(serving: Serving, endpoint: str) -> None:
    body = f'{ROW}\n{{"b": "far"}}'
    with pytest.raises(ClientError) as refused:
        serving.runtime().invoke_endpoint(EndpointName=endpoint, Body=body, ContentType=ROWS)
    told: Any = refused.value.response
    assert (told["Error"]["Code"], told["OriginalStatusCode"]) == ("ModelError", 400)
    assert told["OriginalMessage"] == (
        "line 2, column 'b': \"far\" is no number: give a JSON number, or null when it is missing."
    )
    assert "Received client error (400) from container-1 with message" in told["Error"]["Message"]


def test_the_callers_body_and_the_last_answer_are_captured(serving: Serving, endpoint: str) -> None:
    mark = json.dumps({"a": 0.25, "mark": unique("mark")})
    serving.runtime().invoke_endpoint(EndpointName=endpoint, Body=mark, ContentType=ROWS, InferenceId="i-1")
    deadline = time.monotonic() + 20
    found: list[Any] = []
    while not found:
        assert time.monotonic() < deadline
        time.sleep(0.2)
        keys = serving.lab.keys(f"captured/{endpoint}/{VARIANT}/")
        captured = [json.loads(line) for key in keys for line in serving.lab.get(key).splitlines()]
        found = [one for one in captured if one["captureData"]["endpointInput"]["data"] == mark]
    assert found[0]["eventMetadata"]["inferenceId"] == "i-1"
    assert json.loads(found[0]["captureData"]["endpointOutput"]["data"])["version"] == 7


def test_each_container_has_its_own_log(serving: Serving, endpoint: str) -> None:
    logs = serving.server.client("logs")
    group, deadline = f"/aws/sagemaker/Endpoints/{endpoint}", time.monotonic() + 20
    names: set[str] = set()
    while len(names) < 3 and time.monotonic() < deadline:
        streams = logs.describe_log_streams(logGroupName=group)["logStreams"]
        names = {stream["logStreamName"].rpartition("/")[2] for stream in streams}
    assert names == {"container-1", "container-2", "container-3"}


def test_what_each_container_is_asked(serving: Serving) -> None:
    first = talker(serving, "first", ContainerHostname="one")
    name = serving.piped(first, talker(serving, "second", ContainerHostname="two"))
    endpoint = serving.endpoint(serving.config(variant(name)))
    told = serving.ask(endpoint, "hi", ContentType="text/csv", Accept="text/x", CustomAttributes="t=1")
    assert told["word"] == "second"
    assert told["headers"]["Content-Type"] == "application/json"
    assert told["headers"]["Accept"] == "text/x"
    assert told["headers"]["X-Amzn-SageMaker-Custom-Attributes"] == "t=1"
    assert told["body"].startswith('{"word": "first", "body": "hi"')
    for body, status in (("teapot", 418), ("break", 500)):
        with pytest.raises(ClientError, match=rf"error \({status}\) from one with message"):
            serving.ask(endpoint, body)
    serving.delete(endpoint)


def test_a_container_that_dies_takes_the_others_with_it_and_all_come_back(serving: Serving) -> None:
    name = serving.piped(talker(serving, "first"), talker(serving, "second"))
    endpoint = serving.endpoint(serving.config(variant(name)))
    before = serving.ask(endpoint)["pid"]
    with pytest.raises(ClientError, match="ModelError"):
        serving.ask(endpoint, "crash")
    deadline, after = time.monotonic() + 20, None
    while after is None:
        assert time.monotonic() < deadline
        try:
            after = serving.ask(endpoint)["pid"]
        except ClientError:
            time.sleep(0.05)
    assert after != before
    serving.delete(endpoint)


def test_a_container_that_never_gets_well_is_named(serving: Serving) -> None:
    sick = serving.sagemaker.describe_model(ModelName=serving.broken())["PrimaryContainer"]
    config = serving.config(variant(serving.piped(talker(serving, "x"), sick)))
    name = unique("sick")
    serving.sagemaker.create_endpoint(EndpointName=name, EndpointConfigName=config)
    reason = serving.wait(name)["FailureReason"]
    assert reason.startswith(f"The container-2 container for production variant {VARIANT} did not pass")
    serving.delete(name)


@pytest.mark.parametrize("strategy", ["MultiRecord", "SingleRecord"])
def test_a_transform_job_runs_the_whole_pipeline(serving: Serving, released: str, strategy: str) -> None:
    lab, place = serving.lab, unique("rows")
    rows = [json.dumps({"id": f"r{n}", "a": n / 20, "b": None, "c": 0.1}) for n in range(20)]
    lab.put(f"{place}/rows.jsonl", "\n".join(rows) + "\n")
    shape = {"ContentType": ROWS, "SplitType": "Line"}
    uri = f"s3://{lab.bucket}/{place}/"
    request = lab.transform(released, uri, TransformInput=shape, BatchStrategy=strategy)
    ended = lab.run("transform", request)
    assert ended["TransformJobStatus"] == "Completed", ended.get("FailureReason")
    answers = lab.get(f"{request['TransformJobName']}/rows.jsonl.out").splitlines()
    found = [json.loads(answer) for answer in answers]
    assert len(found) == 20
    assert {answer["version"] for answer in found} == {7}
    assert found[0]["score"] < 0.5 < found[-1]["score"]


def test_a_bad_row_fails_a_transform_job(serving: Serving, released: str) -> None:
    lab, place = serving.lab, unique("rows")
    lab.put(f"{place}/rows.jsonl", f"{ROW}\n[1]\n")
    shape = {"ContentType": ROWS, "SplitType": "Line"}
    request = lab.transform(released, f"s3://{lab.bucket}/{place}/", TransformInput=shape)
    ended = lab.run("transform", request)
    assert ended["TransformJobStatus"] == "Failed"
    assert "invoke of container-1: 400: line 2: [1] is no JSON object" in ended["FailureReason"]


def test_a_pipeline_is_not_serverless(serving: Serving, released: str) -> None:
    serverless = {
        "VariantName": VARIANT,
        "ModelName": released,
        "ServerlessConfig": {"MemorySizeInMB": 1024, "MaxConcurrency": 2},
    }
    with pytest.raises(ClientError, match="Serverless endpoints do not support inference pipelines"):
        serving.config(serverless)


def test_what_a_pipeline_must_be(serving: Serving) -> None:
    bare = {"Image": ECHO}
    with pytest.raises(ClientError, match="Mode 'Direct' is not run locally"):
        serving.piped(bare, bare, InferenceExecutionConfig={"Mode": "Direct"})
    for names in (("a",), ("a", "a")):
        named = [{**bare, "ContainerHostname": name} for name in names]
        with pytest.raises(ClientError, match="a ContainerHostname of its own, or give none one"):
            serving.piped(*named, *[bare] * (2 - len(named)))
    serving.piped(bare, bare, InferenceExecutionConfig={"Mode": "Serial"})
