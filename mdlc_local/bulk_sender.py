"""Small notes that many requests make at once, handed on together a moment later."""

import contextvars
import logging
import threading
import time
from collections.abc import Callable
from typing import Generic, TypeVar

from botocore.exceptions import BotoCoreError, ClientError

log = logging.getLogger("mdlc_local.bulk_sender")

DELAY_SECONDS = 0.25


T = TypeVar("T")


class BulkSender(Generic[T]):
    """Collects items and hands them on in bulk, on a thread that only lives while there are any.

    Args:
        name: what it is, for the server's log.
        send: takes what was gathered; an error of AWS's loses it, with a line in the server's log.
        delay_seconds: how long items wait for others.
    """

    def __init__(
        self, name: str, send: Callable[[list[T]], None], delay_seconds: float = DELAY_SECONDS
    ) -> None:
        self._name = name
        self._send = send
        self._delay = delay_seconds
        self._lock = threading.Lock()
        self._items: list[T] = []
        self._waiting = False

    def add(self, item: T) -> None:
        """Collect one item; handed on in the account and region of the first one that waits."""
        with self._lock:
            self._items.append(item)
            if self._waiting:
                return
            self._waiting = True
        context = contextvars.copy_context()
        threading.Thread(target=context.run, args=(self._work,), daemon=True, name=self._name).start()

    def _work(self) -> None:
        while True:
            time.sleep(self._delay)
            with self._lock:
                items, self._items = self._items, []
                if not items:
                    self._waiting = False
                    return
            try:
                self._send(items)
            except (ClientError, BotoCoreError) as error:
                log.warning("%s: %d items are lost: %s", self._name, len(items), error)
            except Exception:
                # The thread goes on, or nothing would ever be handed on again.
                log.exception("%s: %d items are lost", self._name, len(items))
