"""Beliefs about endpoints: captures, pipelines as shadows, and bakes."""

from __future__ import annotations

import base64
import json
import time
from typing import Any

from mdlc_cli.conformance import images
from mdlc_cli.conformance.bench import Bench, UnansweredError
from mdlc_cli.conformance.probe import ENDPOINTS, Observation, Probe
from mdlc_cli.conformance.probes.tasks import wait_until

START_SECONDS = 1800.0
CAPTURE_SECONDS = 1500.0
BAKE_SECONDS = 60
GUIDE = "https://docs.aws.amazon.com/sagemaker/latest/dg"
PAGE = "real-time-inference.md"


def _variant(name: str, model: str) -> dict[str, Any]:
    return {
        "VariantName": name,
        "ModelName": model,
        "InstanceType": images.INSTANCE,
        "InitialInstanceCount": 1,
        "InitialVariantWeight": 1.0,
    }


def _configured(bench: Bench, model: str, *, captured: bool, shadow: str | None = None) -> str:
    name = bench.name("config")
    capture = {
        "EnableCapture": True,
        "InitialSamplingPercentage": 100,
        "DestinationS3Uri": f"s3://{bench.outputs['Bucket']}/captures",
        "CaptureOptions": [{"CaptureMode": "Input"}, {"CaptureMode": "Output"}],
        "CaptureContentTypeHeader": {"CsvContentTypes": ["text/csv"]},
    }
    bench.client("sagemaker").create_endpoint_config(
        EndpointConfigName=name,
        ProductionVariants=[_variant("Production", model)],
        **({"DataCaptureConfig": capture} if captured else {}),
        **({"ShadowProductionVariants": [_variant("Shadow", shadow)]} if shadow else {}),
    )
    return name


def _settled(bench: Bench, endpoint: str) -> dict[str, Any]:
    client = bench.client("sagemaker")

    def look() -> dict[str, Any] | None:
        endpoint_now: dict[str, Any] = client.describe_endpoint(EndpointName=endpoint)
        return (
            None
            if endpoint_now["EndpointStatus"] in ("Creating", "Updating", "RollingBack")
            else endpoint_now
        )

    endpoint_now: dict[str, Any] = wait_until(bench, look, START_SECONDS)
    return endpoint_now


def _serving(bench: Bench, config: str) -> str:
    name = bench.name("endpoint")
    bench.client("sagemaker").create_endpoint(EndpointName=name, EndpointConfigName=config)
    endpoint = _settled(bench, name)
    if endpoint["EndpointStatus"] != "InService":
        reason = endpoint.get("FailureReason", "")
        raise UnansweredError(f"the endpoint is {endpoint['EndpointStatus']}: {reason}")
    return name


def _asked(bench: Bench, endpoint: str) -> str:
    answer = bench.client("sagemaker-runtime").invoke_endpoint(
        EndpointName=endpoint, Body=b"one\n", ContentType="text/csv", Accept="text/csv", InferenceId="mine"
    )
    return str(answer["Body"].read().decode())


def _captures(bench: Bench, endpoint: str, variants: int) -> dict[str, dict[str, Any]]:
    """The first captured record of as many variants, by variant."""
    s3, bucket, prefix = bench.client("s3"), bench.outputs["Bucket"], f"captures/{endpoint}/"

    def look() -> dict[str, dict[str, Any]] | None:
        captures: dict[str, dict[str, Any]] = {}
        for item in s3.list_objects_v2(Bucket=bucket, Prefix=prefix).get("Contents", []):
            variant, *folders = item["Key"].removeprefix(prefix).split("/")
            text = s3.get_object(Bucket=bucket, Key=item["Key"])["Body"].read().decode()
            record = json.loads(text.splitlines()[0])
            captures.setdefault(variant, {"folders": len(folders) - 1, "record": record})
        return captures if len(captures) >= variants else None

    captured: dict[str, dict[str, Any]] = wait_until(bench, look, CAPTURE_SECONDS)
    return captured


def _described(capture: dict[str, Any]) -> dict[str, Any]:
    record = capture["record"]
    data = record["captureData"]
    return {
        "folders": capture["folders"],
        "input": _plain(data["endpointInput"]),
        "output": _plain(data["endpointOutput"]),
        "inferenceId": record["eventMetadata"].get("inferenceId"),
    }


def _plain(part: dict[str, Any]) -> str:
    text = str(part["data"])
    return base64.b64decode(text).decode() if part["encoding"] == "BASE64" else text


