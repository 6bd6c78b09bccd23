"""A team whose model is monitored: its traffic, captures, labels and windows."""

import csv
import json
import os
import re
import signal
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from tests.end_to_end.aws import SECONDS, Aws, Execution
from tests.end_to_end.team import Team, write_orders
from tests.end_to_end.team_monitoring import LATE

NUMBERS = {"items": int, "price": float}
ROWS_A_REQUEST = 25


@dataclass(frozen=True, kw_only=True)
class Item:
    """A window as the audit table holds it."""

    texts: dict[str, str]

    def __getitem__(self, name: str) -> str:
        return self.texts[name]

    @property
    def drifted(self) -> bool:
        return self.texts["drifted"] == "true"

    def json(self, name: str) -> Any:
        """What a text holds as JSON."""
        return json.loads(self.texts[name] or "null")


@dataclass
class Watched:
    """The team's stack, its traffic and its windows."""

    aws: Aws
    team: Team
    seed: int = 100
    asked: dict[str, Path] = field(default_factory=dict)
    """Windows by name to the orders that were asked about in them, labels included."""

    @property
    def bucket(self) -> str:
        """The model's bucket."""
        return self.aws.outputs(self.team)["BucketName"]

    def ask(self, rows: int = 400, **changes: Any) -> dict[str, str]:
        """Ask about orders; returns the window of served time in which they were, as an input has it.

        Args:
            changes: values that all orders have instead of their own, or functions of them.
        """
        self.seed += 1
        name = f"asked-{self.seed}"
        (path,) = write_orders(self.aws.folder / name, seed=self.seed, rows=rows, files=1)
        # Windows are whole seconds: nothing of the one before may lie in the same one.
        start = _next_second()
        runtime = self.aws.client("sagemaker-runtime")
        with path.open() as file:
            orders = [_request(row, changes) for row in csv.DictReader(file)]
        for first in range(0, len(orders), ROWS_A_REQUEST):
            body = "\n".join(json.dumps(row) for row in orders[first : first + ROWS_A_REQUEST])
            runtime.invoke_endpoint(
                EndpointName=self.team.model,
                ContentType="application/jsonlines",
                Body=body.encode(),
                InferenceId=f"{name}-{first}",
            )
        end = _next_second()
        self._until_captured(-(-rows // ROWS_A_REQUEST), name)
        window = {"start": f"{start:%Y-%m-%dT%H:%M:%SZ}", "end": f"{end:%Y-%m-%dT%H:%M:%SZ}"}
        self.asked[id_of(window)] = path
        return window

    def _until_captured(self, lines: int, name: str) -> None:
        deadline = time.monotonic() + SECONDS
        while True:
            keys = self.aws.keys(f"s3://{self.bucket}/capture/{self.team.model}/")
            texts = [self.aws.read(f"s3://{self.bucket}/{key}").decode() for key in keys]
            found = sum(text.count(f'"inferenceId": "{name}-') for text in texts)
            if found >= lines:
                return
            assert time.monotonic() < deadline, f"{found} of {lines} requests were captured"
            time.sleep(0.1)

    def monitor(self, window: dict[str, str] | None = None, **given: Any) -> Execution:
        """Run the endpoint's monitor."""
        return self.aws.run(self.team, "monitoring", {**({"window": window} if window else {}), **given})

    def label(self, window: dict[str, str]) -> None:
        """The truth about a window's orders comes in."""
        path = self.asked[id_of(window)]
        self.aws.client("s3").upload_file(str(path), self.bucket, f"{LATE}{path.parent.name}.csv")

    def item(self, window: dict[str, str], monitor: str = "endpoint") -> Item:
        """The window's audit item."""
        return self.items(monitor)[id_of(window)]

    def items(self, monitor: str = "endpoint") -> dict[str, Item]:
        """All windows of a monitor by their names."""
        prefix = f"WINDOW#{monitor}#"
        items = self.aws.client("dynamodb").query(
            TableName=self.aws.outputs(self.team)["AuditTableName"],
            KeyConditionExpression="pk = :pk AND begins_with(sk, :sk)",
            ExpressionAttributeValues={":pk": {"S": f"MODEL#{self.team.model}"}, ":sk": {"S": prefix}},
        )["Items"]
        texts = [{name: value["S"] for name, value in item.items()} for item in items]
        return {each["sk"].removeprefix(prefix): Item(texts=each) for each in texts}

    def events(self) -> list[tuple[str, dict[str, Any]]]:
        """The monitors' events since the last look: type and detail."""
        sqs, found = self.aws.client("sqs"), []
        while got := sqs.receive_message(QueueUrl=self.aws.queue, MaxNumberOfMessages=10).get("Messages"):
            for message in got:
                sqs.delete_message(QueueUrl=self.aws.queue, ReceiptHandle=message["ReceiptHandle"])
                event = json.loads(message["Body"])
                if event["detail-type"].startswith("Monitoring"):
                    found.append((event["detail-type"], event["detail"]))
        return found

    def executions(self, workflow: str) -> set[str]:
        """ARNs of all executions of a machine."""
        machine = f"arn:aws:states:us-east-1:000000000000:stateMachine:{self.team.model}-{workflow}"
        found = self.aws.client("stepfunctions").list_executions(stateMachineArn=machine)["executions"]
        return {execution["executionArn"] for execution in found}

    def started_since(self, before: set[str], workflow: str) -> str:
        """An execution that something has started besides those before; waits until there is one."""
        deadline = time.monotonic() + SECONDS
        while not (started := self.executions(workflow) - before):
            assert time.monotonic() < deadline, f"nothing has started {workflow}"
            time.sleep(0.05)
        return sorted(started)[0]

    def released(self) -> None:
        """Wait until the version that was approved is in service."""
        done = self.aws.wait(self.started_since(set(), "release"))
        assert done.status == "SUCCEEDED", (done.error, done.cause)

    def record_golden(self) -> None:
        """Record a few rows, as a team does before its second release."""
        (path,) = write_orders(self.aws.folder / "golden" / self.team.model, seed=3, rows=20, files=1)
        with path.open() as file:
            lines = [json.dumps(_request(row, {})) for row in csv.DictReader(file)]
        self.aws.client("s3").put_object(
            Bucket=self.bucket, Key="golden/rows.jsonl", Body="\n".join(lines).encode()
        )

    def started_by_clock(self) -> Execution:
        """Have the schedule's rule start the monitor now, and wait for what it started."""
        events = self.aws.client("events")
        resources = self.aws.client("cloudformation").describe_stack_resources(StackName=self.team.stack)
        (name,) = [
            each["PhysicalResourceId"]
            for each in resources["StackResources"]
            if each["LogicalResourceId"].startswith("MonitoringSchedule")
        ]
        rule = events.describe_rule(Name=name)
        before = self.executions("monitoring")
        events.put_rule(Name=name, ScheduleExpression="rate(1 minute)", State="ENABLED")
        try:
            arn = self.started_since(before, "monitoring")
        finally:
            events.put_rule(Name=name, ScheduleExpression=rule["ScheduleExpression"], State="ENABLED")
        return self.aws.wait(arn)

    def until_alarm(self, key: str, state: str) -> None:
        """Wait until an alarm has a state."""
        deadline = time.monotonic() + SECONDS
        while (found := self.alarm(key)) != state:
            assert time.monotonic() < deadline, f"the alarm {key} is {found}"
            time.sleep(0.1)

    def jobs(self) -> set[str]:
        """Names of all jobs of monitoring there were."""
        names = self.aws.jobs(self.team, "Processing") + self.aws.jobs(self.team, "Transform")
        return {name for name in names if re.match(rf"{self.team.model}-(monitor|replay)-", name)}

    def kill(self, job: str) -> None:
        """Kill a job's processes, as a machine that fails does; waits until there are some."""
        deadline = time.monotonic() + SECONDS
        while not (found := [pid for pid in _processes() if _is_of(pid, job)]):
            assert time.monotonic() < deadline, f"the job {job} has no process"
            time.sleep(0.02)
        for pid in found:
            os.kill(pid, signal.SIGKILL)

    def alarm(self, key: str) -> str:
        """The state of one of the endpoint monitor's alarms."""
        alarms = self.aws.client("cloudwatch").describe_alarms()["MetricAlarms"]
        (found,) = [
            alarm
            for alarm in alarms
            if f"-Monitoring{key}Alarm" in alarm["AlarmName"] and self.team.stack in alarm["AlarmName"]
        ]
        return str(found["StateValue"])

    def metric(self, name: str, **dimensions: str) -> list[float]:
        """All values of one of the endpoint monitor's metrics."""
        now = datetime.now(UTC)
        own = {"Model": self.team.model, "Monitor": "endpoint", **dimensions}
        points = self.aws.client("cloudwatch").get_metric_statistics(
            Namespace="MDLC",
            MetricName=name,
            Dimensions=[{"Name": key, "Value": value} for key, value in own.items()],
            StartTime=now - timedelta(hours=2),
            EndTime=now + timedelta(hours=1),
            Period=10800,
            Statistics=["Minimum", "Maximum"],
        )["Datapoints"]
        return sorted({float(point[kind]) for point in points for kind in ("Minimum", "Maximum")})


def id_of(window: dict[str, str]) -> str:
    """The window's name."""
    return "_".join(re.sub("[-:]", "", window[edge]) for edge in ("start", "end"))


def _request(row: dict[str, str], changes: dict[str, Any]) -> dict[str, Any]:
    """An order as a caller asks about it: without what comes of it."""
    found: dict[str, Any] = {
        name: NUMBERS.get(name, str)(value) for name, value in row.items() if name != "returned"
    }
    for name, change in changes.items():
        found[name] = change(found[name]) if callable(change) else change
    return found


def _next_second() -> datetime:
    """The next whole second, when it has come."""
    now = datetime.now(UTC)
    after = now.replace(microsecond=0) + timedelta(seconds=1)
    time.sleep((after - now).total_seconds())
    return after


def _processes() -> Iterable[int]:
    return (int(path.name) for path in Path("/proc").iterdir() if path.name.isdecimal())


def _is_of(pid: int, job: str) -> bool:
    try:
        return f"PROCESSING_JOB_NAME={job}\0".encode() in Path(f"/proc/{pid}/environ").read_bytes()
    except OSError:
        return False
