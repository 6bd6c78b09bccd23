"""A deployed model whose version 3 waits for a person, with an audit table and a registry that keep state."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from botocore.exceptions import ClientError

from tests.cli.fakes import FakeClient, FakeTarget
from tests.cli.life import GROUP, MODEL, trained
from tests.cli.stored import stored

ME = "arn:aws:sts::000000000000:assumed-role/Scientist/ada"
BEFORE = datetime(2026, 1, 1, tzinfo=UTC)
PENDING = "PendingManualApproval"


def report(value: float, champion: int | None = 2) -> bytes:
    """An evaluation's `report.json`."""

    def metrics(auc: float) -> dict[str, Any]:
        return {"auc": {"value": auc, "low": auc - 0.02, "high": auc + 0.02}}

    models = {"challenger": metrics(value), **({"champion": metrics(0.7)} if champion else {})}
    document = {
        "metrics": models,
        "champion": {"version": champion} if champion else None,
        "bootstrap": {"confidence": 0.95, "resamples": 50},
        "checks": [
            {"metric": "auc", "passed": True, "sentence": "auc 0.7300 passes: asked was at least 0.6."}
        ],
        "notes": [],
    }
    return json.dumps(document).encode()


def plan(files: int) -> bytes:
    """A training's `plan.json`."""
    split = {"fractions": {"train": 0.8, "holdout": 0.2}, "intervals": None, "window": {}}
    listed = [{"name": f"{number}.csv", "size": 10} for number in range(files)]
    return json.dumps({"data": {"files": listed}, "split": split}).encode()


def default_items() -> list[dict[str, Any]]:
    """Version 2 is the champion, version 3 waits."""
    return [
        trained("2026-02-01", 2, rows="900", hyperparameters='{"max_depth": 6, "eta": 0.3}'),
        trained(
            "2026-02-02", 3, "PendingApproval", rows="1200", hyperparameters='{"max_depth": 8, "eta": 0.3}'
        ),
        {"pk": f"MODEL#{MODEL}", "sk": "CHAMPION", "version": "2", "package_arn": f"{GROUP}/2"},
    ]


