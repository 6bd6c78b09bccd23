from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import typer

from mdlc_cli.aws import absence, local
from mdlc_cli.commands import local_aws
from mdlc_cli.errors import CommandError
from mdlc_cli.tools import processes, toolchain

pytestmark = pytest.mark.slow

REPOSITORY = Path(__file__).resolve().parents[3]
RUNTIME = toolchain.JobsRuntime.within(Path("/runtime"))


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setattr(toolchain, "jobs_runtime", lambda: RUNTIME)
    yield tmp_path
    local.down(tmp_path)


def up(project: Path) -> local.Server:
    # Should this process be killed, the server ends with it.
    server, started = local.up(project, parent_pid=os.getpid())
    assert started
    return server


def test_up_is_idempotent_and_down_leaves_nothing(project: Path) -> None:
    server = up(project)
    assert local.up(project) == (server, False)
    assert local.find(project) == server
    assert server.iam
    assert 0 <= server.uptime_seconds < 60
    mark = (local.MARK, str(absence.state_folder(project)))
    assert processes.family([], mark=mark)

    assert local.down(project) >= 1
    assert local.find(project) is None
    assert processes.family([], mark=mark) == set()
    with pytest.raises(OSError, match="refused"):
        urllib.request.urlopen(server.endpoint, timeout=2)
    assert local.down(project) == 0


