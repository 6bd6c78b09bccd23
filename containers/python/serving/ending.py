"""The end of a worker process: SIGTERM is passed on to the server a moment later.

The server alone would answer only what it has read already. What was sent before the signal may still wait in
a connection, or in the queue of those not accepted yet: for that moment everything is served, each answer
closes its connection, and callers go elsewhere.
"""

import asyncio
import signal
from types import FrameType

LINGER_SECONDS = 1.0


class Ending:
    """Whether this process is about to end."""

    def __init__(self) -> None:
        self.began = False

    def arm(self) -> None:
        """Come between SIGTERM and the handler that is in place; call it within the running loop."""
        loop = asyncio.get_running_loop()
        before = signal.getsignal(signal.SIGTERM)

        def pass_on() -> None:
            if callable(before):
                before(signal.SIGTERM, None)

        def begin(_: int, __: FrameType | None) -> None:
            if not self.began:  # a process group's signal comes twice: by itself, and from the parent
                self.began = True
                loop.call_soon_threadsafe(loop.call_later, LINGER_SECONDS, pass_on)

        signal.signal(signal.SIGTERM, begin)
