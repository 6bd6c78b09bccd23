"""Whoever has the rights that docs/contracts.md lists can decide, and is told what was not read."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner

from mdlc_cli.app import app
from mdlc_cli.commands import options
from mdlc_cli.executions import releases
from tests.cli import rights
from tests.cli.deciding import Deciding
from tests.cli.stored import stored

RIGHTS = (
    (Path(__file__).resolve().parents[3] / "docs" / "contracts.md")
    .read_text()
    .partition("To decide with these commands, an identity needs:")[2]
    .partition("With `s3:")[0]
)


def test_the_rights_that_the_contract_lists_suffice(monkeypatch: pytest.MonkeyPatch) -> None:
    granted, used = rights.listed(RIGHTS), set[str]()
    monkeypatch.setattr(releases, "BETWEEN_LOOKS_SECONDS", 0)
    account = Deciding(waits=True, machines=("training", "release", "retraining"))
    made = rights.guarded(account.target, granted, used)
    monkeypatch.setattr(options, "chosen", lambda local: (Path(), made))
    result = CliRunner().invoke(app, ["approve", "3", "--yes"])
    assert result.exit_code == 0, result.exception
    # An item is deleted only when AWS refuses the status.
    assert granted - used == {"dynamodb:DeleteItem", "kms:Decrypt"}
    said = " ".join(result.stdout.split())
    assert account.statuses[3] == "Approved" and "The evaluation cannot be read" in said
    for number in (3, 2):
        assert f"The evaluation, plan and split of version {number} cannot be read without s3:" in said


def test_a_report_that_is_no_json_is_as_good_as_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(releases, "BETWEEN_LOOKS_SECONDS", 0)
    account = Deciding()
    made = account.target
    broken = stored({"evaluations/3/report.json": b"{\xff", "runs/run-2026-02-02/a/plan.json": b"["})
    target = replace(made, clients={**made.clients, "s3": broken})
    monkeypatch.setattr(options, "chosen", lambda local: (Path(), target))
    for arguments in (["approve", "3", "--yes"], ["models"]):
        assert CliRunner().invoke(app, arguments).exit_code == 0
