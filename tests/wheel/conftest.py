"""The wheel as it would be published, and an environment that holds it and nothing of this clone."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
import uv

ROOT = Path(__file__).resolve().parent.parent.parent


@dataclass(frozen=True, kw_only=True)
class Installed:
    """An environment with the wheel in it."""

    python: Path

    def run(
        self, *arguments: str | Path, folder: Path, **environment: str
    ) -> subprocess.CompletedProcess[str]:
        """Runs the environment's Python in ``folder``, with nothing of this clone in reach."""
        kept = {
            name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "VIRTUAL_ENV")
        }
        return subprocess.run(
            [str(self.python), *map(str, arguments)], cwd=folder, capture_output=True, text=True,
            env={**kept, "PATH": "/usr/bin:/bin", **environment},
        )  # fmt: skip


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of this clone, built by the locked hatchling."""
    folder = tmp_path_factory.mktemp("dist")
    done = subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(folder)],
        cwd=ROOT, capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="session")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Installed:
    """A fresh environment with the wheel and all extras, in the locked versions."""
    return install(f"{wheel}[cli,nag]", tmp_path_factory.mktemp("elsewhere"))


@pytest.fixture(scope="session")
def bare(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Installed:
    """A fresh environment with the wheel and no extra."""
    return install(str(wheel), tmp_path_factory.mktemp("bare"))


def install(requirement: str, folder: Path) -> Installed:
    """An environment that holds a requirement and what it names, in the locked versions."""
    pins = re.findall(
        r"^\S+==\S+(?: ; [^\\]+)?", (ROOT / "requirements.lock").read_text(), flags=re.MULTILINE
    )
    constraints = folder / "constraints.txt"
    constraints.write_text("\n".join(pins))
    venv = folder / "venv"
    kept = {name: value for name, value in os.environ.items() if name != "VIRTUAL_ENV"}
    python = venv / "bin" / "python"
    for command in (
        ["venv", "--quiet", "--no-project", "--python", sys.executable, venv],
        ["pip", "install", "--quiet", "--python", python, "--constraints", constraints, requirement],
    ):
        done = subprocess.run(
            [uv.find_uv_bin(), *map(str, command)], cwd=folder, capture_output=True, text=True, env=kept
        )
        assert done.returncode == 0, done.stderr
    return Installed(python=python)
