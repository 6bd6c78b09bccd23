"""One model's retraining in memory: its triggers, its fleet, its machines, and the functions around them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from lambdas.functions.plan_retraining import handler as planning
from lambdas.functions.record_trigger import handler as noting
from lambdas.triggers.store import TriggerStore
from mdlc_constructs.settings.budget import Budget
from mdlc_constructs.settings.patience import Patience
from mdlc_constructs.settings.payloads.codec import encode
from mdlc_constructs.settings.training_window import SinceDrift
from mdlc_constructs.settings.triggers import OnRequest
from mdlc_constructs.workflows.retraining.settings import RetrainingSettings
from tests.lambdas.dynamodb import FakeDynamoDB
from tests.lambdas.fakes import FakeS3
from tests.lambdas.machines import FakeStepFunctions, arn

START = datetime(2026, 1, 1, tzinfo=UTC)
SETTINGS = RetrainingSettings(
    model="flights",
    triggers=(OnRequest(),),
    window=SinceDrift(shortest=timedelta(days=30), longest=timedelta(days=300), holdout=timedelta(days=7)),
    patience=Patience(debounce=timedelta(minutes=10), cool_down=timedelta(hours=6)),
    budget=Budget(jobs=1, instances=1),
    label_delay=timedelta(days=1),
)


class FakeSageMaker:
    """The registry: the status of every package."""

    status = "PendingManualApproval"

    def describe_model_package(self, *, ModelPackageName: str) -> dict[str, str]:
        return {"ModelApprovalStatus": self.status}


@dataclass
class Model:
    """A model whose functions run on these fakes."""

    monkeypatch: pytest.MonkeyPatch
    now: datetime = START
    table: FakeDynamoDB = field(default_factory=FakeDynamoDB)
    machines: FakeStepFunctions = field(default_factory=FakeStepFunctions)
    s3: FakeS3 = field(default_factory=lambda: FakeS3(objects={"b/raw/a.csv": {"Size": 500}}))
    registry: FakeSageMaker = field(default_factory=FakeSageMaker)
    tokens: int = 0

    def __post_init__(self) -> None:
        clients = {
            "dynamodb": self.table,
            "stepfunctions": self.machines,
            "s3": self.s3,
            "sagemaker": self.registry,
        }
        for module in (planning, noting):
            self.monkeypatch.setattr(module, "client", clients.__getitem__)
            self.monkeypatch.setattr(module, "utc_now", lambda: self.now)
        self.machines.now = lambda: self.now
        self.notes = TriggerStore(dynamodb=self.table, table="audit", model="flights")

    @property
    def plan(self) -> dict[str, Any]:
        """The machine's plan with its placeholders bound."""
        plan: dict[str, Any] = encode(SETTINGS.to_payload())
        return {
            **plan,
            "table": "audit",
            "dataset": "s3://b/raw/",
            **{name: arn(f"flights-{name}") for name in ("training", "release")},
            "machine": arn("flights-retraining"),
            "fleet": {**plan["fleet"], "table": "audit"},
        }

    def wait(self, **how_long: float) -> None:
        """Let time go on."""
        self.now += timedelta(**how_long)

    def step(self, name: str, execution: str = "x1", **more: Any) -> dict[str, Any]:
        """Ask the planning function for a step, as an execution that runs."""
        whole = self.machines.executions.setdefault(
            arn("flights-retraining", execution),
            {"status": "RUNNING", "input": "{}", "startDate": self.now},
        )
        assert whole["status"] == "RUNNING"
        told = {
            "id": arn("flights-retraining", execution),
            "name": execution,
            "started_at": self.now.isoformat(),
        }
        return planning.handler({"step": name, "plan": self.plan, "execution": told, **more}, None)

    def gather(self, execution: str = "x1", **given: Any) -> dict[str, Any]:
        """The first step."""
        return self.step("gather", execution, input=given)

    def ask(self, gathered: Mapping[str, Any], execution: str = "x1") -> str:
        """Ask for the lease; says what was told to the token, nothing when it waits."""
        self.tokens += 1
        token = f"t{self.tokens}"
        self.machines.waited.add(token)
        self.step("ask", execution, gathered=gathered, token=token)
        return next((answer["lease"] for one, answer in self.machines.told if one == token), "")

    def claim(self, gathered: Mapping[str, Any], execution: str = "x1") -> dict[str, Any]:
        """Claim under the lease."""
        return self.step("claim", execution, gathered=gathered)

    def conclude(self, request_id: str, outcome: str, execution: str = "x1", **more: Any) -> dict[str, Any]:
        """The last step."""
        return self.step("conclude", execution, request_id=request_id, outcome=outcome, **more)

    def champion(self, version: int) -> None:
        """A release or a batch moved the pointer to the champion."""
        key = ("MODEL#flights", "CHAMPION")
        self.table.items[key] = {"pk": {"S": key[0]}, "sk": {"S": key[1]}, "version": {"N": str(version)}}

    def dies(self, execution: str = "x1", status: str = "ABORTED", error: str = "") -> None:
        """An execution is stopped."""
        ended = self.machines.ends("flights-retraining", execution, status)
        self.machines.executions[ended]["error"] = error

    def resume(self) -> str | None:
        """The clock's rule looks for work that nobody does; says the name of the execution that does it."""
        plan = {name: self.plan[name] for name in ("table", "model", "machine")}
        answer = noting.handler({**plan, "resume": True}, None)
        assert answer is not None
        found = answer["execution"]
        return found and str(found).rpartition(":")[2]

    def holder(self) -> str:
        """The request that holds the model's lease, or nothing."""
        item = self.table.items.get(("FLEET#fleet", "HOLDER#flights"), {"request_id": {"S": ""}})
        return item["request_id"]["S"]
