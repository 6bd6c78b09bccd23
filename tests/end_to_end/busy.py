"""A team whose endpoint decides under load: its versions, and what their releases leave behind."""

import csv
import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from boto3.dynamodb.types import TypeDeserializer

from mdlc_constructs import GoldenChecks, Probes, RollbackAlarms, Serving
from tests.end_to_end.aws import SECONDS, Aws, Execution
from tests.end_to_end.broken_release import Aftermath
from tests.end_to_end.load import Load
from tests.end_to_end.team import Team, write_orders

WATCHED = Team(
    model="busy",
    serving=Serving(alarms=RollbackAlarms(quality_share=0.25)),
    golden=GoldenChecks(tolerance=0.2, share=0.9),
    canary=25,
    bake=timedelta(minutes=10),
    probes=Probes(tolerance=0.1),
    retained=1,
    decides=True,
)
UNWATCHED = replace(
    WATCHED, serving=Serving(alarms=RollbackAlarms(quality_share=None)), bake=timedelta(minutes=1)
)
"""The same team with the alarm on the quality of answers switched off, and no time lost with waiting."""

RECORDED_SHOP = "north"
"""The shop that golden rows are about."""
OTHER_SHOPS = ("south", "west")

_QUEUE = "busy-events"


@dataclass
class Busy:
    """The team's stack in the embedded AWS."""

    aws: Aws
    rows: list[dict[str, Any]] = field(default_factory=list)
    """What callers ask about."""

    @property
    def asked(self) -> list[dict[str, Any]]:
        """The rows as callers of the decision API send them."""
        return [{name: value for name, value in row.items() if name != "id"} for row in self.rows]

    def deploy(self) -> None:
        """Deploy the stack and listen to its events."""
        self.aws.deploy(WATCHED)
        (path,) = write_orders(self.aws.folder / "asked" / WATCHED.model, seed=17, rows=90, files=1)
        with Path(path).open() as file:
            self.rows = [
                {
                    "id": row["id"],
                    "shop": row["shop"],
                    "items": int(row["items"]),
                    "price": float(row["price"]),
                }
                for row in csv.DictReader(file)
            ]
        self.aws.client("sqs").create_queue(QueueName=_QUEUE)
        pattern = {"source": ["mdlc"], "detail-type": ["Model Released", "Release Failed"]}
        events, target = self.aws.client("events"), f"arn:aws:sqs:us-east-1:000000000000:{_QUEUE}"
        events.put_rule(Name=_QUEUE, EventPattern=json.dumps(pattern))
        events.put_targets(Rule=_QUEUE, Targets=[{"Id": "queue", "Arn": target}])

    def events(self) -> dict[str, dict[str, Any]]:
        """The releases' events since the last look: their detail by their type."""
        sqs, found = self.aws.client("sqs"), {}
        url = sqs.get_queue_url(QueueName=_QUEUE)["QueueUrl"]
        while got := sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages"):
            for message in got:
                sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
                event = json.loads(message["Body"])
                found[event["detail-type"]] = event["detail"]
        return found

    def train(self, prefix: str = "", **orders: Any) -> str:
        """Train on orders besides those that are there, or in place of those with this prefix.

        Returns the ARN of the release that the version's approval by its gate started.
        """
        before = self.releases()
        folder = self.aws.folder / "orders" / WATCHED.model
        self.aws.upload(WATCHED, f"raw/training/{prefix}", write_orders(folder, **orders))
        trained = self.aws.run(WATCHED, "training")
        assert trained.status == "SUCCEEDED", (trained.error, trained.cause)
        return self.started_since(before)

    def releases(self) -> set[str]:
        """ARNs of all executions of the release machine."""
        machine = f"arn:aws:states:us-east-1:000000000000:stateMachine:{WATCHED.model}-release"
        found = self.aws.client("stepfunctions").list_executions(stateMachineArn=machine)["executions"]
        return {execution["executionArn"] for execution in found}

    def started_since(self, before: set[str]) -> str:
        """The release that an approval has started besides those before; waits until there is one."""
        deadline = time.monotonic() + SECONDS
        while not (started := self.releases() - before):
            assert time.monotonic() < deadline, "no release was started by the approval"
            time.sleep(0.02)
        (arn,) = started
        return arn

    def released(self, arn: str) -> Execution:
        """The release, which must succeed."""
        done = self.aws.wait(arn)
        assert done.status == "SUCCEEDED", (done.error, done.cause, done.states)
        return done

    def record_golden(self) -> None:
        """Record rows of one shop, and as what is expected what the endpoint answers to them now."""
        recorded = [row for row in self.rows if row["shop"] == RECORDED_SHOP]
        lines, scores = [json.dumps(row) for row in recorded], self.scores()
        expected = [f"{row['id']},{scores[row['id']]}" for row in recorded]
        bucket = self.aws.outputs(WATCHED)["BucketName"]
        for name, text in (("rows.jsonl", lines), ("expected.csv", ["row_key,expected", *expected])):
            self.aws.client("s3").put_object(
                Bucket=bucket, Key=f"golden/{name}", Body="\n".join(text).encode()
            )

    def scores(self) -> dict[str, float]:
        """What the endpoint answers to all rows, by their ids."""
        answer = self.aws.client("sagemaker-runtime").invoke_endpoint(
            EndpointName=WATCHED.model,
            ContentType="application/jsonlines",
            Body="\n".join(json.dumps(row) for row in self.rows).encode(),
        )
        lines = answer["Body"].read().decode().splitlines()
        return {row["id"]: json.loads(line)["score"] for row, line in zip(self.rows, lines, strict=True)}

    def upload_rules(self, text: str) -> None:
        """Upload rules as the team does."""
        bucket, _, key = self.aws.outputs(WATCHED)["RulesUri"].removeprefix("s3://").partition("/")
        self.aws.client("s3").put_object(Bucket=bucket, Key=key, Body=text.encode())

    @contextmanager
    def denied(self, action: str) -> Iterator[None]:
        """Inside, those who decide may not do this."""
        for role in ("DecisionsDecideRole", "DecisionsMachineRole"):
            name = self.aws.role_of(WATCHED, role)
            self.aws.control("POST", "deny", {"role": name, "action": action})
        try:
            yield
        finally:
            self.aws.control("POST", "restore")

    def config(self) -> str:
        """The configuration that the endpoint serves."""
        described = self.aws.client("sagemaker").describe_endpoint(EndpointName=WATCHED.model)
        return str(described["EndpointConfigName"])

    def aftermath(
        self,
        execution: Execution,
        load: Load,
        began: float,
        good_config: str,
        *,
        ended: float,
    ) -> Aftermath:
        """How things stand after a release of the broken version."""
        audit = self.aws.audit(WATCHED)[-1]
        champion = self.aws.champion(WATCHED)
        assert champion is not None
        return Aftermath(
            execution=execution,
            asked=tuple(load.since(began)),
            ended=ended,
            package=self.aws.package(audit["package_arn"]),
            audit=audit,
            events=self.events(),
            champion=champion,
            config=self.config(),
            good_config=good_config,
        )

    def approve(self, package_arn: str) -> None:
        """Approve a version by hand."""
        self.aws.client("sagemaker").update_model_package(
            ModelPackageArn=package_arn,
            ModelApprovalStatus="Approved",
            ApprovalDescription="Nobody has looked at its answers",
        )

    def counted(self, metric: str, expected: int) -> int:
        """The sum of one of the decision API's own metrics; metrics come a moment late."""
        now, deadline = datetime.now(UTC), time.monotonic() + 10
        while True:
            points = self.aws.client("cloudwatch").get_metric_statistics(
                Namespace="MDLC",
                MetricName=metric,
                Dimensions=[{"Name": "Api", "Value": f"{WATCHED.model}-decisions"}],
                StartTime=now - timedelta(hours=1),
                EndTime=now + timedelta(hours=1),
                Period=7200,
                Statistics=["Sum"],
            )["Datapoints"]
            found = round(sum(float(point["Sum"]) for point in points))
            if found >= expected or time.monotonic() > deadline:
                return found
            time.sleep(0.1)

    def left_of_the_endpoint(self) -> tuple[list[str], list[str], list[str]]:
        """Names of the endpoints, configurations and models that there are."""
        sagemaker, name = self.aws.client("sagemaker"), WATCHED.model
        endpoints = sagemaker.list_endpoints(NameContains=name)["Endpoints"]
        configs = sagemaker.list_endpoint_configs(NameContains=name)["EndpointConfigs"]
        models = sagemaker.list_models(NameContains=name)["Models"]
        return (
            [one["EndpointName"] for one in endpoints],
            [one["EndpointConfigName"] for one in configs],
            [one["ModelName"] for one in models],
        )

    def table(self, output: str) -> dict[str, dict[str, Any]]:
        """All items of a table with the key `request_id`, by it."""
        name, read = self.aws.outputs(WATCHED)[output], TypeDeserializer()
        pages = self.aws.client("dynamodb").get_paginator("scan").paginate(TableName=name)
        items = [
            {name: read.deserialize(value) for name, value in item.items()}
            for page in pages
            for item in page["Items"]
        ]
        found = {item["request_id"]: item for item in items}
        assert len(found) == len(items)
        return found
