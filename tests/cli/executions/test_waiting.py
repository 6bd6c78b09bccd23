"""What is said of an execution that ended before a person's decision."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from mdlc_cli.executions import advice, waiting
from tests.cli.commands.test_approving import run
from tests.cli.deciding import PENDING, Deciding
from tests.cli.fakes import FakeClient, FakeTarget
from tests.cli.life import GROUP

ARN = f"{GROUP}/3"
ASKED = advice.meaning("training", "PendingApproval", ARN)


def meaning(target: FakeTarget, outcome: str = "PendingApproval") -> str:
    return waiting.meaning(target, "training", outcome, ARN)


@pytest.mark.parametrize(
    ("statuses", "said"),
    [
        ({3: PENDING}, ASKED),
        ({3: "Rejected"}, "PendingApproval: it waited for a person, and version 3 is rejected."),
        ({3: "Approved"}, "PendingApproval: it waited for a person, and version 3 is approved."),
        ({}, "PendingApproval: it waited for a person, and version 3 is not in the registry any more."),
    ],
)
def test_a_decision_is_asked_for_only_while_none_was_made(statuses: dict[int, str], said: str) -> None:
    assert meaning(Deciding(statuses=statuses).target) == said


def test_other_outcomes_need_no_look_at_the_registry() -> None:
    nothing = FakeTarget(clients={})
    assert meaning(nothing, "Refused") == advice.meaning("training", "Refused")
    assert waiting.meaning(nothing, "training", "PendingApproval") == advice.meaning(
        "training", "PendingApproval"
    )


def test_without_the_right_to_look_it_asks_all_the_same() -> None:
    def refused(**request: Any) -> None:
        raise ClientError({"Error": {"Code": "AccessDeniedException", "Message": ""}}, "DescribeModelPackage")

    target = FakeTarget(clients={"sagemaker": FakeClient(describe_model_package=refused)})
    assert meaning(target) == ASKED


def test_the_audit_and_the_executions_do_not_ask_for_what_was_decided(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    account = Deciding(statuses={2: "Approved", 3: "Rejected"})
    account.outputs = {"training": {"outcome": "PendingApproval", "package_arn": ARN}}
    for arguments in (("audit", "--table"), ("executions", "training")):
        result = run(monkeypatch, account, *arguments)
        assert result.exit_code == 0, (result.exception, result.output)
        said = result.stdout
        assert "version 3 is rejected" in said and "mdlc approve" not in said
