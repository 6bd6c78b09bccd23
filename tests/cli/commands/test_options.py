"""What changes a real account names it and asks once."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from mdlc_cli.app import app
from mdlc_cli.aws import target
from mdlc_cli.commands import options
from mdlc_cli.errors import CommandError
from tests.cli.fakes import FakeTarget

REAL = target.Target(endpoint=None, region="eu-west-1", account="123456789012")
WHERE = "account 123456789012, region eu-west-1"


@pytest.fixture(autouse=True)
def real_account(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(target, "choose", lambda root, choice=None: REAL)


def at_a_terminal(monkeypatch: pytest.MonkeyPatch, answer: str) -> list[str]:
    asked: list[str] = []

    def prompt(text: str, **_: Any) -> bool:
        asked.append(text)
        if answer != "y":
            raise typer.Abort
        return True

    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    monkeypatch.setattr(typer, "confirm", prompt)
    return asked


def test_a_change_of_a_real_account_is_asked_for_once(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = at_a_terminal(monkeypatch, "y")
    assert options.chosen_to_change(None, "Deploy all stacks", yes=False)[1] == REAL
    assert asked == [f"Deploy all stacks in {WHERE}?"]


def test_no_is_no(monkeypatch: pytest.MonkeyPatch) -> None:
    at_a_terminal(monkeypatch, "n")
    with pytest.raises(typer.Abort):
        options.chosen_to_change(None, "Deploy all stacks", yes=False)


def test_the_local_aws_is_changed_without_a_question(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(target, "choose", lambda root, choice=None: FakeTarget())
    asked = at_a_terminal(monkeypatch, "n")
    assert options.chosen_to_change(None, "Deploy", yes=False)[1].is_local
    assert asked == []


Arguments = Callable[[Path], list[str]]


@pytest.mark.parametrize(
    "arguments",
    [
        lambda folder: ["deploy"],
        lambda folder: ["deploy", "Churn", "--aws"],
        lambda folder: ["teardown", "Churn"],
        lambda folder: ["run", "training"],
        lambda folder: ["release"],
        lambda folder: ["rollback"],
        lambda folder: ["golden", "record", str(folder / "rows.csv"), "--key", "id"],
    ],
)
def test_without_a_terminal_every_change_wants_the_flag(tmp_path: Path, arguments: Arguments) -> None:
    found = CliRunner().invoke(app, arguments(tmp_path))
    assert isinstance(found.exception, CommandError)
    assert WHERE in str(found.exception)
    assert str(found.exception).endswith("must be confirmed and nobody can be asked here: give --yes")


def test_the_flag_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = at_a_terminal(monkeypatch, "n")
    assert options.chosen_to_change(None, "Deploy", yes=True)[1] == REAL
    assert asked == []
