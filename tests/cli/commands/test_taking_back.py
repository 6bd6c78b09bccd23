"""An approved version that is rejected: not while an execution makes it the champion."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from mdlc_cli.app import app
from mdlc_cli.commands import options
from tests.cli.commands.test_approving import REASON, refusal, run
from tests.cli.commands.test_approving import at_once as at_once
from tests.cli.deciding import ME, PENDING, Deciding
from tests.cli.life import trained


@pytest.mark.parametrize(
    ("workflow", "given", "said"),
    [
        ("release", {"package_version": 3}, "runs and takes it, because it would become the champion"),
        ("release", {}, "runs and may have taken it as the newest approved, because"),
        ("batch-inference", {"package_version": 3}, "approve a newer one and score with it"),
    ],
)
def test_a_version_is_not_rejected_while_it_becomes_the_champion(
    monkeypatch: pytest.MonkeyPatch, workflow: str, given: dict[str, int], said: str
) -> None:
    account = Deciding(statuses={2: "Approved", 3: "Approved"}, machines=("training", workflow))
    account.runs = {workflow: given}
    sentence = refusal(monkeypatch, account, "reject", "3", "--reason", REASON, "--yes")
    assert said in sentence and f"`mdlc watch churn-{workflow}:going`" in sentence
    assert (account.decision(), account.statuses[3], account.updates) == (None, "Approved", [])


def test_a_release_of_another_version_does_not_keep_one_from_being_rejected(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    account = Deciding(statuses={2: "Approved", 3: "Approved"}, runs={"release": {"package_version": 4}})
    assert run(monkeypatch, account, "reject", "3", "--reason", REASON, "--yes").exit_code == 0


def test_a_release_that_begins_while_the_question_is_asked_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    account = Deciding(statuses={2: "Approved", 3: "Approved"})
    made = account.target
    monkeypatch.setattr(options, "chosen", lambda local: (Path(), made))
    begun: dict[str, dict[str, int]] = {"release": {"package_version": 3}}
    monkeypatch.setattr(options, "confirm", lambda *_, **__: account.runs.update(begun))
    result = CliRunner().invoke(app, ["reject", "3", "--reason", REASON])
    assert "cannot be rejected while churn-release runs" in str(result.exception)
    assert account.statuses[3] == "Approved"


def test_a_retraining_that_waits_for_another_version_does_not_go_on(monkeypatch: pytest.MonkeyPatch) -> None:
    account = Deciding(
        statuses={2: "Approved", 3: PENDING, 4: PENDING},
        waits=True,
        machines=("training", "retraining"),
    )
    account.items.append(trained("2026-02-03", 4, "PendingApproval"))
    decided = run(monkeypatch, account, "reject", "4", "--reason", REASON, "--yes")
    assert decided.exit_code == 0 and "The retraining goes on" not in decided.stdout
    assert "The retraining goes on" in run(monkeypatch, account, "approve", "3", "--yes").stdout


def test_a_champion_that_was_rejected_is_listed_so(monkeypatch: pytest.MonkeyPatch) -> None:
    account = Deciding(statuses={2: "Rejected", 3: PENDING})
    listed = json.loads(run(monkeypatch, account, "models", "--json").stdout)
    assert [each["stage"] for each in listed] == ["pending", "champion, rejected"]


def test_an_approved_version_that_does_not_serve_can_be_withdrawn(monkeypatch: pytest.MonkeyPatch) -> None:
    account = Deciding(begins=False)
    run(monkeypatch, account, "approve", "3", "--yes")
    assert run(monkeypatch, account, "reject", "3", "--reason", REASON, "--yes").exit_code == 0
    made = account.decision()
    assert made is not None and made["decision"] == "Rejected" and account.statuses[3] == "Rejected"
    earlier = json.loads(made["earlier"])
    assert (earlier["decision"], earlier["decided_by"]) == ("Approved", ME)


@pytest.mark.parametrize("given", ["3", "v3", " 3 "])
def test_a_version_is_its_number_with_or_without_a_v(monkeypatch: pytest.MonkeyPatch, given: str) -> None:
    account = Deciding()
    assert run(monkeypatch, account, "approve", given, "--yes").exit_code == 0
    assert account.statuses[3] == "Approved"


@pytest.mark.parametrize("given", ["0", "three", "v", "3.0", "champion", ""])
@pytest.mark.parametrize("command", ["approve", "reject"])
def test_what_is_no_version_is_a_sentence(monkeypatch: pytest.MonkeyPatch, command: str, given: str) -> None:
    reason = ("--reason", REASON) if command == "reject" else ()
    said = refusal(monkeypatch, Deciding(), command, given, *reason, "--yes")
    assert said == (
        f"{given!r} is no version's number: give one such as 7 or v7, of those that `mdlc models` lists"
    )
