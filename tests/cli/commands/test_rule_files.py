from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from mdlc_cli.app import app
from mdlc_cli.commands import options
from mdlc_cli.errors import CommandError
from tests.cli.decisions.test_rules import DOCUMENT, deployed, file
from tests.cli.fakes import FakeTarget


def use(monkeypatch: pytest.MonkeyPatch, target: FakeTarget) -> FakeTarget:
    monkeypatch.setattr(options, "chosen", lambda local: (Path(), target))
    return target


def run(*arguments: str) -> Any:
    return CliRunner().invoke(app, ["rules", *arguments])


def test_rules_are_checked_against_a_deployed_api(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    target = use(monkeypatch, deployed())
    result = run("check", str(file(tmp_path)))
    assert result.exit_code == 0, result.output
    assert "rules.json can be used by flights-decisions" in result.stderr
    result = run("check", str(file(tmp_path, {**DOCUMENT, "bands": []})))
    assert isinstance(result.exception, CommandError)
    assert target.clients["s3"].calls == []


def test_rules_are_checked_without_an_aws(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    use(monkeypatch, FakeTarget())
    decisions = ("--decision", "rebook", "--decision", "wait")
    result = run("check", str(file(tmp_path)), *decisions)
    assert result.exit_code == 0, result.output
    assert "rules.json can be used where rebook, wait may be decided" in result.stderr
    result = run("check", str(file(tmp_path)), "--decision", "rebook")
    assert "bands[0].decision='wait'" in str(result.exception)
    result = run("check", str(file(tmp_path)), *decisions, "--api", "x")
    assert "leave one out" in str(result.exception)


def test_rules_are_uploaded_when_they_can_be_used(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    target = use(monkeypatch, deployed(now=DOCUMENT))
    result = run("put", str(file(tmp_path, {**DOCUMENT, "bands": []})))
    assert isinstance(result.exception, CommandError) and target.clients["s3"].calls == []
    result = run("put", str(file(tmp_path)), "--api", "flights-decisions")
    assert result.exit_code == 0, result.output
    assert "flights-decisions decides by first" in result.stderr
    assert len(target.clients["s3"].calls) == 1


def test_rules_in_use_are_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    use(monkeypatch, deployed(now=DOCUMENT))
    result = run("show")
    assert json.loads(result.stdout) == DOCUMENT
    assert "flights-decisions decides by first, since t, from s3" in result.stderr
    use(monkeypatch, deployed())
    assert "no rules in use: upload some with `mdlc rules put`" in str(run("show").exception)