@dataclass(kw_only=True)
class Deciding:
    """What the account holds, and what it refuses.

    Attributes:
        statuses: each version's status in the registry.
        refused: errors by operation, such as `AccessDeniedException` by `update_model_package`.
        machines: workflows that are deployed.
        begins: whether an approval starts a release.
        waits: whether a retraining waits for the decision.
        runs: inputs of executions that run, by workflow.
        outputs: outputs of executions that ended, by workflow.
    """

    items: list[dict[str, Any]] = field(default_factory=default_items)
    statuses: dict[int, str] = field(default_factory=lambda: {2: "Approved", 3: PENDING})
    descriptions: dict[int, str] = field(default_factory=dict)
    refused: dict[str, tuple[str, int]] = field(default_factory=dict)
    machines: tuple[str, ...] = ("training", "release")
    begins: bool = True
    waits: bool = False
    runs: dict[str, dict[str, int]] = field(default_factory=dict)
    outputs: dict[str, dict[str, str]] = field(default_factory=dict)
    cards: dict[int, dict[str, str]] = field(default_factory=dict)
    updates: list[dict[str, Any]] = field(default_factory=list)

    @property
    def target(self) -> FakeTarget:
        """The account."""
        clients = {
            "cloudformation": FakeClient(
                describe_stacks={"Stacks": [{"StackName": "Churn", "StackStatus": "CREATE_COMPLETE"}]},
                list_stack_resources={"StackResourceSummaries": self._resources()},
            ),
            "dynamodb": FakeClient(
                query=self._query, scan=self._query, put_item=self._put, delete_item=self._delete
            ),
            "sagemaker": FakeClient(
                describe_model_package=self._describe,
                update_model_package=self._update,
                list_model_packages=self._list,
            ),
            "stepfunctions": FakeClient(
                list_state_machines={
                    "stateMachines": [
                        {"name": f"{MODEL}-{each}", "stateMachineArn": self._arn(each)}
                        for each in self.machines
                    ]
                },
                list_executions=self._executions,
                describe_execution=self._describe_execution,
            ),
            "s3": stored(
                {
                    "evaluations/2/report.json": report(0.7, None),
                    "evaluations/3/report.json": report(0.73),
                    "runs/run-2026-02-01/a/plan.json": plan(1),
                    "runs/run-2026-02-02/a/plan.json": plan(2),
                }
            ),
            "sts": FakeClient(get_caller_identity={"Arn": ME, "Account": "000000000000"}),
        }
        return FakeTarget(clients=clients)

    def decision(self, version: int = 3) -> dict[str, Any] | None:
        """The decision's audit item."""
        found = [item for item in self.items if item["sk"].startswith("APPROVAL#")]
        assert len(found) <= 1, "one audit item at most"
        return next((item for item in found if item["sk"] == f"APPROVAL#{version}"), None)

    def _arn(self, workflow: str) -> str:
        return f"arn:aws:states:us-east-1:0:stateMachine:{MODEL}-{workflow}"

    def _resources(self) -> list[dict[str, str]]:
        machines = [
            ("AWS::StepFunctions::StateMachine", f"M{number}", self._arn(each))
            for number, each in enumerate(self.machines)
        ]
        made = [
            ("AWS::SageMaker::ModelPackageGroup", "Group", f"arn:group/{MODEL}"),
            ("AWS::DynamoDB::Table", "ModelAudit8A", "churn-table"),
            *machines,
        ]
        return [
            {"ResourceType": kind, "LogicalResourceId": logical, "PhysicalResourceId": physical}
            for kind, logical, physical in made
        ]

    def _refuse(self, operation: str) -> None:
        if operation in self.refused:
            code, status = self.refused[operation]
            answer = {
                "Error": {"Code": code, "Message": code},
                "ResponseMetadata": {"HTTPStatusCode": status},
            }
            raise ClientError(answer, operation)  # type: ignore[arg-type]

    def _query(self, **request: Any) -> dict[str, Any]:
        waiting = {"pk": f"MODEL#{MODEL}", "sk": "WAITING#approval#q7", "task_token": "t"}
        waiting["package_arn"] = f"{GROUP}/3"
        items = [*self.items, *([waiting] if self.waits else [])]
        return {"Items": [{name: {"S": str(value)} for name, value in item.items()} for item in items]}

    def _put(self, Item: dict[str, Any], **condition: Any) -> None:
        item = {name: value["S"] for name, value in Item.items()}
        self._change(item["sk"], condition)
        self._refuse("put_item")
        self.items = [*(each for each in self.items if each["sk"] != item["sk"]), item]

    def _delete(self, Key: dict[str, Any], **condition: Any) -> None:
        self._change(Key["sk"]["S"], condition)
        self.items = [each for each in self.items if each["sk"] != Key["sk"]["S"]]

    def _change(self, key: str, condition: dict[str, Any]) -> None:
        there = next((each for each in self.items if each["sk"] == key), None)
        values = condition.get("ExpressionAttributeValues")
        expected = next(iter(values.values()))["S"] if values else None
        if (there or {}).get("decided_at") != expected:
            answer: Any = {"Error": {"Code": "ConditionalCheckFailedException", "Message": ""}}
            raise ClientError(answer, "PutItem")

    def _describe(self, ModelPackageName: str) -> dict[str, Any]:
        version = int(ModelPackageName.rpartition("/")[2])
        if version not in self.statuses:
            gone: Any = {"Error": {"Code": "ValidationException", "Message": "does not exist"}}
            raise ClientError(gone, "DescribeModelPackage")
        card = self.cards.get(version)
        return {
            "ModelPackageArn": f"{GROUP}/{version}",
            "ModelPackageVersion": version,
            "ModelApprovalStatus": self.statuses[version],
            "ApprovalDescription": self.descriptions.get(version, "The gate passed."),
            "CreationTime": BEFORE,
            **({"ModelCard": card} if card else {}),
        }

    def _update(self, ModelPackageArn: str, **changes: Any) -> None:
        self._refuse("update_model_package" if "ModelCard" not in changes else "update_card")
        version = int(ModelPackageArn.rpartition("/")[2])
        self.updates.append(changes)
        self.statuses[version] = changes.get("ModelApprovalStatus", self.statuses[version])
        self.descriptions[version] = changes.get("ApprovalDescription", self.descriptions.get(version, ""))
        self.cards.update({version: changes["ModelCard"]} if "ModelCard" in changes else {})

    def _list(self, **request: Any) -> dict[str, Any]:
        wanted = request.get("ModelApprovalStatus")
        return {
            "ModelPackageSummaryList": [
                {"ModelPackageArn": f"{GROUP}/{version}", "ModelPackageVersion": version}
                for version, status in self.statuses.items()
                if wanted in (None, status)
            ]
        }

    def _describe_execution(self, executionArn: str) -> dict[str, str]:
        workflow = executionArn.rsplit(":", 2)[1].removeprefix(f"{MODEL}-")
        return {
            "input": json.dumps(self.runs.get(workflow, {"package_version": 3, "trigger": "approval"})),
            "status": "RUNNING",
            "output": json.dumps(self.outputs.get(workflow)),
        }

    def _executions(self, stateMachineArn: str, **request: Any) -> dict[str, Any]:
        workflow = stateMachineArn.rpartition(f"{MODEL}-")[2]
        started = [("old", BEFORE, "SUCCEEDED")]
        if workflow == "release" and self.begins and self.updates:
            started = [("new", datetime(2026, 2, 3, tzinfo=UTC), "RUNNING"), *started]
        if workflow in self.runs:
            started = [("going", BEFORE, "RUNNING"), *started]
        if workflow == "retraining":
            started = [("q7", BEFORE, "RUNNING")]
        return {
            "executions": [
                {
                    "executionArn": f"arn:aws:states:us-east-1:0:execution:{MODEL}-{workflow}:{name}",
                    "name": name, "status": status, "startDate": at,
                }
                for name, at, status in started
                if request.get("statusFilter") in (None, status)
            ]
        }  # fmt: skip
