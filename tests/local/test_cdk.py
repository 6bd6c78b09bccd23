"""The unmodified CDK CLI bootstraps, deploys, updates and destroys a stack like a model's."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from mdlc_cli.tools import toolchain
from tests.local.embedded import Server, start
from tests.local.states.running import ended

APP = Path(__file__).parent / "probe" / "app.py"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server of its own: the tests here look at everything that is left in it."""
    running = start(tmp_path_factory.mktemp("embedded-cdk"))
    yield running
    running.end()


Cdk = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture(scope="module")
def cdk(server: Server, tmp_path_factory: pytest.TempPathFactory) -> Cdk:
    """Runs the CDK CLI against the server."""
    folder = tmp_path_factory.mktemp("cdk")
    environment = os.environ | toolchain.node_environment()
    environment |= {
        "AWS_ENDPOINT_URL": server.endpoint,
        "AWS_ACCESS_KEY_ID": server.credentials["aws_access_key_id"],
        "AWS_SECRET_ACCESS_KEY": server.credentials["aws_secret_access_key"],
        "AWS_REGION": "us-east-1",
        "CDK_VALIDATION": "false",
    }

    def run(*arguments: str, version: str = "1") -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [*toolchain.cdk_command(), *arguments, "--ci", "--no-notices", "--no-version-reporting"],
            cwd=folder,
            env=environment | {"PROBE_VERSION": version},
            capture_output=True,
            text=True,
            timeout=240,
        )

    return run


def deploy(cdk: Cdk, version: str) -> "subprocess.CompletedProcess[str]":
    app = f"{sys.executable} {APP}"
    return cdk("deploy", "--app", app, "--require-approval", "never", "Probe", version=version)


def outputs(server: Server) -> dict[str, str]:
    stack = server.client("cloudformation").describe_stacks(StackName="Probe")["Stacks"][0]
    return {output["OutputKey"]: output["OutputValue"] for output in stack["Outputs"]}


@pytest.fixture(scope="module")
def deployed(server: Server, cdk: Cdk) -> dict[str, str]:
    """The stack's outputs after its first deployment."""
    bootstrapped = cdk("bootstrap", "aws://000000000000/us-east-1")
    assert bootstrapped.returncode == 0, bootstrapped.stderr[-2000:]
    done = deploy(cdk, "1")
    assert done.returncode == 0, done.stderr[-2000:] + done.stdout[-1000:]
    return outputs(server)


def run_machine(server: Server, deployed: dict[str, str]) -> Any:
    started = server.client("stepfunctions").start_execution(stateMachineArn=deployed["MachineArn"])
    done = ended(server, started["executionArn"])
    assert done.status == "SUCCEEDED", (done.error, done.cause)
    return done.output


def messages(server: Server, group: str) -> str:
    """All of a log group's messages."""
    found = server.client("logs").filter_log_events(logGroupName=group)["events"]
    return "\n".join(event["message"] for event in found)


def test_deploys_and_runs(server: Server, deployed: dict[str, str]) -> None:
    assert run_machine(server, deployed) == "1"
    assert "TransientError: not yet" in messages(server, deployed["FunctionLogsName"])
    assert "ExecutionSucceeded" in messages(server, deployed["MachineLogsName"])
    denied = [use for use in server.control("GET", "usage") if not use["allowed"]]
    assert denied == []


def test_the_resources_are_as_written(server: Server, deployed: dict[str, str]) -> None:
    s3 = server.client("s3")
    bucket = deployed["BucketName"]
    assert s3.get_bucket_versioning(Bucket=bucket)["Status"] == "Enabled"
    s3.put_object(Bucket=bucket, Key="a", Body=b"1")
    written = s3.head_object(Bucket=bucket, Key="a")
    assert (written["ServerSideEncryption"], written["SSEKMSKeyId"]) == ("aws:kms", deployed["KeyArn"])
    s3.delete_object(Bucket=bucket, Key="a", VersionId=written["VersionId"])
    table = server.client("dynamodb").describe_table(TableName=deployed["TableName"])["Table"]
    assert table["SSEDescription"]["KMSMasterKeyArn"] == deployed["KeyArn"]
    policy = json.loads(server.client("kms").get_key_policy(KeyId=deployed["KeyArn"])["Policy"])
    assert policy["Statement"][0]["Principal"] == {"AWS": "arn:aws:iam::000000000000:root"}
    rules = s3.get_bucket_encryption(Bucket=bucket)["ServerSideEncryptionConfiguration"]["Rules"]
    assert rules[0]["BucketKeyEnabled"] is True
    alarms = server.client("cloudwatch").describe_alarms()["MetricAlarms"]
    assert [alarm["MetricName"] for alarm in alarms] == ["ExecutionsFailed"]


def test_an_event_starts_the_machine(server: Server, deployed: dict[str, str]) -> None:
    states = server.client("stepfunctions")

    def count() -> int:
        return len(states.list_executions(stateMachineArn=deployed["MachineArn"])["executions"])

    before = count()
    server.client("events").put_events(Entries=[{"Source": "probe", "DetailType": "x", "Detail": "{}"}])
    deadline = time.monotonic() + 20
    while count() == before:
        assert time.monotonic() < deadline, "the rule started no execution"
        time.sleep(0.05)


def test_updates_and_destroys(server: Server, cdk: Cdk, deployed: dict[str, str]) -> None:
    assert deployed["Said"] == "Create 1"
    updated = deploy(cdk, "2")
    assert updated.returncode == 0, updated.stderr[-2000:]
    assert outputs(server)["Said"] == "Update 2"
    assert run_machine(server, deployed) == "2"
    group = server.client("sagemaker").describe_model_package_group(ModelPackageGroupName="probe")
    assert group["ModelPackageGroupDescription"] == "version 2"

    refusals = {
        "refused": "refused on purpose",
        "invalid": "MISSING_TRANSITION_TARGET: Missing 'Next' target: Nowhere at /States/Call/Next",
    }
    for version, sentence in refusals.items():
        refused = deploy(cdk, version)
        assert refused.returncode != 0
        assert sentence in refused.stderr + refused.stdout
        assert run_machine(server, deployed) == "2", "the update was rolled back"

    destroyed = cdk("destroy", "--force", "--app", "cdk.out", "Probe")
    assert destroyed.returncode == 0, destroyed.stderr[-2000:]
    left = {
        "tables": server.client("dynamodb").list_tables()["TableNames"],
        "functions": server.client("lambda").list_functions()["Functions"],
        "machines": server.client("stepfunctions").list_state_machines()["stateMachines"],
        "rules": server.client("events").list_rules()["Rules"],
        "alarms": server.client("cloudwatch").describe_alarms()["MetricAlarms"],
        "groups": server.client("sagemaker").list_model_package_groups()["ModelPackageGroupSummaryList"],
    }
    assert all(not found for found in left.values()), json.dumps(left, default=str)
    buckets = [bucket["Name"] for bucket in server.client("s3").list_buckets()["Buckets"]]
    assert deployed["BucketName"] not in buckets
