"""Things that are slow to make and serve one user at a time: kept for the next user."""

import contextlib
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator
from typing import Generic, TypeVar

T = TypeVar("T")


class Pool(Generic[T]):
    """What was made for a text, to be lent again.

    Args:
        make: makes one for a text.
        texts: how many texts are remembered; the one not asked for longest is forgotten.
        spare: how many are kept for one text.
    """

    def __init__(self, make: Callable[[str], T], *, texts: int, spare: int) -> None:
        self._make = make
        self._texts = texts
        self._spare = spare
        self._lock = threading.Lock()
        self._free: OrderedDict[str, list[T]] = OrderedDict()

    @contextlib.contextmanager
    def lend(self, text: str) -> Iterator[T]:
        """One that nobody else uses; it is kept for the next unless its use raises."""
        with self._lock:
            free = self._free.get(text)
            lent = free.pop() if free else None
        if lent is None:
            lent = self._make(text)
        yield lent
        with self._lock:
            free = self._free.setdefault(text, [])
            self._free.move_to_end(text)
            if len(free) < self._spare:
                free.append(lent)
            while len(self._free) > self._texts:
                self._free.popitem(last=False)
