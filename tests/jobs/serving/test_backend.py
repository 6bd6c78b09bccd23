import io
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

from jobs.serving.archive import pack
from jobs.serving.backend import build_wheel
from tests.jobs.serving.test_serve import PROGRAM


@pytest.fixture
def code(tmp_path: Path) -> Path:
    """The script's folder as the image has it: with the setup.py that it adds."""
    with tarfile.open(fileobj=io.BytesIO(pack(PROGRAM)), mode="r:gz") as archive:
        archive.extractall(tmp_path, filter="data")
    (tmp_path / "code" / "setup.py").write_text("from setuptools import setup\nsetup(packages=[''])\n")
    return tmp_path / "code"


def test_the_wheel_holds_every_module(code: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(code)
    name = build_wheel(str(tmp_path))
    with zipfile.ZipFile(tmp_path / name) as wheel:
        modules = [path for path in wheel.namelist() if path.endswith(".py")]
    assert modules == [
        "jobs/__init__.py",
        "jobs/errors.py",
        "jobs/serving/__init__.py",
        "jobs/serving/program.py",
        "jobs/serving/recordio.py",
        "jobs/serving/values.py",
        "mdlc_constructs/__init__.py",
        "mdlc_constructs/settings/__init__.py",
        "mdlc_constructs/settings/payloads/__init__.py",
        "mdlc_constructs/settings/payloads/answer_formats.py",
        "serve.py",
    ]


@pytest.mark.slow
def test_pip_installs_the_folder_without_a_network(code: Path, tmp_path: Path) -> None:
    installed = tmp_path / "installed"
    command = [sys.executable, "-m", "pip", "install", ".", "--no-index", "--target", str(installed)]
    done = subprocess.run(command, cwd=code, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    run = [sys.executable, "-I", "-S", "-c", "import sys; sys.path.insert(0, sys.argv[1]); import serve"]
    done = subprocess.run([*run, str(installed)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
