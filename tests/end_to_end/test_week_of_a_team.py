"""The week of a team, with `mdlc` alone: the commands of docs/tutorial.md, as a reader types them.

Afterwards the commands of daily life are given again, to AWS's API without the local server's own paths.
"""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.docs import sessions
from tests.docs.markdown import ROOT
from tests.end_to_end.aws import parent

TUTORIAL = ROOT / "docs" / "tutorial.md"
TIME_SCALE = 100
"""How much faster waiting goes here; the time scale of the project would make the test wait for minutes."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """An empty folder, in which a reader begins."""
    here = tmp_path_factory.mktemp("week")
    yield here
    for project in here.glob("*/mdlc.toml"):
        run("mdlc local down", project.parent)


def run(command: str, folder: Path) -> str:
    """The output of a shell command, errors included; it must succeed."""
    binaries = Path(sys.executable).parent
    done = subprocess.run(
        ["bash", "-c", f"set -euo pipefail; {command}"],
        cwd=folder,
        env={
            **{name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "MDLC_T"))},
            "PATH": f"{binaries}{os.pathsep}{os.environ['PATH']}",
            "PYTHONPATH": str(ROOT),
        },
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert done.returncode == 0, f"{command}\n{done.stdout}"
    return done.stdout


def prepared(command: str) -> str:
    """A command of the tutorial as the test gives it: the server ends with the test and waits less."""
    if command == "mdlc local up":
        faster = f"sed -i 's/^time_scale = .*/time_scale = {TIME_SCALE}/' mdlc.toml"
        return f"{faster} && {command} --parent-pid {parent()}"
    return command


def test_the_commands_of_the_tutorial_do_what_it_says(folder: Path) -> None:
    here = folder
    for step in sessions.steps(TUTORIAL):
        output = ""
        for command in step.commands:
            if command.startswith("cd "):
                here = here / command.removeprefix("cd ")
            else:
                output += run(prepared(command), here)
        missing = sessions.differences(step.shown, output)
        assert missing == [], f"line {step.line} of the tutorial shows what was not printed; it was:\n{output}"
    assert {path.suffix for path in (folder / "churn" / "evaluation").iterdir()} >= {".html", ".png", ".json"}