def captured_pipeline(bench: Bench) -> Observation:
    """Captures a request to a pipeline of two containers."""
    endpoint = _serving(bench, _configured(bench, images.model(bench, 2), captured=True))
    began, answered = time.monotonic(), _asked(bench, endpoint)
    capture = _captures(bench, endpoint, 1)["Production"]
    notes = {
        "seconds until the capture was there": round(time.monotonic() - began),
        "members": {
            name: sorted(value) for name, value in capture["record"].items() if isinstance(value, dict)
        },
    }
    bench.client("sagemaker").delete_endpoint(EndpointName=endpoint)
    return Observation(answer={"answered": answered, "capture": _described(capture)}, notes=notes)


def shadowed_pipeline(bench: Bench) -> Observation:
    """Shadows a pipeline with another one and captures both."""
    from botocore.exceptions import ClientError

    model = images.model(bench, 2)
    try:
        endpoint = _serving(bench, _configured(bench, model, captured=True, shadow=images.model(bench, 2)))
    except ClientError as error:
        refused = {"code": error.response["Error"]["Code"], "operation": error.operation_name}
        return Observation(answer={"refused": refused}, notes={"message": error.response["Error"]["Message"]})
    _asked(bench, endpoint)
    captures = _captures(bench, endpoint, 2)
    ids = {
        variant: capture["record"]["eventMetadata"].get("eventId") for variant, capture in captures.items()
    }
    bench.client("sagemaker").delete_endpoint(EndpointName=endpoint)
    answer = {
        "captures": {variant: _described(capture) for variant, capture in sorted(captures.items())},
        "event ids": "same" if len(set(ids.values())) == 1 else "different",
    }
    return Observation(answer=answer)


def baked_update(bench: Bench) -> Observation:
    """Updates an endpoint all at once, with a wait before the old fleet ends, and measures it."""
    model = images.model(bench)
    endpoint = _serving(bench, _configured(bench, model, captured=False))
    config, client = _configured(bench, model, captured=False), bench.client("sagemaker")
    client.update_endpoint(
        EndpointName=endpoint,
        EndpointConfigName=config,
        DeploymentConfig={
            "BlueGreenUpdatePolicy": {
                "TrafficRoutingConfiguration": {"Type": "ALL_AT_ONCE", "WaitIntervalInSeconds": BAKE_SECONDS},
                "TerminationWaitInSeconds": BAKE_SECONDS,
                "MaximumExecutionTimeoutInSeconds": 1800,
            }
        },
    )
    began = time.monotonic()
    stages: dict[str, float] = {}

    def look() -> dict[str, Any] | None:
        endpoint_now: dict[str, Any] = client.describe_endpoint(EndpointName=endpoint)
        pending = endpoint_now.get("PendingDeploymentSummary", {})
        statuses = [
            status["Status"]
            for variant in pending.get("ProductionVariants", [])
            for status in variant.get("VariantStatus", [])
        ]
        for status in statuses:
            stages.setdefault(status, time.monotonic())
        return None if endpoint_now["EndpointStatus"] == "Updating" else endpoint_now

    endpoint_now = wait_until(bench, look, START_SECONDS)
    ended, scale = time.monotonic(), bench.target.time_scale
    baking = (ended - stages.get("Baking", ended)) * scale
    answer = {
        "status": endpoint_now["EndpointStatus"],
        "configuration": "new" if endpoint_now["EndpointConfigName"] == config else "old",
        "baked": baking >= BAKE_SECONDS / 2,
    }
    client.delete_endpoint(EndpointName=endpoint)
    return Observation(
        answer=answer,
        notes={
            "seconds": round((ended - began) * scale),
            "seconds of baking": round(baking),
            "statuses": list(stages),
        },
    )


def _probe(id_: str, belief: str, source: str, ask: Any, minutes: float, page: str = PAGE) -> Probe:
    return Probe(
        id=id_,
        belief=belief,
        source=f"{GUIDE}/{source}",
        page=page,
        ask=ask,
        group=ENDPOINTS,
        seconds=int(60 * minutes),
        instance_minutes={images.INSTANCE: minutes},
    )


PROBES = (
    _probe(
        "capture-of-a-pipeline",
        "Data capture of an inference pipeline keeps the caller's request, the last container's "
        "answer and the inference id, in folders of variant, day and hour; how long it takes is "
        "measured (`settling`).",
        "model-monitor-data-capture-endpoint.html",
        captured_pipeline,
        20,
        "monitoring.md",
    ),
    _probe(
        "shadow-of-a-pipeline",
        "An inference pipeline can be the shadow of another one, whose captures are in a folder of its name.",
        "shadow-tests.html",
        shadowed_pipeline,
        40,
    ),
    _probe(
        "bake-of-an-update",
        "An update all at once ends in service with the new configuration after at least one bake; "
        "how long it takes is measured.",
        "deployment-guardrails-blue-green-all-at-once.html",
        baked_update,
        30,
    ),
)
