import hashlib
import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from jobs.bootstrap import ensure_dependencies, private_cache
from jobs.errors import JobError

pytestmark = pytest.mark.slow


@pytest.fixture(autouse=True)
def apart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A cache and a search path of the test's own."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "cache"))
    (tmp_path / "cache").mkdir()
    monkeypatch.setattr(sys, "path", list(sys.path))
    monkeypatch.delenv("PIP_FIND_LINKS", raising=False)


def wheel(folder: Path, name: str = "tiny_thing", version: str = "1.0") -> Path:
    """The smallest wheel there is: one module."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}-{version}-py3-none-any.whl"
    info = f"{name}-{version}.dist-info"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(f"{name}.py", f"VERSION = {version!r}\n")
        archive.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
        archive.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        archive.writestr(f"{info}/RECORD", "")
    return path


def bundle(folder: Path, made: Path, *, inside: bool = True, digest: str | None = None) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    digest = digest or hashlib.sha256(made.read_bytes()).hexdigest()
    with zipfile.ZipFile(folder / "wheels.zip", "w") as archive:
        archive.writestr("requirements.lock", f"tiny-thing==1.0 --hash=sha256:{digest}\n")
        if inside:
            archive.write(made, made.name)
    return folder


def test_wheels_are_installed_once_and_come_first(tmp_path: Path) -> None:
    folder = bundle(tmp_path / "wheels", wheel(tmp_path / "made"))
    installed = ensure_dependencies(folder)
    assert installed is not None
    assert sys.path[0] == str(installed)
    assert (installed / "tiny_thing.py").read_text() == "VERSION = '1.0'\n"
    before = installed.stat().st_mtime_ns
    assert ensure_dependencies(folder) == installed
    assert installed.stat().st_mtime_ns == before
    assert [path.name for path in private_cache().iterdir()] == [installed.name]


def test_wheels_of_another_platform_come_from_a_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = wheel(tmp_path / "elsewhere")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path / "elsewhere"))
    installed = ensure_dependencies(bundle(tmp_path / "wheels", made, inside=False))
    assert installed is not None
    assert (installed / "tiny_thing.py").exists()


def test_a_wheel_that_is_not_the_locked_one_is_refused(tmp_path: Path) -> None:
    folder = bundle(tmp_path / "wheels", wheel(tmp_path / "made"), digest="0" * 64)
    with pytest.raises(JobError, match="could not be installed"):
        ensure_dependencies(folder)
    assert list(private_cache().iterdir()) == []


def test_without_wheels_nothing_is_done(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SAGEMAKER_BASE_DIR", str(tmp_path))
    before = list(sys.path)
    assert ensure_dependencies() is None
    assert sys.path == before


def test_several_zips_or_a_zip_without_a_lock_are_refused(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("x", "")
    with pytest.raises(JobError, match=r"holds no requirements\.lock"):
        ensure_dependencies(tmp_path)
    (tmp_path / "b.zip").write_bytes((tmp_path / "a.zip").read_bytes())
    with pytest.raises(JobError, match="holds 2 zips"):
        ensure_dependencies(tmp_path)


def test_a_cache_that_others_can_write_to_is_refused(tmp_path: Path) -> None:
    cache = private_cache()
    assert cache.stat().st_mode & 0o777 == 0o700
    cache.chmod(0o777)
    with pytest.raises(JobError, match="open to other users"):
        private_cache()


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "WHEELS holds 2 zips of wheels: the job takes one."),
        (b"no zip at all", "BadZipFile: File is not a zip file"),
    ],
)
def test_broken_wheels_leave_an_exit_message(tmp_path: Path, content: bytes | None, said: str) -> None:
    wheels = tmp_path / "processing" / "input" / "wheels"
    wheels.mkdir(parents=True)
    for name in ("a.zip", "b.zip") if content is None else ("a.zip",):
        (wheels / name).write_bytes(content or b"")
    done = subprocess.run(
        [sys.executable, "-m", "jobs", "quality"],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "SAGEMAKER_BASE_DIR": str(tmp_path)},
    )
    assert done.returncode == 1
    left = json.loads((tmp_path / "output" / "message").read_text())
    assert left["passed"] is False
    assert left["reasons"] == [said.replace("WHEELS", str(wheels))]
    assert said.split()[-1] in done.stderr


def test_the_zip_with_the_jobs_runs_by_itself(tmp_path: Path) -> None:
    archive = tmp_path / "jobs.zip"
    source = Path("jobs").resolve()
    with zipfile.ZipFile(archive, "w") as opened:
        opened.writestr(
            "__main__.py", "import runpy\nrunpy.run_module('jobs', run_name='__main__', alter_sys=True)\n"
        )
        for path in source.glob("*.py"):
            opened.write(path, f"jobs/{path.name}")
    done = subprocess.run(
        [sys.executable, str(archive), "quality", "--help"],
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
    )
    assert done.returncode == 0, done.stderr
    assert "python -m jobs quality" in done.stdout


def test_packages_that_the_interpreter_has_are_not_installed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = bundle(tmp_path / "wheels", wheel(tmp_path / "made"))
    with zipfile.ZipFile(folder / "wheels.zip") as archive:
        lock = archive.read("requirements.lock")
    monkeypatch.setenv("MDLC_INSTALLED_LOCK", hashlib.sha256(lock).hexdigest())
    before = list(sys.path)
    assert ensure_dependencies(folder) is None
    assert sys.path == before
