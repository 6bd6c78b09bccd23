"""The retraining stack in the embedded AWS: what fires, what was trained and released, who holds leases."""

import json
import subprocess
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

from mdlc_cli.deploying import cdk
from mdlc_cli.tools import toolchain
from mdlc_constructs.workflows.retraining.event_rules import RESUMED
from tests.end_to_end.aws import SECONDS, Aws, Execution
from tests.end_to_end.team import write_orders
from tests.end_to_end.team_retraining import DECIDED, SERVED, STACK, Retrained, synthesize

HERE = "us-east-1:000000000000"


def deploy(aws: Aws, folder: Path, *models: Retrained) -> None:
    """Deploy or update the stack."""
    cdk.bootstrap_when_needed(aws.target)
    done = subprocess.run(
        [
            *toolchain.cdk_command(),
            *("deploy", "--require-approval", "never", "--no-notices"),
            *("--app", str(synthesize(folder, *models))),
        ],
        cwd=folder.parent,
        env=cdk.environment(aws.target),
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr


@dataclass
class Retraining:
    """The deployed stack."""

    aws: Aws
    folder: Path
    outputs: dict[str, str] = field(default_factory=dict)
    deployed: int = 0

    def deploy(self, *models: Retrained) -> None:
        """Deploy or update it."""
        self.deployed += 1
        deploy(self.aws, self.folder / f"assembly-{self.deployed}", *models)
        found = self.aws.client("cloudformation").describe_stacks(StackName=STACK)["Stacks"][0]
        self.outputs = {one["OutputKey"]: one["OutputValue"] for one in found["Outputs"]}
        # Time goes fifty times as fast: what a test stops would sometimes be started again before it does.
        for one in self.rules(RESUMED):
            self.aws.client("events").disable_rule(Name=one)

    def rules(self, schedule: str) -> list[str]:
        """Names of the rules with that schedule."""
        found = self.aws.client("events").list_rules()["Rules"]
        return [one["Name"] for one in found if schedule in one.get("ScheduleExpression", "")]

    def target(self, rule: str) -> dict[str, Any]:
        """The only target of a rule."""
        (target,) = self.aws.client("events").list_targets_by_rule(Rule=rule)["Targets"]
        return dict(target)

    def bucket(self, model: Retrained) -> str:
        """The model's bucket."""
        return self.outputs[f"{model.team.model.title()}Bucket"]

    def table(self, model: Retrained) -> str:
        """The model's audit table."""
        return self.outputs[f"{model.team.model.title()}Table"]

    def upload(self, model: Retrained, prefix: str = "", **orders: Any) -> None:
        """Put orders where the model is trained on them."""
        for path in write_orders(self.folder / "orders" / model.team.model, **orders):
            key = f"raw/training/{prefix}{path.name}"
            self.aws.client("s3").upload_file(str(path), self.bucket(model), key)

    def start(self, model: Retrained, **given: Any) -> str:
        """Start a retraining by hand, as `mdlc run retraining` does."""
        return self.aws.start(model.team, "retraining", given)

    def run(self, model: Retrained, **given: Any) -> Execution:
        """Start a retraining by hand and wait for its end."""
        return self.aws.wait(self.start(model, **given))

    def stop(self, execution: str) -> None:
        """Stop an execution, as a person does who means it: the model's clock leaves it alone."""
        self.aws.client("stepfunctions").stop_execution(
            executionArn=execution, error="Canceled", cause="a test"
        )

    def kill(self, execution: str) -> None:
        """End an execution, as a fault does."""
        self.aws.client("stepfunctions").stop_execution(executionArn=execution, cause="a test")

    def executions(self, model: Retrained, workflow: str, status: str = "") -> list[str]:
        """ARNs of a machine's executions, the newest first."""
        machine = f"arn:aws:states:{HERE}:stateMachine:{model.team.model}-{workflow}"
        found = self.aws.client("stepfunctions").list_executions(stateMachineArn=machine, maxResults=1000)
        return [one["executionArn"] for one in found["executions"] if not status or one["status"] == status]

    def updated_endpoint(self, release: str) -> bool:
        """Whether a release made or changed the endpoint, and was not refused because another one did."""
        states = self.aws.wait(release).states
        return any(
            before in ("CreateEndpoint", "UpdateEndpoint") and after == "Watch"
            for before, after in pairwise(states)
        )

    def settled(self, model: Retrained) -> None:
        """Wait until no retraining of the model runs, nor a release that an approval started."""
        self.until(
            lambda: (
                not any(
                    self.executions(model, workflow, "RUNNING")
                    for workflow in ("retraining", "training", *(("release",) if model.serves else ()))
                )
            ),
            "executions still run",
        )

    def until(self, happened: Callable[[], bool], otherwise: str) -> None:
        """Wait until something has happened."""
        deadline = time.monotonic() + SECONDS
        while not happened():
            assert time.monotonic() < deadline, otherwise
            time.sleep(0.05)

    def items(self, model: Retrained, start: str) -> list[dict[str, str]]:
        """Items of the audit table whose sort key begins so."""
        found = self.aws.client("dynamodb").query(
            TableName=self.table(model),
            ConsistentRead=True,
            KeyConditionExpression="pk = :pk AND begins_with(sk, :sk)",
            ExpressionAttributeValues={":pk": {"S": f"MODEL#{model.team.model}"}, ":sk": {"S": start}},
        )["Items"]
        return [{name: next(iter(value.values())) for name, value in item.items()} for item in found]

    def audit(self, model: Retrained, workflow: str = "retraining") -> list[dict[str, str]]:
        """The audit items of a workflow's executions, in the order of time."""
        return [one for one in self.items(model, "EXECUTION#") if one["workflow"] == workflow]

    def leases(self, start: str = "HOLDER#") -> list[dict[str, str]]:
        """Items of the fleet, by default the leases that are held."""
        found = self.aws.client("dynamodb").query(
            TableName=self.outputs["FleetTable"],
            ConsistentRead=True,
            KeyConditionExpression="pk = :pk AND begins_with(sk, :sk)",
            ExpressionAttributeValues={":pk": {"S": "FLEET#fleet"}, ":sk": {"S": start}},
        )["Items"]
        return [{name: next(iter(value.values())) for name, value in item.items()} for item in found]

    def free(self) -> bool:
        """Whether nobody holds a lease, nobody waits, and nothing of the budget is used."""
        total = self.leases("TOTAL")
        used = {one[name] for one in total for name in ("used_jobs", "used_instances")}
        return not self.leases() and not self.leases("QUEUE#") and used <= {"0"}

    def judged(self, model: Retrained, start: str, end: str, **texts: str) -> dict[str, Any]:
        """A window as monitoring records it; returns the event that tells of it."""
        window = {
            "monitor": "endpoint",
            "start": f"{start}T00:00:00+00:00",
            "end": f"{end}T00:00:00+00:00",
            "version": "1",
            "rows": "500",
            "labelled": "500",
            "drifted": "true",
            "columns": '["price"]',
            "report": f"s3://{self.bucket(model)}/monitoring/endpoint/{start}/report.json",
            "labelled_until": f"{end}T00:00:00+00:00",
            **texts,
        }
        item = {
            "pk": f"MODEL#{model.team.model}",
            "sk": f"WINDOW#endpoint#{start.replace('-', '')}_{end.replace('-', '')}",
            **window,
        }
        self.aws.client("dynamodb").put_item(
            TableName=self.table(model), Item={name: {"S": value} for name, value in item.items()}
        )
        return {
            "model": model.team.model,
            "monitor": "endpoint",
            "window": {"start": window["start"], "end": window["end"]},
            "version": int(window["version"]),
            "rows": int(window["rows"]),
            "drifted": window["drifted"] == "true",
            "columns": json.loads(window["columns"]),
            "metrics": json.loads(window.get("metrics", "{}")),
            "labelled": int(window["labelled"]),
            "report": window["report"],
            "labelled_until": window["labelled_until"],
        }

    def announce(self, detail: Mapping[str, Any], *, times: int = 1) -> None:
        """The event of monitoring, perhaps many times."""
        entry = {
            "Source": "mdlc",
            "DetailType": "Monitoring Completed",
            "Detail": json.dumps(detail),
        }
        for _ in range(0, times, 10):
            self.aws.client("events").put_events(Entries=[entry] * min(10, times))


__all__ = ["DECIDED", "SERVED", "Retraining"]
