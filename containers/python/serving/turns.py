"""Runs a request's work directly in the event loop, or in a thread so that /ping is answered meanwhile."""

import asyncio
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

Result = TypeVar("Result")

SMALL_BYTES = 64 * 1024
"""A request with a larger body runs in the thread."""

QUICK_SECONDS = 0.01
"""After a small body took longer, small ones run in the thread too, until one was quick again."""


class Turns:
    """Runs one request at a time, in the order of arrival.

    Switching to a thread takes longer than predicting a row, so work that is expected to be quick runs
    directly.
    """

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(max_workers=1)
        self._waiting = 0
        self._last_seconds = 0.0

    async def take(self, size: int, work: Callable[[], Result]) -> Result:
        """Run the work; returns its result, or raises its exception.

        Args:
            size: the size of the request's body, in bytes.
            work: the function to run.
        """
        small = size <= SMALL_BYTES
        if small and not self._waiting and self._last_seconds <= QUICK_SECONDS:
            return self._timed(work)
        self._waiting += 1
        under_way = asyncio.get_running_loop().run_in_executor(
            self._thread, self._timed if small else _plain, work
        )
        under_way.add_done_callback(self._done)
        # Shielded: a cancelled request must not count as done while its work still runs in the thread.
        return await asyncio.shield(under_way)

    def _done(self, _: object) -> None:
        self._waiting -= 1

    def _timed(self, work: Callable[[], Result]) -> Result:
        start = time.perf_counter()
        try:
            return work()
        finally:
            self._last_seconds = time.perf_counter() - start


def _plain(work: Callable[[], Result]) -> Result:
    return work()
