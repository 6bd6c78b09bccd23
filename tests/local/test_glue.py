"""Glue jobs: a Python shell job runs with its role; what would run nothing is refused."""

import time
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from mdlc_local import glue
from tests.local.conftest import Clients
from tests.local.embedded import Role

COPY = """
import argparse, boto3
parser = argparse.ArgumentParser()
for name in ("--bucket", "--target"):
    parser.add_argument(name)
arguments, _ = parser.parse_known_args()
print("copying", flush=True)
boto3.client("s3").put_object(Bucket=arguments.bucket, Key=arguments.target, Body=b"copied")
"""


@pytest.fixture
def run(client: Clients, make_role: Callable[..., Role]) -> Callable[..., dict[str, Any]]:
    """Makes a job of a script, runs it with the role's statements, and waits for the run's end."""

    def run_job(script: str, *, allowed: str = "out/*", command: str = "pythonshell", **settings: Any) -> Any:
        glue_client, s3 = client("glue"), client("s3")
        name, bucket = f"job-{uuid.uuid4().hex[:8]}", f"glue-{uuid.uuid4().hex[:8]}"
        s3.create_bucket(Bucket=bucket)
        if script:
            s3.put_object(Bucket=bucket, Key="scripts/job.py", Body=script.encode())
        arn = f"arn:aws:s3:::{bucket}"
        role = make_role(
            {"Effect": "Allow", "Action": "s3:GetObject", "Resource": f"{arn}/scripts/*"},
            {"Effect": "Allow", "Action": "s3:PutObject", "Resource": f"{arn}/{allowed}"},
            {"Effect": "Allow", "Action": "logs:*", "Resource": "*"},
            principal=settings.pop("principal", "glue.amazonaws.com"),
        )
        glue_client.create_job(
            Name=name,
            Role=role.arn,
            Command={"Name": command, "ScriptLocation": f"s3://{bucket}/scripts/job.py"},
            DefaultArguments={"--bucket": bucket, "--target": "out/x", **settings.pop("arguments", {})},
        )
        id_ = glue_client.start_job_run(JobName=name)["JobRunId"]
        while True:
            found: dict[str, Any] = glue_client.get_job_run(JobName=name, RunId=id_)["JobRun"]
            if found["JobRunState"] not in ("STARTING", "RUNNING"):
                return {**found, "bucket": bucket}
            time.sleep(0.05)

    return run_job


def test_a_python_shell_job_runs_with_its_arguments_and_its_log(
    run: Callable[..., dict[str, Any]], client: Clients
) -> None:
    done = run(COPY)
    assert done["JobRunState"] == "SUCCEEDED", done["ErrorMessage"]
    assert client("s3").get_object(Bucket=done["bucket"], Key="out/x")["Body"].read() == b"copied"
    events = client("logs").get_log_events(logGroupName=glue.LOG_GROUP, logStreamName=done["Id"])["events"]
    assert [event["message"] for event in events] == ["copying"]


def test_a_job_may_do_what_its_role_may(run: Callable[..., dict[str, Any]]) -> None:
    done = run(COPY, allowed="elsewhere/*")
    assert done["JobRunState"] == "FAILED"
    assert "AccessDenied" in done["ErrorMessage"]


@pytest.mark.parametrize(
    ("script", "settings", "said"),
    [
        ("raise SystemExit('no rows')", {}, "no rows"),
        ("", {}, "NoSuchKey"),
        (COPY, {"principal": "lambda.amazonaws.com"}, "does not trust glue.amazonaws.com"),
    ],
)
def test_a_run_fails_with_what_went_wrong(
    run: Callable[..., dict[str, Any]], script: str, settings: dict[str, Any], said: str
) -> None:
    done = run(script, **settings)
    assert done["JobRunState"] == "FAILED"
    assert said in done["ErrorMessage"]


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"command": "glueetl"}, "is a glueetl job, and the embedded AWS runs no Spark"),
        ({"arguments": {glue.MODULES: "xgboost==3.0.0,prophet"}}, "wants prophet installed"),
    ],
)
def test_what_cannot_run_here_is_refused_rather_than_said_to_have_succeeded(
    run: Callable[..., dict[str, Any]], settings: dict[str, Any], said: str
) -> None:
    with pytest.raises(ClientError, match=said):
        run(COPY, **settings)
