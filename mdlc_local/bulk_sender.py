"""Collects small items from many requests and sends them in batches."""

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
    """Collects items and sends them in batches, on a thread that runs only while there are items.

    Args:
        name: the sender's name in the server's log.
        send: sends a batch; after an error the batch is dropped, with a line in the server's log.
        delay_seconds: how long to collect items for a batch.
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
        """Queue one item; a batch is sent in the account and region of its first item."""
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
                # The thread must continue, or no item would ever be sent again.
                log.exception("%s: %d items are lost", self._name, len(items))
