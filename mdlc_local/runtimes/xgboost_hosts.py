"""Training XGBoost on several hosts: a tracker on the first one, to which all connect, as in the image.

Source: distributed.py of github.com/aws/sagemaker-xgboost-container.
"""

import contextlib
import json
import os
import socket
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

_RETRIES = 60
"""How often a host tries to reach the tracker, which may start later."""

_PORTS = range(20_000, 30_000)


@dataclass(frozen=True, kw_only=True)
class TrainingHosts:
    """The hosts of a job, seen from one of them.

    Attributes:
        names: all hosts.
        current: this host.
    """

    names: tuple[str, ...] = ("algo-1",)
    current: str = "algo-1"

    @classmethod
    def read(cls, base: Path) -> "TrainingHosts":
        """The hosts of ``resourceconfig.json``; one when there is no such file."""
        path = base / "input" / "config" / "resourceconfig.json"
        if not path.is_file():
            return cls()
        config = json.loads(path.read_text())
        return cls(names=tuple(config["hosts"]), current=config["current_host"])

    @property
    def is_first(self) -> bool:
        """Whether this host has the tracker and writes the model."""
        return self.current == self.names[0]

    @property
    def are_several(self) -> bool:
        """Whether there is more than one."""
        return len(self.names) > 1

    @contextlib.contextmanager
    def training(self, *, has_rows: bool) -> Iterator["TrainingHosts"]:
        """A context in which `xgboost.train` trains with the other hosts; for one host it does nothing.

        Args:
            has_rows: whether this host got a file; those without one do not take part.

        Returns:
            The hosts that take part; without this one when it has no rows and others have.
        """
        if not self.are_several:
            yield self
            return
        with self._connected(0):
            parts = self._with_rows(has_rows)
            if len(parts) in (0, len(self.names)):
                yield self
                return
        fewer = TrainingHosts(names=parts, current=self.current)
        if not has_rows:
            print(f"{self.current} has no rows and does not take part", flush=True)
        if not has_rows or not fewer.are_several:
            yield fewer
            return
        with fewer._connected(1):
            yield fewer

    def _with_rows(self, has_rows: bool) -> tuple[str, ...]:
        import numpy
        from xgboost import collective

        flags = numpy.zeros(len(self.names), dtype=numpy.int32)
        flags[self.names.index(self.current)] = has_rows
        together = collective.allreduce(flags, collective.Op.SUM)
        return tuple(name for name, flag in zip(self.names, together, strict=True) if flag)

    @contextlib.contextmanager
    def _connected(self, turn: int) -> Iterator[None]:
        from xgboost import collective
        from xgboost.tracker import RabitTracker

        address, port = self._tracker(turn)
        tracker = None
        if self.is_first:
            tracker = RabitTracker(len(self.names), address, port, sortby="task")
            tracker.start()
        print(f"{self.current} of {', '.join(self.names)}: the tracker is at {address}:{port}", flush=True)
        with collective.CommunicatorContext(
            dmlc_communicator="rabit",
            dmlc_tracker_uri=address,
            dmlc_tracker_port=port,
            dmlc_task_id=self.current,
            dmlc_retry=_RETRIES,
        ):
            yield
        if tracker is not None:
            tracker.wait_for()

    def _tracker(self, turn: int) -> tuple[str, int]:
        """The tracker's address. The port depends on the job, where hosts' names cannot be resolved."""
        name = os.environ.get("TRAINING_JOB_NAME", "")
        port = _PORTS[(2 * zlib.crc32(name.encode()) + turn) % len(_PORTS)]
        try:
            return socket.gethostbyname(self.names[0]), port
        except OSError:
            return "127.0.0.1", port
