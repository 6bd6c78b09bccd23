"""The page on results shows what the commands print, of the account in tests/cli/left_results.py."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from mdlc_cli.app import app
from mdlc_cli.commands import options
from tests.cli.left_results import account
from tests.docs.markdown import ROOT, blocks

SHOWN = [("show", "2"), ("show", "endpoint/latest"), ("compare", "1", "2")]
"""The commands, in the order in which the page shows what they print."""


@pytest.mark.parametrize("number", range(len(SHOWN)), ids=lambda number: " ".join(SHOWN[number]))
def test_what_is_shown_is_what_is_printed(
    number: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = account(monkeypatch, tmp_path)
    monkeypatch.setattr(options, "chosen", lambda local: (tmp_path, target))
    printed = CliRunner().invoke(app, list(SHOWN[number])).stdout
    shown = blocks(ROOT / "docs" / "results.md", "text")
    assert len(shown) == len(SHOWN)
    assert shown[number].splitlines() == [line.rstrip() for line in printed.splitlines()]