def test_a_killed_server_leaves_nothing_in_the_way_of_the_next_and_it_is_said(
    project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(project)
    (project / "mdlc.toml").touch()
    first = up(project)
    folder = absence.state_folder(project)
    for left in ("jobs/train-1/ml", "endpoints/e", "temporary/ministack-lambda-f-1"):
        (folder / left).mkdir(parents=True, exist_ok=True)
    (folder / "jobs" / "train-1" / "ml" / "model").write_bytes(b"x" * 1000)
    os.kill(first.pid, signal.SIGKILL)
    _wait(lambda: local.find(project) is None)
    capsys.readouterr()
    with pytest.raises(typer.Exit):
        local_aws.status()
    said = "was killed, and what was deployed and stored in it is gone"
    assert said in " ".join(capsys.readouterr().err.split())
    second = up(project)
    assert said in " ".join(capsys.readouterr().err.split())
    assert second.pid != first.pid
    assert second.secret != first.secret
    assert not (folder / "jobs").exists()
    assert not (folder / "endpoints").exists()
    assert not (folder / "temporary" / "ministack-lambda-f-1").exists()


def test_the_environment_of_a_shell_reaches_the_local_aws_and_no_other(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(project)
    with pytest.raises(CommandError, match="start it with `mdlc local up`"):
        local_aws.env()
    server = up(project)
    mdlc = f"{sys.executable} -m mdlc_cli local env"
    aws = f'{sys.executable} -c \'import boto3; print(boto3.client("sts").get_caller_identity()["Arn"])\''
    shell = {**os.environ, "AWS_PROFILE": "production", "AWS_SESSION_TOKEN": "token"}
    said = subprocess.run(
        ["/bin/sh", "-c", f'eval "$({mdlc})" && echo "$AWS_ENDPOINT_URL [$AWS_PROFILE]" && {aws}'],
        env={**shell, "PYTHONPATH": str(REPOSITORY)},
        capture_output=True, text=True, check=True, cwd=project,
    ).stdout.splitlines()  # fmt: skip
    assert said == [f"{server.endpoint} []", "arn:aws:iam::000000000000:root"]


def test_a_server_ends_with_the_process_it_belongs_to(project: Path) -> None:
    owner = os.fork()
    if owner == 0:
        time.sleep(120)
        os._exit(0)
    try:
        local.up(project, parent_pid=owner)
    finally:
        os.kill(owner, signal.SIGKILL)
        os.waitpid(owner, 0)
    _wait(lambda: local.find(project) is None)


def test_another_port_than_the_running_ones_is_refused(project: Path) -> None:
    up(project)
    with pytest.raises(
        CommandError, match=r"port=9 is asked for, but a local AWS runs at .*: run `mdlc local down`"
    ):
        local.up(project, port=9)


def test_a_taken_port_is_said_and_nothing_stays_behind(project: Path) -> None:
    with socket.socket() as taken:
        taken.bind((local.HOST, 0))
        taken.listen()
        with pytest.raises(CommandError, match="ended with status 2 while starting") as caught:
            local.up(project, port=taken.getsockname()[1])
    assert "is taken" in caught.value.detail
    assert local.down(project) == 0


def test_two_projects_run_side_by_side(project: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    other = tmp_path_factory.mktemp("other")
    first = up(project)
    try:
        second = up(other)
        assert second.endpoint != first.endpoint
    finally:
        local.down(other)
    assert local.find(project) == first


def test_two_starts_at_once_make_one_server(project: Path) -> None:
    found: list[tuple[local.Server, bool]] = []
    threads = [threading.Thread(target=lambda: found.append(local.up(project))) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(started for _, started in found) == [False, True]
    assert found[0][0] == found[1][0]


def test_a_free_port_is_not_one_that_something_listens_on() -> None:
    with socket.socket() as taken:
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        taken.bind((local.HOST, local.free_port()))
        taken.listen()
        assert local.free_port() != taken.getsockname()[1]


def test_images_are_the_jobs_runtime_and_what_the_project_registers(tmp_path: Path) -> None:
    (tmp_path / "mdlc.toml").write_text(
        '[[local.images]]\nmatch = "/own:"\nserve = ["python3", "serve.py"]\n'
    )
    registry = json.loads(json.dumps(local.images_registry(tmp_path, RUNTIME)))
    assert all(len(digest) == 64 for digest in registry["scikit-learn"].pop("locks"))
    assert registry["scikit-learn"] == {
        "python": "/runtime/venv/bin/python",
        "environment": {"PIP_FIND_LINKS": "/runtime/wheels", "MDLC_JOB_PACKAGES": "/runtime/packages"},
    }
    assert registry["images"] == [{"match": "/own:", "serve": ["python3", "serve.py"]}]


def test_a_project_says_how_fast_its_local_aws_waits(
    project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    started: list[list[str]] = []

    def start(root: Path, program: Path, flags: list[str], port: int | None, scale: float) -> local.Server:
        assert scale == 20
        started.append(flags)
        now = datetime.now(UTC)
        return local.Server(
            endpoint="http://127.0.0.1:1", secret="s", pid=1, started_at=now, iam=True, versions={}
        )

    monkeypatch.setattr(local, "_start", start)
    (project / "mdlc.toml").write_text("[local]\ntime_scale = 20")
    local.up(project, extra_arguments=("--no-iam",))
    (flags,) = started
    assert flags[flags.index("--time-scale") + 1] == "20.0"
    assert flags[-1] == "--no-iam"
    assert "waits 20 times as fast: mdlc.toml" in capsys.readouterr().err


def _wait(happened: Callable[[], bool], seconds: float = 15) -> None:
    deadline = time.monotonic() + seconds
    while not happened():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.05)


@pytest.mark.parametrize(("scale", "says"), [(1.0, True), (20.0, False)])
def test_a_local_aws_that_waits_in_real_time_says_so_and_what_to_write(
    project: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    scale: float,
    says: bool,
) -> None:
    monkeypatch.chdir(project)
    server = local.Server(
        endpoint="http://127.0.0.1:1", secret="s", pid=1, started_at=datetime.now(UTC), iam=True,
        versions={}, time_scale=scale,
    )  # fmt: skip
    monkeypatch.setattr(local, "up", lambda root, **_: (server, True))
    local_aws.up()
    printed = " ".join(capsys.readouterr().err.split())
    assert (local_aws.IN_REAL_TIME in printed) == says
    assert "write `[local]` and below it `time_scale = 20` into mdlc.toml" in local_aws.IN_REAL_TIME


def test_an_image_with_a_lock_file_runs_in_the_environment_of_its_packages(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "own.lock").write_text("own==1\n")
    (tmp_path / "mdlc.toml").write_text(
        '[[local.images]]\nmatch = "/own:"\nrequirements = "./own.lock"\ntrain = ["python3", "train.py"]\n'
    )
    made: list[Path] = []

    def environment(folder: Path, title: str, lock: Path) -> Path:
        made.append(lock)
        return folder / "venv" / "bin" / "python"

    monkeypatch.setattr(toolchain, "_environment", environment)
    (image,) = local.images_registry(tmp_path, RUNTIME)["images"]
    assert made == [tmp_path / "own.lock"]
    assert set(image) == {"match", "python", "train"}
    assert "/image-" in image["python"]


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ('python = "python3"', r"mdlc\.toml: the table has python too; keep one of them"),
        ("", r"mdlc\.toml: there is no file .*own\.lock; lock the image's packages into it"),
    ],
)
def test_a_lock_file_that_cannot_be_used_is_told(tmp_path: Path, line: str, message: str) -> None:
    (tmp_path / "mdlc.toml").write_text(
        f'[[local.images]]\nmatch = "/own:"\nrequirements = "./own.lock"\n{line}\n'
    )
    with pytest.raises(CommandError, match=message):
        local.images_registry(tmp_path, RUNTIME)
