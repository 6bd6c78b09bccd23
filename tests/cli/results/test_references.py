from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.exceptions import ClientError

from mdlc_cli.aws import models
from mdlc_cli.aws.models import Model
from mdlc_cli.errors import CommandError
from mdlc_cli.results import references
from mdlc_cli.results.references import (
    ExecutionReference,
    JobReference,
    RunReference,
    VersionReference,
    WindowReference,
)
from tests.cli.fakes import FakeClient, FakeTarget
from tests.cli.life import GROUP, LIFE, MODEL, execution, trained, window

NOW = datetime(2026, 4, 1, tzinfo=UTC)
ARN = "arn:aws:states:us-east-1:0:execution:"
ID = "20260201T000000Z_20260202T000000Z"
OTHER_ID = "20260101T000000Z_20260102T000000Z"
ITEMS: list[dict[str, Any]] = [
    trained("2026-01-01", 1, run="aaaaaa1111", execution_arn=f"{ARN}churn-training:first"),
    trained("2026-01-02", 1, "Unchanged", run="aaaaaa1111", execution_arn=f"{ARN}churn-training:same"),
    trained("2026-01-03", 2, run="bbbbbb2222", execution_arn=f"{ARN}churn-training:second"),
    execution(
        "batch-inference", "2026-01-04", version=2, run="bbbbbb3333", manifest="s3://bucket/p/manifest.json",
        execution_arn=f"{ARN}churn-batch-inference:batch",
    ),
    execution(
        "monitoring", "2026-01-05", run="cccccc", windows=f'["{ID}"]', monitor="endpoint",
        execution_arn=f"{ARN}churn-monitoring:watch",
    ),
    execution(
        "training", "2026-01-06", "Failed", run="none", error="NoData", cause="none",
        execution_arn=f"{ARN}churn-training:broken",
    ),
    window("2026-02-01", sk=f"WINDOW#endpoint#{ID}"),
    window("2026-02-02", sk=f"WINDOW#endpoint#{OTHER_ID}", rows="0"),
    window("2026-01-01", sk=f"WINDOW#batch#{OTHER_ID}", monitor="batch"),
    {"pk": f"MODEL#{MODEL}", "sk": "CHAMPION", "version": 2},
]  # fmt: skip
CHURN = Model(name=MODEL, stack="Churn", table="t", items=tuple(ITEMS))
RUNNING = {
    "executionArn": f"{ARN}churn-training:going-on",
    "name": "going-on",
    "status": "RUNNING",
    "startDate": NOW,
}


def known(monkeypatch: pytest.MonkeyPatch, *listed: Model, executions: bool = True) -> FakeTarget:
    monkeypatch.setattr(models, "deployed", lambda target, stack=None, model=None: list(listed))
    machine = {"name": "churn-training", "stateMachineArn": "arn:m"}

    def described(executionArn: str) -> dict[str, Any]:
        if executionArn.endswith("gone"):
            raise ClientError({"Error": {"Code": "ExecutionDoesNotExist"}}, "DescribeExecution")
        return {"status": "SUCCEEDED", "startDate": NOW, "stopDate": NOW}

    return FakeTarget(
        clients={
            "stepfunctions": FakeClient(
                list_state_machines={"stateMachines": [machine] if executions else []},
                list_executions={"executions": [RUNNING] if executions else []},
                describe_execution=described,
            ),
            "logs": FakeClient(
                describe_log_streams=lambda logGroupName, logStreamNamePrefix: {
                    "logStreams": [{}] if logStreamNamePrefix == "churn-train-1/" else []
                }
            ),
        }
    )


@pytest.mark.parametrize(
    ("name", "kind", "stands_for"),
    [
        ("2", VersionReference, 2),
        ("v7", VersionReference, 7),
        ("champion", VersionReference, 2),
        (f"{GROUP}/1", VersionReference, 1),
        ("aaaaaa1111", RunReference, "first"),
        ("bbbbbb2", RunReference, "second"),
        (" bbbbbb3333 ", RunReference, "batch"),
        ("cccccc", ExecutionReference, "watch"),
        ("first", ExecutionReference, "first"),
        ("broken", ExecutionReference, "broken"),
        ("going-on", ExecutionReference, "going-on"),
        ("churn-training:going-on", ExecutionReference, "going-on"),
        ("going-", ExecutionReference, "going-on"),
        (f"{ARN}churn-training:second", ExecutionReference, "second"),
        ("latest", ExecutionReference, "going-on"),
        (f"endpoint/{ID}", WindowReference, f"endpoint/{ID}"),
        (ID, WindowReference, f"endpoint/{ID}"),
        ("endpoint/latest", WindowReference, f"endpoint/{ID}"),
        ("batch/latest", WindowReference, f"batch/{OTHER_ID}"),
        ("churn-train-1", JobReference, "churn-train-1"),
    ],
)
def test_a_name_stands_for_one_thing(
    monkeypatch: pytest.MonkeyPatch, name: str, kind: type, stands_for: object
) -> None:
    reference = references.resolve(known(monkeypatch, CHURN), name)
    assert isinstance(reference, kind)
    match reference:
        case VersionReference():
            assert reference.version == stands_for
        case WindowReference():
            assert reference.name == stands_for
        case JobReference():
            assert reference.job.name == stands_for
        case ExecutionReference():
            assert reference.execution.name == stands_for
        case RunReference():
            assert reference.execution.execution.name == stands_for


