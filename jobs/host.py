"""Errors of the host (disk, memory, permissions), as opposed to errors of the data."""

import errno
import os
import re

import duckdb

from jobs.errors import HostError

_REMEDIES = {
    errno.ENOSPC: "the disk is full: give the job a larger volume (volume_gb) and start again",
    errno.EDQUOT: "the disk's quota is used up: give the job a larger volume (volume_gb) and start again",
    errno.ENOMEM: "memory ran out: take a larger instance, or cap queries with --memory, and start again",
    errno.EMFILE: "too many files are open: raise the limit of open files and start again",
    errno.ENFILE: "too many files are open: raise the limit of open files and start again",
    errno.EACCES: "a file may not be read or written: correct its permissions and start again",
    errno.EPERM: "a file may not be read or written: correct its permissions and start again",
    errno.EROFS: "the disk is read-only: start again on a machine that may write",
    errno.EIO: "the disk cannot be read or written: start again on another machine",
    errno.ENOENT: "a file is gone: see that nothing removes files while the job runs, and start again",
}
_OF_CONTENT = ("GZIP stream", "Could not read enough bytes")
"""Parts of the messages of DuckDB's I/O errors that are about a file's content."""

_SAID = {os.strerror(number): number for number in _REMEDIES}


def host_error(error: BaseException) -> HostError | None:
    """A `HostError` with the remedy for an error of the host; None for another error."""
    if isinstance(error, HostError):
        return error
    number = _number(error)
    if number is None:
        return None
    remedy = _REMEDIES.get(number, "the machine could not read or write a file: start again")
    return HostError(f"The job could not go on, {remedy} ({_detail(error)}).")


def _number(error: BaseException) -> int | None:
    """The error's errno, 0 for a host error without one; None when it is not a host error."""
    if isinstance(error, MemoryError):
        return errno.ENOMEM
    if isinstance(error, OSError):
        return error.errno or 0
    if not isinstance(error, duckdb.Error):
        return None
    text = str(error)
    if isinstance(error, duckdb.OutOfMemoryException):
        # Data that does not fit into memory is spilled to the disk, which can be full too.
        return errno.ENOSPC if "max_temp_directory_size" in text else errno.ENOMEM
    if isinstance(error, duckdb.IOException | duckdb.FatalException):
        if any(words in text for words in _OF_CONTENT):
            return None
        if "No files found" in text:
            return errno.ENOENT
        return next((number for words, number in _SAID.items() if words in text), 0)
    return None


def _detail(error: BaseException) -> str:
    """The first line of the message, without paths of folders."""
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    first = str(error).strip().splitlines()[:1] or [type(error).__name__]
    return re.sub(r"[^\s\"']*/", "", first[0])[:200]
