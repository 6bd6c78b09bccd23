"""Environment variables: what this server needs, and what the code that runs here is given.

Functions and jobs see what AWS would give them and what names this server, nothing of the shell that started
it: no token, no profile, no endpoint of another tool. Source:
https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html
"""

import os
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from mdlc_local import credentials, options

_OF_THE_MACHINE = ("PATH", "LANG", "LC_ALL", "SYSTEMROOT", "SSL_CERT_FILE", "LD_LIBRARY_PATH")
"""What makes programs run at all on this machine."""

_SWEPT = ("jobs", "endpoints", "temporary")
"""Folders of an earlier server that nobody can use: what they belonged to was in its memory."""


def prepare(state_dir: Path) -> None:
    """Make the state folder, for its owner only, without what an earlier server left that was killed."""
    state_dir.mkdir(parents=True, exist_ok=True)
    state_dir.chmod(0o700)
    (state_dir / "ready.json").unlink(missing_ok=True)
    for name in _SWEPT:
        shutil.rmtree(state_dir / name, ignore_errors=True)
    (state_dir / "temporary").mkdir(exist_ok=True)


def apply(chosen: options.Options) -> None:
    """Set this process's own variables, and drop every other one that boto3 would follow."""
    own = _of_the_server(chosen)
    for name in [name for name in os.environ if name.startswith("AWS_") and name not in own]:
        del os.environ[name]
    os.environ.update(own)


def for_code() -> dict[str, str]:
    """What every process that runs a user's code is given; keys and settings of its own come on top."""
    passed = {name: os.environ[name] for name in _OF_THE_MACHINE if name in os.environ}
    return {
        **passed,
        "TZ": "UTC",
        "TMPDIR": os.environ["TMPDIR"],
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
    }


class OsOfFunctions:
    """The `os` module as the modules see it that start functions: to copy `environ` is to copy `for_code`."""

    def __init__(self) -> None:
        self.environ = _Environ()

    def __getattr__(self, name: str) -> Any:
        return getattr(os, name)


class _Environ(Mapping[str, str]):
    """Answers for each variable of this process, and lists those that functions are given."""

    def __getitem__(self, name: str) -> str:
        variables = for_code()
        return variables[name] if name in variables else os.environ[name]

    def __iter__(self) -> Iterator[str]:
        return iter(for_code())

    def __len__(self) -> int:
        return len(for_code())


def _of_the_server(chosen: options.Options) -> dict[str, str]:
    return {
        "GATEWAY_PORT": str(chosen.port),
        "BIND_HOST": options.HOST,
        "AUTH": "true" if chosen.iam else "false",
        "IOT_MTLS_ENABLED": "0",
        "SFTP_ENABLED": "0",
        "LAMBDA_EXECUTOR": "local",
        "LAMBDA_ACCOUNT_CONCURRENCY": "1000",
        "LAMBDA_WARM_TTL_SECONDS": "60",
        # Waiting for a turn holds a thread (see lambdas).
        "MINISTACK_WORKER_THREADS": "256",
        # Objects lie on the disk, not in memory; the folder is emptied when a server starts.
        "S3_PERSIST": "1",
        "S3_DATA_DIR": str(chosen.state_dir / "temporary" / "s3"),
        "STATE_DIR": str(chosen.state_dir / "temporary" / "state"),
        # Whatever is unpacked for a function or a probe ends with the state folder.
        "TMPDIR": str(chosen.state_dir / "temporary"),
        "AWS_ENDPOINT_URL": chosen.endpoint,
        "AWS_ACCESS_KEY_ID": credentials.ACCOUNT_ID,
        "AWS_SECRET_ACCESS_KEY": credentials.secret(),
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
    }
