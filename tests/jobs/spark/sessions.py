"""Spark for tests: its environment, made once in the user's cache, and a session in a process of its own."""

import os
import pickle
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from benchmarks.environments import environment_of

SMALL = {
    "spark.ui.enabled": "false",
    "spark.log.level": "OFF",
    "spark.sql.shuffle.partitions": "2",
    # Compiling takes longer than these few rows.
    "spark.sql.codegen.wholeStage": "false",
    "spark.sql.codegen.factoryMode": "NO_CODEGEN",
}
"""What makes Spark quick where there is little data."""

ROOT = Path(__file__).resolve().parent.parent.parent.parent


def spark_python() -> Path:
    """The Python of an environment with PySpark; fails, and says why, where Java is not installed."""
    if not shutil.which("java"):
        pytest.fail(
            "Spark needs Java 17 or newer: install it (on Debian and Ubuntu: openjdk-17-jre-headless)."
        )
    return environment_of(ROOT / "jobs" / "spark" / "requirements.lock")


def environment() -> dict[str, str]:
    """What a process with Spark in it gets: our modules, and a JVM that starts quickly."""
    return {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "SPARK_LOCAL_IP": "127.0.0.1",
        "JDK_JAVA_OPTIONS": "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC",
    }


class Frame:
    """Rows that have come from the other process."""

    def __init__(self, rows: list[tuple[Any, ...]]) -> None:
        self.rows = rows

    def collect(self) -> list[tuple[Any, ...]]:
        return self.rows


class RemoteSession:
    """The session of `session_process`, as `jobs.spark.connection.Session` asks for."""

    def __init__(self, process: "subprocess.Popen[bytes]") -> None:
        self._process = process

    def sql(self, sqlQuery: str, /) -> Frame:
        return Frame(self._ask("sql", sqlQuery))

    def view(self, name: str, path: Path) -> None:
        """Name a Parquet file."""
        self._ask("view", (name, str(path)))

    def _ask(self, kind: str, content: Any) -> list[tuple[Any, ...]]:
        assert self._process.stdin is not None and self._process.stdout is not None
        pickle.dump((kind, content), self._process.stdin)
        self._process.stdin.flush()
        outcome, answer = pickle.load(self._process.stdout)
        assert outcome == "rows", answer
        rows: list[tuple[Any, ...]] = answer
        return rows


@contextmanager
def spark_session(log: Path) -> Iterator[RemoteSession]:
    """A session; what Spark says goes to ``log``."""
    with log.open("wb") as said:
        process = subprocess.Popen(
            [
                spark_python(),
                Path(__file__).with_name("session_process.py"),
                *(f"{name}={value}" for name, value in SMALL.items()),
            ],
            cwd=log.parent,
            env=environment(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=said,
        )
        with process:
            yield RemoteSession(process)
