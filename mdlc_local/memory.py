"""Keeps the server small: bodies of objects lie on the disk alone, and memory that is free is given back."""

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
"""How often the memory is looked at."""

GROWN = 1.1
"""What is given back is looked for when the memory has grown by this factor since the last time."""

_STATM = Path("/proc/self/statm")


def install(app: ModuleType) -> None:
    """Keep no body of a version in memory that is on the disk, where ministack finds it after a restart."""
    del app
    patches.take(S3, "_object_versions")
    patches.take(S3, "_version_body", "bucket bucket_name key v")
    patches.wrap(S3, "_persist_object", "bucket key obj", _forgetting)


def _forgetting(persist: Callable[..., None]) -> Callable[..., None]:
    versions = importlib.import_module(S3)._object_versions

    def persisting(bucket: str, key: str, obj: Any) -> None:
        persist(bucket, key, obj)
        # The body is kept where it could not be written.
        if isinstance(obj, dict) and obj.get("body") is None:
            named = obj.get("version_id") or "null"
            for version in versions.get((bucket, key)) or ():
                if version["version_id"] == named and not version.get("is_delete_marker"):
                    version["data"] = None

    return persisting


async def give_back() -> None:
    """Give free memory back to the system now and then, where the C library knows how (glibc).

    It keeps what was freed for as long as a process lives.
    """
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
