"""Starts, finds and stops a project's local AWS: one server process, in its own process session."""

from __future__ import annotations

import contextlib
import hashlib
import json
import socket
import subprocess
import sys
import time
import urllib.request
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from mdlc_cli import places
from mdlc_cli.aws import absence, settings_file
from mdlc_cli.aws.absence import Absence, document, state_folder
from mdlc_cli.errors import CommandError
from mdlc_cli.output import progress
from mdlc_cli.tools import cache, docker, image_environment, processes, toolchain
from mdlc_cli.tools.tool_process import clean_environment

HOST = "127.0.0.1"
ACCOUNT = "000000000000"
REGION = "us-east-1"
PREFERRED_PORTS = range(4566, 4600)
IDLE_MINUTES = 480.0
"""Minutes without a request after which the server stops."""
START_SECONDS = 90.0
GRACE_SECONDS = 12.0
MARK = "MDLC_LOCAL_STATE"
_PORT_TAKEN = 2
_SHOWN_LINES = 20

# References that keep the handles of running servers from being garbage-collected.
_launched: list[subprocess.Popen[bytes]] = []


@dataclass(frozen=True, kw_only=True)
class Server:
    """A running local AWS, described by its ``ready.json``.

    ``secret`` is its secret access key, which allows every action on it.
    """

    endpoint: str
    secret: str = field(repr=False)
    pid: int
    started_at: datetime
    iam: bool
    versions: dict[str, str]
    time_scale: float = 1.0

    @property
    def uptime_seconds(self) -> float:
        """Seconds since the server started."""
        return (datetime.now(UTC) - self.started_at).total_seconds()


def find(root: Path) -> Server | None:
    """The running local AWS of the project at ``root``, or None when none answers."""
    facts = document(state_folder(root) / "ready.json")
    secret = _secret(root)
    if facts is None or secret is None:
        return None
    answered = ask(str(facts["endpoint"]), "health", secret)
    # Another server may use the port of one that was killed; the process id distinguishes them.
    if answered is None or answered.get("pid") != facts["pid"]:
        return None
    return Server(
        endpoint=str(facts["endpoint"]),
        secret=secret,
        pid=int(facts["pid"]),
        started_at=datetime.fromisoformat(str(facts["started_at"])),
        iam=bool(facts.get("iam")),
        versions=dict(facts.get("versions", {})),
        time_scale=float((document(state_folder(root) / "launch.json") or {}).get("time_scale", 1)),
    )


def ask(endpoint: str, name: str, secret: str) -> dict[str, Any] | None:
    """The server's JSON answer to ``GET /_mdlc/<name>``, or None when it does not answer in time."""
    # Imported here because importing botocore takes 0.25 s, which `mdlc --help` need not wait for.
    from botocore.auth import SigV4Auth
    from botocore.awsrequest import AWSRequest
    from botocore.credentials import Credentials

    # A proxy that environment variables configure must not be used for the loopback address.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    url = f"{endpoint}/_mdlc/{name}"
    signed = AWSRequest(method="GET", url=url)
    SigV4Auth(Credentials(ACCOUNT, secret), "mdlc", REGION).add_auth(signed)
    asked = urllib.request.Request(url, headers=dict(signed.headers.items()))
    try:
        with opener.open(asked, timeout=absence.ANSWER_SECONDS) as response:
            content: dict[str, Any] = json.load(response)
    except (OSError, ValueError):
        return None
    return content


def up(
    root: Path,
    *,
    port: int | None = None,
    parent_pid: int | None = None,
    idle_minutes: float = IDLE_MINUTES,
    extra_arguments: tuple[str, ...] = (),
) -> tuple[Server, bool]:
    """Starts the local AWS of the project at ``root`` unless it runs already, and waits until it answers.

    Args:
        root: the project's folder.
        port: TCP port on the loopback address; by default a free one, 4566 when possible.
        parent_pid: id of a process; the server stops when that process ends.
        idle_minutes: minutes without a request after which the server stops.
        extra_arguments: further command-line flags of ``mdlc_local``.

    Returns:
        The server, and whether it was started by this call.

    Raises:
        CommandError: it already runs on another port than ``port``, does not answer, or does not start.
    """
    folder = state_folder(root)
    with cache.locked(folder.with_name("local.lock")):
        server = find(root)
        if server is not None:
            if port is not None and not server.endpoint.endswith(f":{port}"):
                raise CommandError(
                    f"port={port} is asked for, but a local AWS runs at {server.endpoint}: "
                    "run `mdlc local down` first"
                )
            return server, False
        why = absence.absence(root)
        if why is Absence.SILENT:
            raise CommandError(absence.sentence(root))
        if why in (Absence.KILLED, Absence.ENDED):
            progress.stderr_console().print(f"The last local AWS of {root} {why.value}", markup=False)
        # Processes that a killed server left running would occupy ports and files of the new one.
        _end_all(root)
        program = toolchain.embedded_python()
        runtime = toolchain.jobs_runtime()
        folder.mkdir(parents=True, exist_ok=True)
        # It holds the server's logs and secret access key, which other users must not read.
        folder.chmod(0o700)
        images = folder / "images.json"
        images.write_text(json.dumps(images_registry(root, runtime), indent=1))
        scale = settings_file.time_scale(root)
        repositories = folder / "repositories.json"
        repositories.write_text(json.dumps(settings_file.repositories(root), indent=1))
        flags = ["--images", str(images), "--idle-minutes", str(idle_minutes), "--time-scale", str(scale)]
        flags += ["--repositories", str(repositories), "--docker", docker.program()]
        flags += extra_arguments
        if parent_pid is not None:
            flags += ["--parent-pid", str(parent_pid)]
        with progress.step("starting the local AWS") as step:
            server = _start(root, program, flags, port, scale)
            step.summary = server.endpoint
            if scale != 1:
                step.summary += f", waits {scale:g} times as fast: {places.SETTINGS_FILE}"
        return server, True


