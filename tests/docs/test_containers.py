"""The session of docs/containers.md, from an empty folder to an answer over HTTP."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from mdlc_cli import places
from mdlc_cli.aws import local
from tests.docs import markdown, sessions
from tests.end_to_end.aws import parent

pytestmark = pytest.mark.slow

DOCUMENT = markdown.ROOT / "docs" / "containers.md"


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Path]:
    """An empty folder, with the program of the page and waits that are short."""
    (program,) = markdown.blocks(DOCUMENT, "python")
    (tmp_path / "app.py").write_text(program)
    (tmp_path / places.SETTINGS_FILE).write_text("[local]\ntime_scale = 50\n")
    yield tmp_path
    local.down(tmp_path)


def test_the_session_of_the_page(project: Path) -> None:
    first, second, *_ = sessions.steps(DOCUMENT)
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    for step in (first, second):
        output = ""
        for command in step.commands:
            command = command.replace("mdlc local up", f"mdlc local up --parent-pid {parent()}")
            done = subprocess.run(
                ["/bin/sh", "-c", command],
                cwd=project,
                env={**os.environ, "PATH": path, "PYTHONPATH": str(markdown.ROOT)},
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
            )
            assert done.returncode == 0, done.stdout
            output += done.stdout
        assert sessions.differences(step.shown, output) == [], output
