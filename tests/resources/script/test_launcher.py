"""The program that runs a team's script in a framework image: `mdlc_train.py`."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from mdlc_constructs.resources.script import launcher

SAVES = """
import os, pathlib, sys
import own
print(__name__, sys.argv[1:], os.getcwd() == str(pathlib.Path(__file__).parent))
pathlib.Path(os.environ["SM_MODEL_DIR"], "model.txt").write_text(own.NAME)
"""


def run(at: Path, script: str, *arguments: str) -> "subprocess.CompletedProcess[str]":
    code = at / "code"
    code.mkdir()
    (at / "model").mkdir()
    (code / "train.py").write_text(script)
    (code / "own.py").write_text('NAME = "own"\n')
    shutil.copy(launcher.__file__, code / "mdlc_train.py")
    variables = {
        "MDLC_ENTRY_POINT": "train.py",
        "SM_MODEL_DIR": str(at / "model"),
        "SM_OUTPUT_DIR": str(at / "output"),
    }
    return subprocess.run(
        [sys.executable, "mdlc_train.py", *arguments],
        cwd=code,
        env={**os.environ, **variables},
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_script_runs_as_the_program_and_its_code_is_shipped(tmp_path: Path) -> None:
    done = run(tmp_path, SAVES + "\nsys.exit(0)\n", "--depth", "3")
    assert done.returncode == 0, done.stderr
    assert done.stdout == "__main__ ['--depth', '3'] True\n"
    shipped = [path.name for path in sorted((tmp_path / "model" / "code").iterdir())]
    assert shipped == ["mdlc_train.py", "own.py", "train.py"]
    assert not (tmp_path / "output").exists()


def test_code_that_the_script_saved_itself_stays(tmp_path: Path) -> None:
    own = 'p = pathlib.Path(os.environ["SM_MODEL_DIR"], "code"); p.mkdir(); (p / "own.py").write_text("1")'
    assert run(tmp_path, f"{SAVES}\n{own}\n").returncode == 0
    assert (tmp_path / "model" / "code" / "own.py").read_text() == "1"
    assert (tmp_path / "model" / "code" / "train.py").is_file()


@pytest.mark.parametrize(
    ("script", "reason"),
    [
        ("x = 1\n\nraise ValueError('no rows')\n", "train.py, line 3: ValueError: no rows"),
        ("import sys\nsys.exit(3)\n", "train.py ended with 3."),
        ("pass\n", "train.py left no file in SM_MODEL_DIR"),
    ],
)
def test_a_failure_is_the_jobs_reason(tmp_path: Path, script: str, reason: str) -> None:
    assert run(tmp_path, script).returncode != 0
    assert (tmp_path / "output" / "failure").read_text().startswith(reason)
    assert not (tmp_path / "model" / "code").exists()


def test_a_reason_that_the_script_wrote_stays(tmp_path: Path) -> None:
    (tmp_path / "output").mkdir()
    (tmp_path / "output" / "failure").write_text("mine")
    assert run(tmp_path, "1 / 0\n").returncode == 1
    assert (tmp_path / "output" / "failure").read_text() == "mine"
