"""Graceful shutdown of a worker process: SIGTERM is forwarded to the server after `LINGER_SECONDS`.

At SIGTERM, the server alone would answer only requests that it has already read. Requests that were sent
before the signal may still be in a connection, or in the queue of connections to accept. So for
`LINGER_SECONDS` all requests are served, and each answer closes its connection, so that callers reconnect to
another worker.
"""

import asyncio
import signal
from types import FrameType

LINGER_SECONDS = 1.0


class Ending:
    """The handler of SIGTERM; ``began`` is whether the process has received it."""

    def __init__(self) -> None:
        self.began = False

    def arm(self) -> None:
        """Install the handler before the server's own one; must be called in the running event loop."""
        loop = asyncio.get_running_loop()
        before = signal.getsignal(signal.SIGTERM)

        def pass_on() -> None:
            if callable(before):
                before(signal.SIGTERM, None)

        def begin(_: int, __: FrameType | None) -> None:
            if not self.began:  # a process group's signal arrives twice: directly, and from the parent
                self.began = True
                loop.call_soon_threadsafe(loop.call_later, LINGER_SECONDS, pass_on)

        signal.signal(signal.SIGTERM, begin)
