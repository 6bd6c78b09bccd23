"""The page on the client is one program, which runs on a small account."""

from pathlib import Path

import boto3
import pytest

from mdlc_client import Client
from tests.cli import rights
from tests.client.test_client import account
from tests.docs.markdown import ROOT, blocks

PAGE = ROOT / "docs" / "client.md"


def test_the_page_runs_as_one_program(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    target = account(tmp_path)
    monkeypatch.setattr(boto3, "Session", lambda: target)
    exec(compile("".join(blocks(PAGE, "python")), str(PAGE), "exec"), {})
    printed = capsys.readouterr().out
    assert "Approved" in printed and "[tenure]" in printed
    assert "no run 'run-of-may' has published predictions" in printed


def test_the_rights_that_the_page_lists_suffice(tmp_path: Path) -> None:
    granted, used = rights.listed(PAGE.read_text().partition("The reader needs:")[2]), set[str]()
    client = Client(rights.guarded(account(tmp_path), granted, used))
    for read in (client.runs, client.versions, client.windows, client.predictions, client.window_rows):
        assert len(read())
    assert len(client.decisions()) and client.report(1)
    # The fakes do not encrypt.
    assert granted - used == {"kms:Decrypt"}


def test_the_table_has_every_method() -> None:
    methods = {name for name in vars(Client) if not name.startswith("_")} - {"bucket"}
    assert {name for name in methods if f"| `{name}(" in PAGE.read_text()} == methods
