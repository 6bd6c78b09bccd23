from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer

from mdlc_cli import app, places
from mdlc_cli.aws import local
from mdlc_cli.errors import ToolFailedError

ROOT = Path(places.__file__).resolve().parent.parent


def mdlc(*arguments: str, folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    return subprocess.run(
        [sys.executable, "-m", "mdlc_cli", *arguments], cwd=folder, capture_output=True, text=True,
        env={**kept, "PYTHONPATH": str(ROOT), "AWS_EC2_METADATA_DISABLED": "true", "HOME": str(folder),
             "COLUMNS": "100", **environment},
    )  # fmt: skip


def test_help_names_every_command_with_what_it_is_for(tmp_path: Path) -> None:
    shown = mdlc("--help", folder=tmp_path).stdout
    for command in ("local", "tools", "deploy", "run", "teardown", "executions", "logs", "audit"):
        assert f" {command} " in shown
    assert "mdlc run training" in shown


def commands() -> Iterator[tuple[str, set[str]]]:
    """Every command with its options."""
    pending: list[tuple[str, Any]] = [("", typer.main.get_command(app.app))]
    for name, command in pending:
        if hasattr(command, "commands"):
            pending += [(f"{name} {each}".strip(), inner) for each, inner in command.commands.items()]
        else:
            yield name, {option for each in command.params for option in each.opts}


def test_options_of_one_meaning_are_called_alike_in_every_command() -> None:
    listed = dict(commands())
    assert [name for name, options in listed.items() if "--json" not in options] == ["openapi"], (
        "its output is JSON itself"
    )
    no_account = {"init", "container", "tools", "local up", "local down", "local status", "local env"}
    assert {name for name, options in listed.items() if "--local" not in options} == no_account
    of_apps = {
        *("doctor", "diff", "deploy", "teardown", "conformance"),
        *(name for name in listed if name.startswith("pipeline ")),
    }
    assert {name for name, options in listed.items() if "--stack" not in options} == no_account | of_apps
    of_apis = {"rules check", "rules put", "rules show"}
    without_model = {name for name, options in listed.items() if "--model" not in options}
    assert without_model == no_account | of_apps | of_apis


def test_help_does_not_wait_for_boto3(tmp_path: Path) -> None:
    code = "import sys, mdlc_cli.app; print('boto3' in sys.modules, 'aws_cdk' in sys.modules)"
    answer = subprocess.check_output([sys.executable, "-c", code], cwd=ROOT, text=True)
    assert answer == "False False\n"


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("run", "training"), "no local AWS runs and no AWS region is configured: run `mdlc local up`"),
        (("run", "training", "--local"), "no local AWS runs for"),
        (("run", "training", "--input", "{"), "is not JSON"),
        (("audit", "--local"), "no local AWS runs for"),
        (("deploy", "--local"), "run `mdlc local up`"),
    ],
)
def test_what_a_person_can_put_right_is_one_sentence_and_status_1(
    tmp_path: Path, arguments: tuple[str, ...], sentence: str
) -> None:
    done = mdlc(*arguments, folder=tmp_path)
    assert done.returncode == 1
    assert sentence in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == ""


def test_status_and_down_say_that_nothing_runs(tmp_path: Path) -> None:
    status = mdlc("local", "status", folder=tmp_path)
    assert (status.returncode, status.stdout) == (1, "")
    assert "start it with `mdlc local up`" in status.stderr
    down = mdlc("local", "down", folder=tmp_path)
    assert (down.returncode, down.stderr) == (0, "No local AWS was running\n")


def test_a_tools_last_lines_are_shown_before_the_sentence(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fails(root: Path) -> None:
        raise ToolFailedError(
            "cdk deploy failed with status 1: correct the stack", detail="line one\n[bold]line two"
        )

    monkeypatch.setattr(local, "find", fails)
    monkeypatch.setattr(sys, "argv", ["mdlc", "local", "status"])
    with pytest.raises(SystemExit) as ended:
        app.main()
    assert ended.value.code == 1
    assert capsys.readouterr().err.splitlines() == [
        "line one", "[bold]line two", "error: cdk deploy failed with status 1: correct the stack",
    ]  # fmt: skip
