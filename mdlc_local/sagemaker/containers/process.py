"""Runs one process of a job: starts it like a container, passes on its output, and waits for its end."""

import contextlib
import os
import re
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from mdlc_local import children, clients, environment, options
from mdlc_local.sagemaker.containers import opt_ml
from mdlc_local.sagemaker.containers.images import Runtime
from mdlc_local.sagemaker.faults import JobFailedError
from mdlc_local.sagemaker.job import SESSION, Job

STOP_GRACE_SECONDS = 120
"""Seconds from SIGTERM to SIGKILL, as on AWS."""

_PYTHON = re.compile(r"(/usr/bin/|/usr/local/bin/)?python3?(\.\d+)?")
_POLL_SECONDS = 0.1


@dataclass(frozen=True)
class Ended:
    """How a process ended.

    Attributes:
        code: its exit code.
        stopped: whether StopXxxJob stopped it.
        timed_out: whether it exceeded its maximum runtime.
    """

    code: int
    stopped: bool = False
    timed_out: bool = False


def launch(
    job: Job,
    runtime: Runtime,
    argv: Sequence[str],
    variables: Mapping[str, str],
    write: Callable[[str], None],
    *,
    isolate: bool,
    reachable: bool = False,
    hosts: Path | None = None,
    network_of: int | None = None,
) -> tuple["subprocess.Popen[Any]", threading.Thread]:
    """Start a container's command.

    Args:
        job: the job, whose folder and role the process uses.
        runtime: the image's local runtime.
        argv: the container's command.
        variables: the environment variables of the API request.
        write: a function that takes each line of output.
        isolate: whether the process has neither credentials nor an endpoint and, where the system supports
            that, no network.
        reachable: whether the process is a server for this one, so that it keeps the network in any case.
        hosts: a file for its /etc/hosts.
        network_of: the process whose private network it shares when it is isolated.

    Returns:
        The process, and the thread that reads its output.

    Raises:
        JobFailedError: when the command does not exist.
    """
    words = list(argv)
    if _PYTHON.fullmatch(words[0]):
        words[0] = runtime.python
    home = job.folder / "home"
    home.mkdir(exist_ok=True)
    requested = opt_ml.environment({**runtime.environment, **variables}, job.base)
    variables = {**_of_the_platform(job, runtime, home, isolate=isolate), **requested}
    try:
        process = children.start(
            opt_ml.command(
                words, job.base, isolate=isolate and not reachable, hosts=hosts, network_of=network_of
            ),
            cwd=job.base,
            env=variables,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
    except OSError as error:
        raise JobFailedError(f"ClientError: cannot start {words[0]!r}: {error.strerror}") from error
    reader = threading.Thread(
        target=_read, args=(process.stdout, write), daemon=True, name=f"output {job.name}"
    )
    reader.start()
    return process, reader


def wait(
    job: Job, process: "subprocess.Popen[Any]", reader: threading.Thread, seconds: float | None
) -> Ended:
    """Wait until the process ends, is stopped, or has run for `seconds`; then end its process group."""
    return wait_all(job, [(process, reader)], seconds)[0]


def wait_all(
    job: Job, running: Sequence[tuple["subprocess.Popen[Any]", threading.Thread]], seconds: float | None
) -> tuple[Ended, int]:
    """Wait until all processes end, one fails, or the job is stopped; then end their process groups.

    Args:
        job: the job.
        running: the processes, each with the thread that reads its output.
        seconds: how long they may run.

    Returns:
        How they ended: as the first that failed, else as the first one; and which that is.
    """
    deadline = None if seconds is None else time.monotonic() + seconds
    stopped = timed_out = False
    failed: int | None = None
    while failed is None and any(process.poll() is None for process, _ in running):
        stopped = job.stop.is_set()
        timed_out = deadline is not None and time.monotonic() >= deadline
        if stopped or timed_out:
            break
        failed = next((number for number, (process, _) in enumerate(running) if process.poll()), None)
        if failed is None:
            process = next((process for process, _ in running if process.poll() is None), running[0][0])
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(_POLL_SECONDS)
    if failed is None and not (stopped or timed_out):
        failed = next((number for number, (process, _) in enumerate(running) if process.poll()), None)
    with ThreadPoolExecutor(len(running)) as pool:
        for _ in pool.map(lambda entry: children.end(entry[0], STOP_GRACE_SECONDS), running):
            pass
    for _, reader in running:
        reader.join(timeout=5)
    first = failed or 0
    return Ended(running[first][0].returncode or 0, stopped, timed_out), first


def _of_the_platform(job: Job, runtime: Runtime, home: Path, *, isolate: bool) -> dict[str, str]:
    """The environment variables that SageMaker sets in every container, without others of this server."""
    passed = environment.for_code()
    folder = str(Path(runtime.python).parent) if os.sep in runtime.python else ""
    region = job.scope.region
    own = {
        "PATH": os.pathsep.join(part for part in (folder, passed.get("PATH", os.defpath)) if part),
        "HOME": str(home),
        "PYTHONUNBUFFERED": "1",
        "PYTHONDONTWRITEBYTECODE": "1",
        "AWS_REGION": region,
        "AWS_DEFAULT_REGION": region,
    }
    if not isolate:
        own |= {"AWS_ENDPOINT_URL": options.current().endpoint}
        own |= clients.role_credentials(job.role_arn, SESSION)
    return {**passed, **own}


def _read(stream: IO[bytes], write: Callable[[str], None]) -> None:
    for line in stream:
        try:
            write(line.decode("utf-8", "replace").rstrip("\r\n"))
        except ValueError:  # the log is closed, but a process that outlived the job still prints
            return


def describe_exit(code: int) -> str:
    """An exit code in AWS's words; for a process killed by a signal, it is 128 plus the signal's number."""
    shown = 128 - code if code < 0 else code
    note = " (out of memory?)" if code == -9 and sys.platform == "linux" else ""
    return f"exit code: {shown}{note}"
