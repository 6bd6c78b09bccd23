"""The server process: it starts alone, says when it is ready, and leaves nothing behind however it ends."""

import json
import logging
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from mdlc_local.server import OneLine
from tests.local.embedded import PACKAGE, Server, embedded_python, free_port, start

Starts = Callable[..., Server]

JOB_IMAGE = "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-scikit-learn:1.4-2-py312"


@pytest.fixture
def starts(tmp_path: Path) -> Iterator[Starts]:
    """Starts servers that end with the test."""
    started: list[Server] = []

    def one(*options: str) -> Server:
        started.append(start(tmp_path / f"state-{len(started)}", *options))
        return started[-1]

    yield one
    for server in started:
        if server.process.poll() is None:
            server.process.kill()
            server.process.wait(10)


def lives(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def gone(pid: int, timeout_seconds: float = 15) -> bool:
    deadline = time.monotonic() + timeout_seconds
    while lives(pid) and time.monotonic() < deadline:
        time.sleep(0.05)
    return not lives(pid)


def run_job(server: Server, folder: Path) -> int:
    """Start a processing job that sleeps and has a child of its own; returns the child's process id."""
    trust = {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"Service": "sagemaker.amazonaws.com"},
                "Action": "sts:AssumeRole",
            }
        ],
    }
    role = server.client("iam").create_role(RoleName="job", AssumeRolePolicyDocument=json.dumps(trust))[
        "Role"
    ]
    logs = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "logs:*", "Resource": "*"}]}
    server.client("iam").put_role_policy(RoleName="job", PolicyName="logs", PolicyDocument=json.dumps(logs))
    file = folder / "pid"
    program = (
        "import pathlib, subprocess, time; child = subprocess.Popen(['sleep', '600']); "
        f"pathlib.Path({str(file)!r}).write_text(str(child.pid)); time.sleep(600)"
    )
    server.client("sagemaker").create_processing_job(
        ProcessingJobName="sleeps",
        RoleArn=role["Arn"],
        AppSpecification={"ImageUri": JOB_IMAGE, "ContainerEntrypoint": ["python3", "-c", program]},
        ProcessingResources={
            "ClusterConfig": {"InstanceCount": 1, "InstanceType": "ml.m5.large", "VolumeSizeInGB": 1}
        },
    )
    deadline = time.monotonic() + 20
    while not file.exists() or not file.read_text():
        assert time.monotonic() < deadline, "the job did not start"
        time.sleep(0.02)
    return int(file.read_text())


@pytest.fixture
def images(tmp_path: Path) -> str:
    path = tmp_path / "images.json"
    path.write_text(json.dumps({"scikit-learn": {"python": embedded_python()}}))
    return str(path)


def test_says_when_it_is_ready(starts: Starts) -> None:
    server = starts()
    ready = json.loads((server.state_dir / "ready.json").read_text())
    assert ready["endpoint"] == server.endpoint
    assert ready["pid"] == server.process.pid
    assert ready["iam"] is True
    assert {"ministack", "moto", "boto3"} <= set(ready["versions"])
    assert server.control("GET", "health") == ready
    assert "ready on" in (server.state_dir / "server.log").read_text()
    assert (server.state_dir / "output.txt").read_text() == ""


def test_listens_on_one_loopback_address_only(starts: Starts) -> None:
    server = starts()
    with socket.socket() as other:
        assert other.connect_ex(("127.0.0.2", server.port)) != 0


def test_refuses_a_taken_port_in_one_sentence(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        refused = subprocess.run(
            [embedded_python(), str(PACKAGE), "--port", str(port), "--state-dir", str(tmp_path)],
            capture_output=True,
            text=True,
            timeout=30,
        )
    assert refused.returncode == 2
    assert refused.stderr.splitlines() == [
        f"port {port} on 127.0.0.1 is taken: end what listens there or choose another with --port"
    ]


def test_sees_nothing_beside_its_folder(tmp_path: Path) -> None:
    site = tmp_path / "site-packages"
    shutil.copytree(PACKAGE, site / "mdlc_local", ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("boto3", "ministack", "sagemaker", "hypercorn", "server"):
        (site / f"{name}.py").write_text(f"raise ImportError('{name} of another environment')")
    port, state_dir = free_port(), tmp_path / "state"
    process = subprocess.Popen(
        [embedded_python(), str(site / "mdlc_local"), "--port", str(port), "--state-dir", str(state_dir)],
        cwd=site,
        stderr=subprocess.PIPE,
    )
    try:
        deadline = time.monotonic() + 60
        while not (state_dir / "ready.json").exists():
            assert process.poll() is None, process.stderr and process.stderr.read().decode()
            assert time.monotonic() < deadline
            time.sleep(0.05)
    finally:
        process.terminate()
        process.communicate(timeout=20)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGKILL])
def test_nothing_is_left_running(starts: Starts, images: str, tmp_path: Path, number: signal.Signals) -> None:
    server = starts("--images", images)
    child = run_job(server, tmp_path)
    assert lives(child)
    started = time.monotonic()
    server.process.send_signal(number)
    server.process.wait(20)
    assert gone(child), "a child of the job outlived the server"
    assert time.monotonic() - started < 12
    if number != signal.SIGKILL:
        assert server.process.returncode == 0
        assert not (server.state_dir / "ready.json").exists()


def test_ends_with_its_parent(tmp_path: Path) -> None:
    parent = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    server = start(tmp_path / "state", "--parent-pid", str(parent.pid))
    assert server.process.poll() is None
    parent.kill()
    parent.wait()
    assert server.process.wait(20) == 0


def test_ends_when_nobody_uses_it(starts: Starts) -> None:
    server = starts("--idle-minutes", "0.02")
    assert server.process.wait(20) == 0


def test_iam_can_be_switched_off(starts: Starts) -> None:
    server = starts("--no-iam")
    assert json.loads((server.state_dir / "ready.json").read_text())["iam"] is False
    role = server.client("iam").create_role(RoleName="none", AssumeRolePolicyDocument="{}")["Role"]["Arn"]
    credentials = server.assume(role)
    server.client("s3", credentials=credentials).list_buckets()


def test_an_unknown_control_path_is_an_error(server: Any) -> None:
    with pytest.raises(urllib.error.HTTPError, match="404"):
        server.control("GET", "nothing")
    with pytest.raises(urllib.error.HTTPError, match="400"):
        server.control("POST", "deny", {"role": "x"})


def test_ignores_the_users_own_aws_settings(starts: Starts, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_PROFILE", "no-such-profile")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAREALREALREAL")
    monkeypatch.setenv("AWS_SESSION_TOKEN", "real")
    server = starts()
    assert os.environ["AWS_PROFILE"] == "no-such-profile"
    monkeypatch.delenv("AWS_PROFILE")
    assert server.client("sts").get_caller_identity()["Account"] == "000000000000"


def test_what_a_caller_sends_begins_no_line_in_the_servers_log() -> None:
    record = logging.LogRecord("x", logging.WARNING, "", 0, "%s failed", ("a\n2024 INFO fine\x1b[2J",), None)
    line = OneLine("%(levelname)s %(message)s").format(record)
    assert line == "WARNING a\\u000a2024 INFO fine\\u001b[2J failed"
