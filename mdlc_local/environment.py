"""The environment variables of this server and of the code that it runs.

Functions and jobs have the variables that AWS sets and those that point to this server. They inherit nothing
else from the shell that started the server: no token, no profile, no endpoint of another tool. Source:
https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html
"""

import os
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from mdlc_local import credentials, options

_OF_THE_MACHINE = ("PATH", "LANG", "LC_ALL", "SYSTEMROOT", "SSL_CERT_FILE", "LD_LIBRARY_PATH")
"""Variables that programs need to run on this machine."""

_SWEPT = ("jobs", "endpoints", "temporary")
"""Folders that are deleted at the start: their jobs and endpoints ended with the earlier server."""


def prepare(state_dir: Path) -> None:
    """Create the state folder, accessible to its owner only, and delete an earlier server's leftovers."""
    state_dir.mkdir(parents=True, exist_ok=True)
    state_dir.chmod(0o700)
    (state_dir / "ready.json").unlink(missing_ok=True)
    for name in _SWEPT:
        shutil.rmtree(state_dir / name, ignore_errors=True)
    (state_dir / "temporary").mkdir(exist_ok=True)


def apply(chosen: options.Options) -> None:
    """Set this process's own variables, and remove all other `AWS_*` variables, which boto3 would use."""
    own = _of_the_server(chosen)
    for name in [name for name in os.environ if name.startswith("AWS_") and name not in own]:
        del os.environ[name]
    os.environ.update(own)


def for_code() -> dict[str, str]:
    """The variables of every process that runs a user's code, before its own credentials and settings."""
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
    """Replaces `os` in the modules that start functions, so that a copy of `environ` is one of `for_code`."""

    def __init__(self) -> None:
        self.environ = _Environ()

    def __getattr__(self, name: str) -> Any:
        return getattr(os, name)


class _Environ(Mapping[str, str]):
    """Returns any variable of this process by name, but only iterates over those of functions."""

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
        # An invocation that waits for a free slot occupies a thread (see lambdas).
        "MINISTACK_WORKER_THREADS": "256",
        # Objects are stored on disk, not in memory; the folder is emptied when a server starts.
        "S3_PERSIST": "1",
        "S3_DATA_DIR": str(chosen.state_dir / "temporary" / "s3"),
        "STATE_DIR": str(chosen.state_dir / "temporary" / "state"),
        # Files that are unpacked for functions and probes are deleted with the state folder.
        "TMPDIR": str(chosen.state_dir / "temporary"),
        "AWS_ENDPOINT_URL": chosen.endpoint,
        "AWS_ACCESS_KEY_ID": credentials.ACCOUNT_ID,
        "AWS_SECRET_ACCESS_KEY": credentials.secret(),
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
    }
