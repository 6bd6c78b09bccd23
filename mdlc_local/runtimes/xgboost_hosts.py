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
from typing import Any

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
    def connected(self) -> Iterator[None]:
        """A context in which `xgboost.train` trains with the other hosts; for one host it does nothing."""
        if not self.are_several:
            yield
            return
        from xgboost import collective
        from xgboost.tracker import RabitTracker

        address, port = self._tracker()
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

    def most(self, number: int) -> int:
        """The greatest number of all hosts; called inside `connected` by all of them."""
        if not self.are_several:
            return number
        import numpy
        from xgboost import collective

        return int(collective.allreduce(numpy.array([number]), collective.Op.MAX)[0])

    def without_rows(self, columns: int) -> Any:
        """The table of a host that got no file, where others did."""
        import numpy
        import xgboost

        print(f"{self.current} has no rows: there are fewer files than hosts", flush=True)
        return xgboost.DMatrix(
            numpy.empty((0, columns), dtype=numpy.float32), label=numpy.empty(0, dtype=numpy.float32)
        )

    def _tracker(self) -> tuple[str, int]:
        """The tracker's address. The port depends on the job, where hosts' names cannot be resolved."""
        name = os.environ.get("TRAINING_JOB_NAME", "")
        port = _PORTS[zlib.crc32(name.encode()) % len(_PORTS)]
        try:
            return socket.gethostbyname(self.names[0]), port
        except OSError:
            return "127.0.0.1", port