def test_an_execution_in_the_audit_table_comes_with_its_item(monkeypatch: pytest.MonkeyPatch) -> None:
    reference = references.resolve(known(monkeypatch, CHURN), "broken")
    assert isinstance(reference, ExecutionReference) and reference.model is CHURN
    assert (reference.item["error"], reference.execution.status) == ("NoData", "FAILED")
    assert references.windows_of(CHURN, ITEMS[4]) == [ITEMS[6]]


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("bbbbbb", "'bbbbbb' fits bbbbbb3333, bbbbbb2222: give one of these names"),
        ("bbb", "is called 'bbb': did you mean bbbbbb3333?"),
        ("zzz", "no execution, run, version, window or job is called 'zzz': see `mdlc executions` and"),
        ("bbbbbb2223", "is called 'bbbbbb2223': did you mean bbbbbb2222?"),
        (OTHER_ID, f"window '{OTHER_ID}' fits endpoint/{OTHER_ID}, batch/{OTHER_ID}: give one of these"),
        (f"endpoint/{ID[:-1]}Y", f"no window is called .* did you mean endpoint/{ID}"),
        ("endpoint/yesterday", f"called 'yesterday': the newest are endpoint/{OTHER_ID}, endpoint/{ID}"),
        ("churn", "'churn' is a model: name one of its versions, or see `mdlc audit --model churn`"),
        (
            "training",
            "is a workflow: name one of its executions, which `mdlc executions training` lists",
        ),
        (f"{ARN}churn-training:gone", "no execution .*:gone exists .*: see `mdlc executions`"),
        ("", "an empty name"),
    ],
)
def test_what_is_not_one_thing_is_a_sentence_with_what_to_do(
    monkeypatch: pytest.MonkeyPatch, name: str, message: str
) -> None:
    with pytest.raises(CommandError, match=message):
        references.resolve(known(monkeypatch, CHURN), name)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("latest", "nothing has run yet: start with `mdlc run training`"),
        ("abcdef", "nothing has run yet, and nothing is called 'abcdef': start with `mdlc run training`"),
        ("endpoint/latest", "no window of the endpoint monitor is recorded yet: .*`mdlc run monitoring`"),
        ("champion", "churn has no champion yet: release a version with `mdlc release`"),
    ],
)
def test_where_nothing_is_yet_the_next_command_is_named(
    monkeypatch: pytest.MonkeyPatch, name: str, message: str
) -> None:
    fresh = Model(name="churn", stack="Churn", table="t")
    with pytest.raises(CommandError, match=message):
        references.resolve(known(monkeypatch, fresh, executions=False), name)


@pytest.mark.parametrize("name", ["endpoint/latest", f"endpoint/{ID}"])
def test_a_window_of_two_models_asks_for_one(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    price = Model(name="price", stack="Price", table="t", items=CHURN.items)
    with pytest.raises(CommandError, match=r"is of several models \(churn, price\): name one with --model"):
        references.resolve(known(monkeypatch, CHURN, price), name)


def test_the_execution_behind_a_name(monkeypatch: pytest.MonkeyPatch) -> None:
    target = known(monkeypatch, CHURN)
    for name, execution_name in (("2", "second"), ("aaaaaa1111", "first"), ("latest", "going-on")):
        reference = references.resolve(target, name)
        assert references.execution_of(target, reference).name == execution_name
    with pytest.raises(CommandError, match="is a job of an execution: read its log with `mdlc logs"):
        references.execution_of(target, references.resolve(target, "churn-train-1"))
    with pytest.raises(CommandError, match="no training that registered version 9 of churn is recorded"):
        references.execution_of(target, references.resolve(target, "9"))


def test_every_item_of_a_life_can_be_named(monkeypatch: pytest.MonkeyPatch) -> None:
    life = Model(name=MODEL, stack="Churn", table="t", items=tuple(LIFE))
    target = known(monkeypatch, life)
    for item in LIFE:
        if item.get("run"):
            references.resolve(target, item["run"])


def test_a_version_is_found_without_a_look_at_executions(monkeypatch: pytest.MonkeyPatch) -> None:
    target = known(monkeypatch, CHURN)
    references.resolve(target, "2")
    assert target.clients["stepfunctions"].calls == []
