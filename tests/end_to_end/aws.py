"""A running embedded AWS with teams' stacks in it: deploy, upload, run, look."""

import json
import os
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from typer.testing import CliRunner, Result

from mdlc_cli.app import app
from mdlc_cli.aws import local
from mdlc_cli.aws.local import Server
from mdlc_cli.aws.target import Target, at
from mdlc_cli.deploying import cdk
from mdlc_cli.tools import toolchain
from tests.end_to_end.grants import Granted, granted
from tests.end_to_end.team import Team, synthesize

SECONDS = 240
TIME_SCALE = 50
"""How much faster waiting goes there."""


@dataclass(frozen=True, kw_only=True)
class Execution:
    """How an execution ended and which states it entered, nested ones included."""

    arn: str
    status: str
    output: dict[str, Any]
    error: str
    cause: str
    states: tuple[str, ...]


@dataclass
class Aws:
    """The embedded AWS as the tests of this folder use it."""

    server: Server
    folder: Path
    queue: str = ""
    """URL of the queue that gets the workflows' events."""
    entered: dict[str, set[str]] = field(default_factory=dict)
    """Workflow to all states that any execution entered."""
    remembered: dict[str, Granted] = field(default_factory=dict)
    """Model to what the roles of its stack were granted, before the stack was deleted."""

    @property
    def target(self) -> Target:
        """The server as the command line sees it."""
        return at(self.server)

    def client(self, service: str) -> Any:
        """A client with the deployer's credentials."""
        return self.target.client(service)

    def cdk(self, *arguments: str, teams: tuple[Team, ...]) -> None:
        """Run the CDK CLI on the teams' stacks."""
        self.cdk_on(synthesize(self.folder, *teams), *arguments)

    def cdk_on(self, assembly: Path, *arguments: str) -> None:
        """Run the CDK CLI on all stacks of an assembly."""
        cdk.bootstrap_when_needed(self.target)
        # The CLI looks for a stack's events every two seconds: waiting for all stacks at once saves half.
        options = ("--all", "--concurrency", "3", "--no-notices", "--app")
        done = subprocess.run(
            [*toolchain.cdk_command(), *arguments, *options, str(assembly)],
            cwd=self.folder,
            env=cdk.environment(self.target),
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stdout + done.stderr

    def deploy(self, *teams: Team) -> None:
        """Deploy or update the stacks of these teams."""
        self.cdk("deploy", "--require-approval", "never", teams=teams)

    def destroy(self, *teams: Team) -> None:
        """Delete the stacks of these teams; what their roles were granted is remembered."""
        for team in teams:
            self.granted(team)
        self.cdk("destroy", "--force", teams=teams)

    def granted(self, team: Team) -> Granted:
        """What the roles of the team's stack are granted, or were when it was deleted."""
        if team.model not in self.remembered:
            self.remembered[team.model] = granted(self.client, stack=team.stack, model=team.model)
        return self.remembered[team.model]

    def outputs(self, team: Team) -> dict[str, str]:
        """The stack's outputs."""
        described = self.client("cloudformation").describe_stacks(StackName=team.stack)["Stacks"][0]
        return {each["OutputKey"]: each["OutputValue"] for each in described["Outputs"]}

    def upload(self, team: Team, prefix: str, paths: list[Path]) -> None:
        """Put files below a prefix of the team's bucket."""
        for path in paths:
            self.client("s3").upload_file(str(path), self.outputs(team)["BucketName"], prefix + path.name)

    def start(self, team: Team, workflow: str, given: dict[str, Any] | None = None) -> str:
        """Start a workflow; returns the execution's ARN."""
        machine = f"arn:aws:states:us-east-1:000000000000:stateMachine:{team.model}-{workflow}"
        answer = self.client("stepfunctions").start_execution(
            stateMachineArn=machine, input=json.dumps(given or {})
        )
        return str(answer["executionArn"])

    def wait(self, arn: str) -> Execution:
        """Wait until an execution ends."""
        states = self.client("stepfunctions")
        deadline = time.monotonic() + SECONDS
        while (found := states.describe_execution(executionArn=arn))["status"] == "RUNNING":
            assert time.monotonic() < deadline, f"{arn} still runs after {SECONDS} s"
            time.sleep(0.1)
        events: list[dict[str, Any]] = []
        token: dict[str, str] = {}
        while True:
            page = states.get_execution_history(executionArn=arn, maxResults=1000, **token)
            events += page["events"]
            if "nextToken" not in page:
                break
            token = {"nextToken": page["nextToken"]}
        entered = tuple(
            event["stateEnteredEventDetails"]["name"]
            for event in events
            if "stateEnteredEventDetails" in event
        )
        workflow = next(
            name
            for name in (
                "retraining",
                "training",
                "batch-inference",
                "release",
                "batch-monitoring",
                "monitoring",
                "approval",
            )
            if arn.split(":")[-2].endswith(f"-{name}")
        )
        self.entered.setdefault(workflow, set()).update(entered)
        return Execution(
            arn=arn,
            status=found["status"],
            output=json.loads(found.get("output") or "{}"),
            error=found.get("error") or "",
            cause=found.get("cause") or "",
            states=entered,
        )

    def run(self, team: Team, workflow: str, given: dict[str, Any] | None = None) -> Execution:
        """Start a workflow and wait for it."""
        return self.wait(self.start(team, workflow, given))

    @contextmanager
    def held(self, jobs: str) -> Iterator[None]:
        """Jobs with names of this pattern do not begin inside, though they are InProgress."""
        self.control("POST", "hold", {"jobs": jobs})
        try:
            yield
        finally:
            self.control("POST", "free")

    def until_entered(self, arn: str, state: str, then: str = "") -> None:
        """Wait until an execution has entered a state, and until an event of the type `then` has followed."""
        states = self.client("stepfunctions")
        deadline = time.monotonic() + SECONDS
        while True:
            events = states.get_execution_history(executionArn=arn, maxResults=1000)["events"]
            entered = [event.get("stateEnteredEventDetails", {}).get("name") for event in events]
            after = events[entered.index(state) :] if state in entered else []
            if after and (not then or any(event["type"] == then for event in after)):
                return
            status = states.describe_execution(executionArn=arn)["status"]
            assert status == "RUNNING", f"{arn} did not come to {state}: {status} after {entered}"
            assert time.monotonic() < deadline, f"{arn} is not at {state} after {SECONDS} s: {entered}"
            time.sleep(0.05)

    def audit(self, team: Team) -> list[dict[str, str]]:
        """All audit items of executions, in the order of time."""
        items = self.client("dynamodb").query(
            TableName=self.outputs(team)["AuditTableName"],
            KeyConditionExpression="pk = :pk AND begins_with(sk, :sk)",
            ExpressionAttributeValues={":pk": {"S": f"MODEL#{team.model}"}, ":sk": {"S": "EXECUTION#"}},
        )["Items"]
        return [{name: next(iter(value.values())) for name, value in item.items()} for item in items]

    def forget_run(self, team: Team) -> None:
        """Delete the audit items of finished runs, by which the same work is known to be recorded."""
        table = self.outputs(team)["AuditTableName"]
        found = self.client("dynamodb").query(
            TableName=table,
            KeyConditionExpression="pk = :pk AND begins_with(sk, :sk)",
            ExpressionAttributeValues={":pk": {"S": f"MODEL#{team.model}"}, ":sk": {"S": "RUN#"}},
        )["Items"]
        assert found, f"no finished run of {team.model} is recorded"
        for item in found:
            self.client("dynamodb").delete_item(
                TableName=table, Key={name: item[name] for name in ("pk", "sk")}
            )

    def champion(self, team: Team) -> dict[str, str] | None:
        """The champion pointer, or None."""
        found = self.client("dynamodb").get_item(
            TableName=self.outputs(team)["AuditTableName"],
            Key={"pk": {"S": f"MODEL#{team.model}"}, "sk": {"S": "CHAMPION"}},
        )
        item = found.get("Item")
        return {name: next(iter(value.values())) for name, value in item.items()} if item else None

    def jobs(self, team: Team, kind: str, **filters: str) -> list[str]:
        """Names of the team's jobs of a kind, such as `Training`."""
        list_jobs = getattr(self.client("sagemaker"), f"list_{kind.lower()}_jobs")
        summaries = list_jobs(NameContains=team.model, MaxResults=100, **filters)[f"{kind}JobSummaries"]
        return [each[f"{kind}JobName"] for each in summaries]

    def stopped_since(self, before: list[str], team: Team, kind: str) -> list[str]:
        """The team's jobs of a kind that were stopped besides those before; waits until there is one."""
        deadline = time.monotonic() + SECONDS
        while not (found := set(self.jobs(team, kind, StatusEquals="Stopped")) - set(before)):
            assert time.monotonic() < deadline, f"no {kind} job of {team.model} was stopped"
            time.sleep(0.05)
        return sorted(found)

    def job_like_the_last(self, team: Team, kind: str, name: str) -> None:
        """One more job like the last of the kind that the team completed, apart from any execution."""
        sagemaker, lower = self.client("sagemaker"), kind.lower()
        last = self.jobs(team, kind, StatusEquals="Completed")[0]
        like = getattr(sagemaker, f"describe_{lower}_job")(**{f"{kind}JobName": last})
        members = sagemaker.meta.service_model.operation_model(f"Create{kind}Job").input_shape.members
        request = {member: like[member] for member in members if like.get(member)}
        getattr(sagemaker, f"create_{lower}_job")(**{**request, f"{kind}JobName": name})

    def package(self, arn: str) -> dict[str, Any]:
        """A model package as the registry describes it."""
        described: dict[str, Any] = self.client("sagemaker").describe_model_package(ModelPackageName=arn)
        return described

    def keys(self, uri: str) -> list[str]:
        """Keys of all objects below an S3 URI."""
        bucket, _, prefix = uri.removeprefix("s3://").partition("/")
        pages = self.client("s3").get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
        return [each["Key"] for page in pages for each in page.get("Contents", [])]

    def read(self, uri: str) -> bytes:
        """An object's content."""
        bucket, _, key = uri.removeprefix("s3://").partition("/")
        content: bytes = self.client("s3").get_object(Bucket=bucket, Key=key)["Body"].read()
        return content

    def predictions(self, manifest_uri: str) -> list[dict[str, Any]]:
        """All prediction records of a published batch, found from its manifest as a reader would."""
        manifest = json.loads(self.read(manifest_uri))
        base = manifest_uri.rpartition("/")[0]
        found: list[dict[str, Any]] = []
        for part in manifest["parts"]:
            path = self.folder / "part.parquet"
            path.write_bytes(self.read(f"{base}/{part['name']}"))
            rows = duckdb.read_parquet(str(path))
            found += [dict(zip(rows.columns, row, strict=True)) for row in rows.fetchall()]
        return found

    def mdlc(self, *arguments: str) -> Result:
        """Run a command in the folder of this AWS, in this process."""
        before = Path.cwd()
        os.chdir(self.folder)
        try:
            return CliRunner().invoke(app, list(arguments))
        finally:
            os.chdir(before)

    def control(self, method: str, name: str, body: dict[str, Any] | None = None) -> Any:
        """Call one of the server's own paths."""
        url = f"{self.server.endpoint}/_mdlc/{name}"
        data = None if body is None else json.dumps(body).encode()
        made = AWSRequest(method, url, data=data)
        SigV4Auth(Credentials(local.ACCOUNT, self.server.secret), "mdlc", local.REGION).add_auth(made)
        headers = {name: str(value) for name, value in made.headers.items()}
        asked = urllib.request.Request(url, data, headers, method=method)
        with urllib.request.urlopen(asked, timeout=30) as answer:
            return json.load(answer)

    def role_of(self, team: Team, logical: str) -> str:
        """The name of a role of the team's stack whose logical id begins with `logical`."""
        resources = self.client("cloudformation").describe_stack_resources(StackName=team.stack)[
            "StackResources"
        ]
        (found,) = [
            each["PhysicalResourceId"]
            for each in resources
            if each["ResourceType"] == "AWS::IAM::Role" and each["LogicalResourceId"].startswith(logical)
        ]
        return str(found)


def parent() -> int:
    """The process that the server must not outlive."""
    return os.getpid()
