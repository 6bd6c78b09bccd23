"""Limits the server's memory: objects' bodies are kept only on disk, and freed memory is released."""

import asyncio
import contextlib
import ctypes
import gc
import importlib
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

from mdlc_local import patches

S3 = "ministack.services.s3"

LOOK_SECONDS = 30.0
"""Seconds between checks of the resident memory."""

GROWN = 1.1
"""Freed memory is released when the resident memory has grown by this factor since the last release."""

_STATM = Path("/proc/self/statm")


def install(app: ModuleType) -> None:
    """Drop a version's body from memory once it is on disk, where ministack can read it again."""
    del app
    patches.take(S3, "_object_versions")
    patches.take(S3, "_version_body", "bucket bucket_name key v")
    patches.wrap(S3, "_persist_object", "bucket key obj", _forgetting)


def _forgetting(persist: Callable[..., None]) -> Callable[..., None]:
    versions = importlib.import_module(S3)._object_versions

    def persisting(bucket: str, key: str, obj: Any) -> None:
        persist(bucket, key, obj)
        # A body that could not be written to disk is kept in memory.
        if isinstance(obj, dict) and obj.get("body") is None:
            named = obj.get("version_id") or "null"
            for version in versions.get((bucket, key)) or ():
                if version["version_id"] == named and not version.get("is_delete_marker"):
                    version["data"] = None

    return persisting


async def give_back() -> None:
    """Periodically release freed memory to the system, if the C library is glibc.

    glibc would otherwise keep freed memory until the process ends.
    """
    trim = trimming()
    if trim is None or not _STATM.exists():
        return
    kept = 0.0
    while True:
        await asyncio.sleep(LOOK_SECONDS)
        if resident_pages() > GROWN * kept:
            # In a thread, because it takes 0.1 s, during which the server must answer requests.
            await asyncio.to_thread(trim)
            kept = resident_pages()


def trimming() -> "Trim | None":
    """The function that releases freed memory, or None when the C library is not glibc."""
    with contextlib.suppress(OSError, AttributeError):
        return Trim(ctypes.CDLL("libc.so.6").malloc_trim)
    return None


class Trim:
    """Runs the garbage collector and makes glibc release freed memory."""

    def __init__(self, malloc_trim: "ctypes._NamedFuncPointer") -> None:
        self._malloc_trim = malloc_trim

    def __call__(self) -> None:
        """Collect garbage and release memory."""
        gc.collect()
        self._malloc_trim(0)


def resident_pages() -> int:
    """The number of this process's memory pages that are resident."""
    return int(_STATM.read_text().split()[1])
