"""Gives memory back that large bodies took: glibc keeps what was freed, for as long as the process lives."""

import asyncio
import contextlib
import ctypes
import gc
from pathlib import Path

LOOK_SECONDS = 30.0
"""How often the memory is looked at."""

GROWN = 1.2
"""What is given back is looked for when the memory has grown by this factor since the last time."""

_STATM = Path("/proc/self/statm")


async def give_back() -> None:
    """Give free memory back to the system now and then, where the C library knows how (glibc)."""
    trim = trimming()
    if trim is None or not _STATM.exists():
        return
    kept = 0.0
    while True:
        await asyncio.sleep(LOOK_SECONDS)
        if resident_pages() > GROWN * kept:
            # It takes a tenth of a second, in which requests are served.
            await asyncio.to_thread(trim)
            kept = resident_pages()


def trimming() -> "Trim | None":
    """What gives memory back; None where the C library is another."""
    with contextlib.suppress(OSError, AttributeError):
        return Trim(ctypes.CDLL("libc.so.6").malloc_trim)
    return None


class Trim:
    """Collects garbage, and gives back what the C library keeps."""

    def __init__(self, malloc_trim: "ctypes._NamedFuncPointer") -> None:
        self._malloc_trim = malloc_trim

    def __call__(self) -> None:
        """Do it."""
        gc.collect()
        self._malloc_trim(0)


def resident_pages() -> int:
    """The pages of this process that are in memory."""
    return int(_STATM.read_text().split()[1])
