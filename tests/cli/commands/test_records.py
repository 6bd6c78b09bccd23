from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from mdlc_cli.app import app
from mdlc_cli.commands import options
from mdlc_cli.errors import CommandError
from tests.cli.fakes import FakeTarget
from tests.cli.predictions.test_searching import BATCH_ID, account
from tests.cli.stored import read_here


@pytest.fixture(autouse=True)
def target(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> FakeTarget:
    read_here(monkeypatch)
    made = account(tmp_path)
    monkeypatch.setattr(options, "chosen", lambda local: (tmp_path, made))
    return made


def run(*arguments: str) -> Any:
    return CliRunner().invoke(app, ["audit", *arguments])


def test_a_decision_is_told_in_sections() -> None:
    result = run("q1")
    assert result.exit_code == 0, result.output
    assert "... Looking for q1" in result.stderr
    lines = [line.split() for line in result.stdout.splitlines()]
    assert ["Training", "of", "version", "2"] in lines
    assert ["rules", "version", "first@abc"] in lines
    assert ["trigger", "drift:", "tenure", "drifted", "(2026-02-02", "01:00:00", "UTC)"] in lines


def test_a_batchs_prediction_is_told_as_json() -> None:
    content = json.loads(run(BATCH_ID, "--run", "run-2026-02-05", "--json").stdout)
    assert content["prediction"]["kind"] == "batch"
    assert content["lineage"]["training"]["execution_arn"] == "arn:training-2026-02-03"
    assert content["package"]["status"] == "Approved"


def test_a_captured_request_is_found_on_its_day() -> None:
    assert '{"x": 5}' in run("c1", "--on", "2026-02-05").stdout


def test_an_unknown_id_is_one_sentence() -> None:
    result = run("nobody")
    assert isinstance(result.exception, CommandError)
    assert "no prediction 'nobody' was found" in str(result.exception)


@pytest.mark.parametrize("option", [("--run", "r1"), ("--on", "2026-02-05")])
def test_a_search_needs_an_id(option: tuple[str, str]) -> None:
    result = run(*option)
    assert isinstance(result.exception, CommandError)
    assert "give its id" in str(result.exception)


def test_a_model_is_shown_as_its_family() -> None:
    shown = run("--model", "churn").stdout
    assert "champion: version 2" in shown and "└── " in shown
    content = json.loads(run("--model", "churn", "--json").stdout)
    assert [one["version"] for one in content["versions"]] == [1, 2, 3, 4]


def test_a_models_executions_stay_within_reach() -> None:
    shown = run("--model", "churn", "--table").stdout
    assert "retraining" in shown and "drift+schedule" in shown
    assert "Champion of churn: version 2" in shown
    assert "├──" not in shown
    listed = json.loads(run("--model", "churn", "--table", "--json").stdout)
    assert {"sk", "pk"} <= set(listed[0])


def test_all_models_are_shown_as_a_table() -> None:
    assert "Champion of churn: version 2" in run().stdout


def test_an_unknown_model_is_one_sentence(target: FakeTarget, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mdlc_client.audit.items", lambda *given, **options: [])
    monkeypatch.setattr("mdlc_client.registered.versions", lambda *given: [])
    result = run("--model", "nobody")
    assert isinstance(result.exception, CommandError)
    assert "no model is called 'nobody'" in str(result.exception)
