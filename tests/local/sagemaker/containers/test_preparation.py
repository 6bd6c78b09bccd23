import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from mdlc_local import children
from mdlc_local.sagemaker.containers.preparation import Preparation, PullStoppedError
from mdlc_local.sagemaker.faults import JobFailedError

NEVER = threading.Event()


@pytest.fixture(autouse=True, scope="module")
def warden() -> Iterator[None]:
    """Ends the warden that the first child process starts."""
    yield
    if children._warden is not None and children._warden.stdin is not None:
        children._warden.stdin.close()
        children._warden.wait(20)
        children._warden = None


def preparation(tmp_path: Path, code: str) -> Preparation:
    script = tmp_path / "make.py"
    script.write_text(f"import os, sys, time\n{code}")
    return Preparation(what="kmeans: library 1, 2 MB", command=(sys.executable, str(script)))


def test_it_runs_once_for_all_that_wait(tmp_path: Path) -> None:
    code = "print('a', file=sys.stderr); open('%s', 'a').write('x'); time.sleep(0.2); print(sys.executable)"
    made = preparation(tmp_path, code % (tmp_path / "ran"))
    notes: list[str] = []
    with ThreadPoolExecutor(3) as pool:
        paths = list(pool.map(lambda _: made.python(notes.append, NEVER), range(3)))
    assert paths == [sys.executable] * 3
    assert (tmp_path / "ran").read_text() == "x"
    assert notes == ["Pulling the local runtime of kmeans: library 1, 2 MB", "a"]


def test_its_credentials_stay_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    code = "sys.exit('seen' if 'AWS_SECRET_ACCESS_KEY' in os.environ else print(sys.executable))"
    assert preparation(tmp_path, code).python(lambda line: None, NEVER) == sys.executable


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        (
            "print('first', file=sys.stderr); sys.exit('the index does not answer')",
            "the index does not answer",
        ),
        ("sys.exit(3)", "ended with status 3"),
        ("print('/nowhere')", "its command printed '/nowhere', which is no interpreter"),
    ],
)
def test_what_fails_is_one_sentence(tmp_path: Path, code: str, reason: str) -> None:
    with pytest.raises(JobFailedError) as caught:
        preparation(tmp_path, code).python(lambda line: None, NEVER)
    sentence = str(caught.value)
    assert sentence.startswith(
        "ClientError: the local runtime of kmeans: library 1, 2 MB could not be made: "
    )
    assert sentence.endswith(reason) and "\n" not in sentence


def test_a_command_that_does_not_exist(tmp_path: Path) -> None:
    with pytest.raises(JobFailedError, match="cannot start '/no/such/program'"):
        Preparation(what="it", command=("/no/such/program",)).python(lambda line: None, NEVER)


def test_a_stopped_job_ends_the_command(tmp_path: Path) -> None:
    stop = threading.Event()
    started = time.monotonic()
    threading.Timer(0.3, stop.set).start()
    with pytest.raises(PullStoppedError):
        preparation(tmp_path, "time.sleep(60)").python(lambda line: None, stop)
    assert time.monotonic() - started < 20
