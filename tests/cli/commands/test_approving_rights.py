"""Whoever has the rights that docs/contracts.md lists can decide, and is told what was not read."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError
from typer.testing import CliRunner

from mdlc_cli.app import app
from mdlc_cli.commands import options
from mdlc_cli.executions import releases
from tests.cli.deciding import Deciding
from tests.cli.fakes import FakeClient
from tests.cli.stored import stored

RIGHTS = (
    (Path(__file__).resolve().parents[3] / "docs" / "contracts.md")
    .read_text()
    .partition("To decide with these commands, an identity needs:")[2]
    .partition("With `s3:")[0]
)
SERVICES = {"stepfunctions": "states"}


def test_the_rights_that_the_contract_lists_suffice(monkeypatch: pytest.MonkeyPatch) -> None:
    granted = set(re.findall(r"`([a-z0-9]+:[A-Za-z]+)`", RIGHTS))
    used: set[str] = set()

    def guarded(service: str, client: FakeClient) -> FakeClient:
        def guard(operation: str, answer: Any) -> Any:
            action = f"{SERVICES.get(service, service)}:{operation.title().replace('_', '')}"

            def call(**request: Any) -> Any:
                if action.removesuffix("V2").replace("ListObjects", "ListBucket") not in granted:
                    raise ClientError({"Error": {"Code": "AccessDenied", "Message": action}}, operation)
                used.add(action)
                return answer(**request) if callable(answer) else answer

            return call

        return FakeClient(**{name: guard(name, answer) for name, answer in client._answers.items()})

    monkeypatch.setattr(releases, "BETWEEN_LOOKS_SECONDS", 0)
    account = Deciding(waits=True, machines=("training", "release", "retraining"))
    made = account.target
    clients = {service: guarded(service, client) for service, client in made.clients.items()}
    monkeypatch.setattr(options, "chosen", lambda local: (Path(), replace(made, clients=clients)))
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
