"""A pool of objects that are slow to create and can only be used by one thread at a time."""

import contextlib
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator
from typing import Generic, TypeVar

T = TypeVar("T")


class Pool(Generic[T]):
    """Reuses the objects that are created for a text.

    Args:
        make: creates an object for a text.
        texts: the most texts whose objects are kept; the least recently used is dropped.
        spare: the most objects that are kept for one text.
    """

    def __init__(self, make: Callable[[str], T], *, texts: int, spare: int) -> None:
        self._make = make
        self._texts = texts
        self._spare = spare
        self._lock = threading.Lock()
        self._free: OrderedDict[str, list[T]] = OrderedDict()

    @contextlib.contextmanager
    def lend(self, text: str) -> Iterator[T]:
        """A context with an object for exclusive use; it returns to the pool unless the block raises."""
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
