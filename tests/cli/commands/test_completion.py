"""A shell completes names from what is on this machine, without a question to AWS."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import typer

from mdlc_cli.app import app
from mdlc_cli.commands import completion

ROOT = Path(__file__).resolve().parents[3]


def commands() -> dict[str, list[str]]:
    """Every command with its options, by its path without `mdlc`."""
    found: dict[str, list[str]] = {}

    def walk(group: Any, path: str) -> None:
        for name, command in group.commands.items():
            found[f"{path}{name}"] = [
                option for each in command.params for option in (*each.opts, *each.secondary_opts)
            ]
            if hasattr(command, "commands"):
                walk(command, f"{path}{name} ")

    walk(typer.main.get_command(app), "")
    return found


def template(*machines: object) -> str:
    resources = {
        f"M{number}": {"Type": "AWS::StepFunctions::StateMachine", "Properties": {"StateMachineName": name}}
        for number, name in enumerate(machines)
    }
    return json.dumps({"Resources": {**resources, "Bucket": {"Type": "AWS::S3::Bucket"}}})


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for folder, name, text in (
        ("cdk.out", "Churn", template("churn-training", "churn-batch-inference", {"Ref": "X"})),
        (".mdlc/assembly", "Orders", template("orders-batch-monitoring", "something-else")),
        ("cdk.out", "Broken", "{"),
        ("cdk.out", "List", "[]"),
    ):
        (tmp_path / folder).mkdir(parents=True, exist_ok=True)
        (tmp_path / folder / f"{name}.template.json").write_text(text)
    (tmp_path / "cdk.json").touch()
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_names_are_those_of_the_synthesized_app(project: Path) -> None:
    assert completion.stacks("") == ["Churn", "Orders"]
    assert completion.stacks("Ch") == ["Churn"]
    assert completion.models("") == ["churn", "orders"]
    assert completion.models("o") == ["orders"]
    assert completion.workflows("re") == ["release", "retraining"]


def test_without_an_app_there_are_no_names(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert (completion.stacks(""), completion.models("")) == ([], [])


def asked(folder: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    """The command as a shell calls it for completion."""
    return subprocess.run(
        [sys.executable, "-m", "mdlc_cli"], cwd=folder, text=True, capture_output=True,
        env={**os.environ, "PYTHONPATH": str(ROOT), **variables},
    )  # fmt: skip


def test_a_shell_is_answered(project: Path) -> None:
    for words, answers in (("mdlc executions --model ", {"churn", "orders"}), ("mdlc run tr", {"training"})):
        place = str(len(words.split(" ")) - 1)
        done = asked(project, _MDLC_COMPLETE="complete_bash", COMP_WORDS=words, COMP_CWORD=place)
        assert set(done.stdout.split()) == answers, done.stderr


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_script_of_a_shell_is_printed(shell: str, tmp_path: Path) -> None:
    done = asked(tmp_path, _MDLC_COMPLETE=f"source_{shell}")
    assert done.returncode == 0, done.stderr
    assert "_MDLC_COMPLETE" in done.stdout
