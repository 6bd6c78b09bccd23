"""Jobs whose wheels are not installed ahead get an interpreter with the packages of their lock file."""

import hashlib
import sys
import threading
import zipfile
from pathlib import Path

import pytest

from mdlc_local.sagemaker.containers.images import Runtime
from mdlc_local.sagemaker.containers.job_wheels import with_packages

LOCK = b"tiny==1\n"
PREPARE = (sys.executable, "-c", "import sys; open(sys.argv[1]).read(); print(sys.executable)")


@pytest.fixture
def inputs(tmp_path: Path) -> Path:
    folder = tmp_path / "input" / "wheels"
    folder.mkdir(parents=True)
    with zipfile.ZipFile(folder / "wheels.zip", "w") as archive:
        archive.writestr("requirements.lock", LOCK)
    (folder / "other.zip").write_text("no zip")
    return tmp_path / "input"


def asked(runtime: Runtime, inputs: Path) -> Runtime:
    return with_packages(runtime, inputs, inputs.parent, lambda _: None, threading.Event())


def test_a_lock_that_is_not_installed_ahead_is_prepared(inputs: Path) -> None:
    runtime = Runtime(python="bare", prepare=PREPARE, environment={"A": "1"})
    made = asked(runtime, inputs)
    assert made.python == sys.executable
    assert made.environment == {"A": "1", "MDLC_INSTALLED_LOCK": hashlib.sha256(LOCK).hexdigest()}


def test_other_jobs_keep_the_interpreter(inputs: Path) -> None:
    known = frozenset([hashlib.sha256(LOCK).hexdigest()])
    for runtime in (
        Runtime(python="bare"),
        Runtime(python="bare", prepare=PREPARE, locks=known),
    ):
        assert asked(runtime, inputs) is runtime
    bare = Runtime(python="bare", prepare=PREPARE)
    assert asked(bare, inputs.parent / "nothing") is bare
