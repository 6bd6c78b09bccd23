"""What commands print on 60 columns and in a pipe, as text."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from mdlc_cli.app import app
from mdlc_cli.commands import options
from tests.cli.life import REPORT
from tests.cli.predictions.test_searching import account
from tests.cli.stored import read_here

WIDTH = 60


@pytest.fixture(autouse=True)
def target(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    read_here(monkeypatch)
    here = account(tmp_path)
    monkeypatch.setattr(options, "chosen", lambda local: (tmp_path, here))


def lines(*arguments: str) -> list[str]:
    result = CliRunner().invoke(app, list(arguments))
    assert result.exit_code == 0, result.output
    return [re.sub(r"\x1b\[[0-9;]*m", "", line).rstrip() for line in result.stdout.splitlines()]


@pytest.mark.parametrize(
    ("arguments", "whole"),
    [
        (("audit",), "run-2026-02-05"),
        (("audit", "q1"), REPORT),
        (("audit", "--model", "churn"), "The gate refused: auc is 0.0100 worse than the champion's: fails."),
        (("audit", "--model", "churn", "--table"), "run-2026-02-05"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_nothing_is_wider_than_the_terminal_and_nothing_is_lost(
    monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...], whole: str
) -> None:
    in_a_pipe = lines(*arguments)
    assert any(whole in line for line in in_a_pipe)
    for name, value in (("FORCE_COLOR", "1"), ("NO_COLOR", "1"), ("COLUMNS", str(WIDTH))):
        monkeypatch.setenv(name, value)
    narrow = lines(*arguments)
    assert max(map(len, narrow)) <= WIDTH
    assert "".join(whole.split()) in "".join(re.sub(r"[│├└─\s]", "", line) for line in narrow)