def down(root: Path) -> int:
    """Stops the local AWS of the project at ``root`` and every process it started.

    Returns:
        How many processes were ended; 0 when nothing ran.

    Raises:
        CommandError: a process survived even SIGKILL.
    """
    folder = state_folder(root)
    with cache.locked(folder.with_name("local.lock")):
        count = _end_all(root)
        (folder / "ready.json").unlink(missing_ok=True)
        (folder / "launch.json").unlink(missing_ok=True)
    return count


def images_registry(root: Path, runtime: toolchain.JobsRuntime) -> dict[str, Any]:
    """The content of ``images.json``: which local program replaces which container image.

    Raises:
        CommandError: an image has both ``python`` and ``requirements``, or no such lock file.
    """
    return {
        "scikit-learn": {
            "python": str(runtime.python),
            "environment": runtime.environment,
            "locks": [
                hashlib.sha256(lock.read_bytes()).hexdigest()
                for lock in sorted(places.jobs_source().glob("requirements*.lock"))
            ],
        },
        "images": [_with_python(image, root) for image in settings_file.local_images(root)],
        # With -P, because the folder that a command runs in is not where its modules are.
        "prepare": [sys.executable, "-P", "-m", image_environment.__name__],
    }


def _with_python(image: dict[str, Any], root: Path) -> dict[str, Any]:
    """The image with the interpreter of its ``requirements``, whose environment is made if missing."""
    named = image.get("requirements")
    if named is None:
        return image
    where = f"requirements of a [[local.images]] table in {root / places.SETTINGS_FILE}"
    if "python" in image:
        raise CommandError(f"{where}: the table has python too; keep one of them")
    lock = Path(str(named))
    if not lock.is_file():
        raise CommandError(f"{where}: there is no file {lock}; lock the image's packages into it")
    rest = {key: value for key, value in image.items() if key != "requirements"}
    return {**rest, "python": str(toolchain.image_python(lock))}


def free_port() -> int:
    """A free TCP port on the loopback address, from `PREFERRED_PORTS` when possible."""
    for port in (*PREFERRED_PORTS, 0):
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            with contextlib.suppress(OSError):
                probe.bind((HOST, port))
                return int(probe.getsockname()[1])
    raise CommandError("no TCP port on 127.0.0.1 is free: end a program that listens on one")


def _start(root: Path, program: Path, flags: list[str], port: int | None, scale: float) -> Server:
    folder = state_folder(root)
    (folder / "ready.json").unlink(missing_ok=True)
    while True:
        chosen = port or free_port()
        command = [str(program), str(places.embedded_source()), "--port", str(chosen)]
        with (folder / "console.log").open("w") as console:
            process = subprocess.Popen(
                [*command, "--state-dir", str(folder), *flags],
                stdin=subprocess.DEVNULL,
                stdout=console,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                cwd=root,
                # Builds have a home of their own, and use the tools of this machine's cache.
                env=clean_environment({MARK: str(folder), places.CACHE_VARIABLE: str(places.cache_root())}),
            )
        _launched.append(process)
        launch = {
            "pid": process.pid,
            "started": processes.started(process.pid),
            "port": chosen,
            "time_scale": scale,
        }
        (folder / "launch.json").write_text(json.dumps(launch))
        try:
            status = _wait_until_ready(root, process)
        except BaseException:
            # On Ctrl-C during the start, the server must not be left running.
            processes.end(processes.family([process.pid]), first=process.pid, grace_seconds=GRACE_SECONDS)
            raise
        server = find(root)
        if server is not None:
            return server
        # Another program may take the port between the check and the server's start; then try the next.
        if status != _PORT_TAKEN or port is not None:
            break
    processes.end(processes.family([process.pid]), grace_seconds=GRACE_SECONDS)
    how = "did not answer in time" if status is None else f"ended with status {status}"
    raise CommandError(
        f"the local AWS {how} while starting: read {folder / 'console.log'} and {folder / 'server.log'}",
        detail=_tail(folder / "console.log") or _tail(folder / "server.log"),
    )


def _wait_until_ready(root: Path, process: subprocess.Popen[bytes]) -> int | None:
    deadline = time.monotonic() + START_SECONDS
    ready = state_folder(root) / "ready.json"
    while time.monotonic() < deadline and process.poll() is None:
        if ready.exists():
            break
        time.sleep(0.05)
    return process.poll()


def _end_all(root: Path) -> int:
    folder = state_folder(root)
    pids = []
    launch = document(folder / "launch.json")
    if launch is not None and processes.started(launch["pid"]) == launch["started"]:
        pids.append(int(launch["pid"]))
    running = processes.family(pids, mark=(MARK, str(folder)))
    first = pids[0] if pids else None
    left = processes.end(running, first=first, grace_seconds=GRACE_SECONDS)
    # Processes that started while the others were ending.
    late = processes.family([], mark=(MARK, str(folder)))
    left |= processes.end(late, grace_seconds=GRACE_SECONDS)
    _launched[:] = [process for process in _launched if process.poll() is None]
    if left:
        numbers = ", ".join(str(process.pid) for process in left)
        raise CommandError(f"processes {numbers} of the local AWS could not be ended: end them by hand")
    return len(running | late)


def _secret(root: Path) -> str | None:
    try:
        return (state_folder(root) / "secret").read_text()
    except OSError:
        return None


def _tail(path: Path) -> str:
    try:
        return "\n".join(path.read_text(errors="replace").splitlines()[-_SHOWN_LINES:])
    except OSError:
        return ""
