from __future__ import annotations

import io

import pytest
from rich.console import Console

from mdlc_cli.output import progress


def shown(out: Console) -> str:
    assert isinstance(out.file, io.StringIO)
    return out.file.getvalue()


def test_plain_lines_say_what_begins_what_happens_and_how_it_ended() -> None:
    out = Console(file=io.StringIO(), width=80)
    with progress.step("making [a] tool", console=out) as step:
        step.note("Downloading numpy (16.1MiB)")
        step.detail("resource 3 of 15")
        step.note("  ")
        step.summary = progress.megabytes(16_100_000)
    first, second, last = shown(out).splitlines()
    assert (first, second) == ("... making [a] tool", "    Downloading numpy (16.1MiB)")
    assert last.startswith("ok  making [a] tool (0.")
    assert last.endswith(" s, 16.1 MB)")


def test_a_step_that_fails_is_not_called_done() -> None:
    out = Console(file=io.StringIO(), width=80)
    with pytest.raises(OSError, match="gone"), progress.step("making a tool", console=out):
        raise OSError("gone")
    assert shown(out) == "... making a tool\n"


def test_a_terminal_shows_details_too() -> None:
    out = Console(file=io.StringIO(), width=80, force_terminal=True)
    with progress.step("deploying", console=out) as step:
        assert step.is_live
        step.detail("resource 3 of 15")
    assert "deploying" in shown(out)


def test_a_piped_table_is_not_cut_off(capsys: pytest.CaptureFixture[str]) -> None:
    table = progress.table("name", "arn")
    table.add_row("x" * 150, "y" * 150)
    progress.results_console().print(table)
    assert capsys.readouterr().out.splitlines()[1].split() == ["x" * 150, "y" * 150]


def test_a_narrow_table_folds_what_does_not_fit() -> None:
    out = Console(file=io.StringIO(), width=40)
    table = progress.table("name", "arn")
    table.add_row("x" * 30, "y" * 30)
    out.print(table)
    assert shown(out).count("x") == shown(out).count("y") == 30
