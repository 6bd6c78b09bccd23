"""Runs an embedded AWS with an endpoint and tables for the decision function."""

import json
import os
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import boto3

from benchmarks import decisions
from benchmarks.containers import CONTAINERS, ROOT, TEMPLATE, free_port
from benchmarks.decisions import ENDPOINT
from benchmarks.environments import environment_of
from lambdas.functions.decide.rules_cache import KEY
from mdlc_cli.tools import toolchain
from mdlc_constructs.settings.payloads.codec import encode

REGION = "us-east-1"
BUCKET, IMAGE = "benchmark", "example.com/benchmark/scorer:1"
DECISION_TABLE, RULES_TABLE, LOOKUP_TABLE = "decisions", "rules", "customers"
WAIT_SECONDS = 120.0
ACCOUNT = "000000000000"

_secrets: dict[str, str] = {}


@contextmanager
def embedded(folder: Path, model: Path) -> Iterator[str]:
    """Run a server with endpoint and tables; yields its URL. IAM checks are off, because they take time.

    Args:
        folder: the folder for the server's files.
        model: the model file of the endpoint.
    """
    container = CONTAINERS[TEMPLATE]
    images = folder / "images.json"
    entry = {
        "match": "/benchmark/scorer:",
        "python": str(environment_of(container.lock)),
        "serve": ["python3", str(container.program)],
        "environment": {"MDLC_BIND_HOST": "127.0.0.1", "SAGEMAKER_MODEL_SERVER_WORKERS": "1"},
    }
    images.write_text(json.dumps({"images": [entry]}))
    port, state = free_port(), folder / "state"
    command = [str(toolchain.embedded_python()), str(ROOT / "mdlc_local"), "--no-iam"]
    command += ["--port", str(port), "--state-dir", str(state)]
    command += ["--images", str(images), "--parent-pid", str(os.getpid())]
    with (folder / "embedded.log").open("wb") as output:
        process = subprocess.Popen(command, stdout=output, stderr=output)
    try:
        _await(lambda: (state / "ready.json").exists() or process.poll() is not None)
        if process.poll() is not None:
            raise RuntimeError(f"the embedded AWS ended: {(folder / 'embedded.log').read_text()[-2000:]}")
        url = f"http://127.0.0.1:{port}"
        _secrets[url] = (state / "secret").read_text()
        _make_tables(url)
        _make_endpoint(url, model)
        yield url
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(30)


def credentials(url: str) -> dict[str, str]:
    """The account's access keys at a server, as environment variables."""
    return {"AWS_ACCESS_KEY_ID": ACCOUNT, "AWS_SECRET_ACCESS_KEY": _secrets[url]}


def variables(url: str) -> dict[str, str]:
    """The environment variables of the decision function at a server."""
    return {
        **credentials(url),
        "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_ENDPOINT_URL": url,
        "MDLC_API": decisions.API,
        "MDLC_MODEL": decisions.MODEL,
        "MDLC_DECISIONS": json.dumps(encode(decisions.decisions().to_payload())),
        "MDLC_DECISION_TABLE": DECISION_TABLE,
        "MDLC_RULES_TABLE": RULES_TABLE,
        "MDLC_LOOKUP_TABLE": LOOKUP_TABLE,
        "MDLC_ENDPOINT": ENDPOINT,
    }


def client(url: str, service: str) -> Any:
    """A boto3 client of the embedded AWS."""
    connect: Any = boto3.client
    return connect(
        service,
        endpoint_url=url,
        region_name=REGION,
        aws_access_key_id=ACCOUNT,
        aws_secret_access_key=_secrets[url],
    )


def _make_tables(url: str) -> None:
    dynamodb = client(url, "dynamodb")
    for table, key in ((DECISION_TABLE, "request_id"), (RULES_TABLE, "pk"), (LOOKUP_TABLE, "customer")):
        dynamodb.create_table(
            TableName=table,
            BillingMode="PAY_PER_REQUEST",
            AttributeDefinitions=[{"AttributeName": key, "AttributeType": "S"}],
            KeySchema=[{"AttributeName": key, "KeyType": "HASH"}],
        )
    dynamodb.put_item(TableName=RULES_TABLE, Item={**KEY, "document": {"S": json.dumps(decisions.RULES)}})
    dynamodb.put_item(TableName=LOOKUP_TABLE, Item=decisions.looked_up_item())


def _make_endpoint(url: str, model: Path) -> None:
    s3, iam, sagemaker = (client(url, service) for service in ("s3", "iam", "sagemaker"))
    s3.create_bucket(Bucket=BUCKET)
    s3.put_object(Bucket=BUCKET, Key="model.tar.gz", Body=decisions.model_archive(model))
    trust = {
        "Effect": "Allow",
        "Principal": {"Service": "sagemaker.amazonaws.com"},
        "Action": "sts:AssumeRole",
    }
    role = iam.create_role(
        RoleName="benchmark",
        AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [trust]}),
    )["Role"]["Arn"]
    sagemaker.create_model(
        ModelName=ENDPOINT,
        ExecutionRoleArn=role,
        PrimaryContainer={
            "Image": IMAGE,
            "ModelDataUrl": f"s3://{BUCKET}/model.tar.gz",
            "Environment": {"MDLC_MODEL_VERSION": "1"},
        },
    )
    variant = {"VariantName": "AllTraffic", "ModelName": ENDPOINT, "InstanceType": "ml.m5.large"}
    sagemaker.create_endpoint_config(
        EndpointConfigName=ENDPOINT, ProductionVariants=[{**variant, "InitialInstanceCount": 1}]
    )
    sagemaker.create_endpoint(EndpointName=ENDPOINT, EndpointConfigName=ENDPOINT)
    _await(lambda: sagemaker.describe_endpoint(EndpointName=ENDPOINT)["EndpointStatus"] != "Creating")
    described = sagemaker.describe_endpoint(EndpointName=ENDPOINT)
    if described["EndpointStatus"] != "InService":
        raise RuntimeError(f"the endpoint is {described['EndpointStatus']}: {described.get('FailureReason')}")


def _await(true: Any) -> None:
    deadline = time.monotonic() + WAIT_SECONDS
    while not true():
        if time.monotonic() > deadline:
            raise TimeoutError(f"not there within {WAIT_SECONDS:g} s")
        time.sleep(0.05)
