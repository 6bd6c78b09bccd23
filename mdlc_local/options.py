"""The command-line options of the embedded AWS."""

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

HOST = "127.0.0.1"
"""The only address that is bound, because the server executes code from requests."""


@dataclass(frozen=True, kw_only=True)
class Options:
    """The options of one server process.

    Attributes:
        port: TCP port on the loopback address.
        state_dir: folder for `ready.json`, `server.log`, `usage.jsonl`, `logs/` and the jobs' working
            folders.
        images: file that registers local runtimes for container images, or None.
        docker: the program that takes Docker's place in builds of CodeBuild, or None.
        repositories: file with the folders of git repositories, by their names in sources; or None.
        parent_pid: id of a process; the server stops when it ends. None for no such process.
        idle_minutes: minutes without a request after which the server stops; None for never.
        time_scale: the divisor of waits (Wait states, retry intervals, bakes, alarms' periods).
        iam: whether IAM and KMS permissions of roles are enforced.
    """

    port: int
    state_dir: Path
    images: Path | None = None
    docker: Path | None = None
    repositories: Path | None = None
    parent_pid: int | None = None
    idle_minutes: float | None = None
    time_scale: float = 1.0
    iam: bool = True

    def __post_init__(self) -> None:
        if not 0 < self.port < 65536:
            raise ValueError(f"port={self.port} is no TCP port: choose one from 1 to 65535")
        if self.time_scale <= 0:
            raise ValueError(
                f"time_scale={self.time_scale} must be above 0: 1 is real time, 10 waits a tenth"
            )

    @property
    def endpoint(self) -> str:
        """The URL for `AWS_ENDPOINT_URL`."""
        return f"http://{HOST}:{self.port}"


_current: Options | None = None


def use(options: Options) -> None:
    """Set the options of this process; called once, by the server."""
    global _current
    _current = options


def current() -> Options:
    """The options of this server process."""
    if _current is None:
        raise RuntimeError("no options: the embedded AWS was not started through mdlc_local.server")
    return _current


def parse(arguments: Sequence[str]) -> Options:
    """Parse the command line; an invalid one ends the process with a usage message."""
    parser = argparse.ArgumentParser(
        prog="mdlc_local", description="The embedded AWS, on the loopback address only."
    )
    parser.add_argument("--port", type=int, required=True, help="TCP port on 127.0.0.1")
    parser.add_argument(
        "--state-dir", type=Path, required=True, help="folder for ready.json, logs and job files"
    )
    parser.add_argument("--images", type=Path, help="file that registers local runtimes for container images")
    parser.add_argument("--docker", type=Path, help="program that takes Docker's place in builds")
    parser.add_argument("--repositories", type=Path, help="file with git repositories, by their names")
    parser.add_argument("--parent-pid", type=int, help="end when this process ends")
    parser.add_argument("--idle-minutes", type=float, help="end after so many minutes without a request")
    parser.add_argument(
        "--time-scale", type=float, default=1.0, help="divide waiting in state machines by this"
    )
    parser.add_argument("--no-iam", action="store_true", help="do not enforce IAM and KMS permissions")
    values = parser.parse_args(arguments)
    try:
        return Options(
            port=values.port,
            state_dir=values.state_dir.expanduser().absolute(),
            images=values.images.expanduser().absolute() if values.images else None,
            docker=values.docker,
            repositories=values.repositories,
            parent_pid=values.parent_pid,
            idle_minutes=values.idle_minutes,
            time_scale=values.time_scale,
            iam=not values.no_iam,
        )
    except ValueError as error:
        parser.error(str(error))
