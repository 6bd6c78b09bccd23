"""The page on audits shows what the command prints, of the life of a model in tests/cli/life.py."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from mdlc_cli.app import app
from mdlc_cli.commands import options
from tests.cli.predictions.test_searching import account
from tests.cli.stored import read_here
from tests.docs.markdown import ROOT, blocks

SHOWN = [("audit", "q1"), ("audit", "--model", "churn")]
"""The commands, in the order in which the page shows what they print."""


@pytest.mark.parametrize("number", range(len(SHOWN)), ids=lambda number: " ".join(SHOWN[number]))
def test_what_is_shown_is_what_is_printed(
    number: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read_here(monkeypatch)
    target = account(tmp_path)
    monkeypatch.setattr(options, "chosen", lambda local: (tmp_path, target))
    printed = CliRunner().invoke(app, list(SHOWN[number])).stdout
    shown = blocks(ROOT / "docs" / "audit.md", "text")
    assert len(shown) == len(SHOWN)
    assert shown[number].splitlines() == [line.rstrip() for line in printed.splitlines()]
