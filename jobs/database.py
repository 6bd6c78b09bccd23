"""The jobs' DuckDB connection, with a memory limit, spilling to disk and without network access."""

import atexit
import hashlib
import os
import re
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from jobs.errors import JobError
from jobs.folders import scratch

if TYPE_CHECKING:
    import duckdb

_BYTES = {
    "KB": 10**3,
    "MB": 10**6,
    "GB": 10**9,
    "TB": 10**12,
    "KIB": 2**10,
    "MIB": 2**20,
    "GIB": 2**30,
    "TIB": 2**40,
}
_BYTES_PER_THREAD = 100 * 10**6  # with less, a thread's buffers alone can exceed the memory limit

_PATTERN = re.compile(r"[*?\[]")

# By default DuckDB adds a column for a folder such as month=01 (hive partitioning).
NO_PATH_COLUMNS = "hive_partitioning = false"


class SqlResult(Protocol):
    """The result of a query."""

    def fetchall(self) -> list[tuple[Any, ...]]:
        """All rows."""


class SqlConnection(Protocol):
    """A connection that runs SQL in DuckDB's dialect: DuckDB, or Spark with a translation (`jobs.spark`).

    Code that uses only this protocol runs on both.
    """

    def execute(self, query: str, /) -> SqlResult:
        """Run a query."""


@contextmanager
def connect(
    memory: str | None = None, *, share: float = 1.0
) -> "Iterator[tuple[duckdb.DuckDBPyConnection, Path]]":
    """Open a connection and a folder for intermediate files; both are closed and deleted afterwards.

    On SageMaker the folder is on the job's own volume, so its size limit is ``volume_gb``; elsewhere it is a
    temporary folder.

    Args:
        memory: DuckDB's memory limit, for example "256MB"; larger data spills to the folder. The default is
            80 % of the machine's memory.
        share: the fraction of that default to use, when other work in the process needs memory.

    Raises:
        JobError: when ``memory`` is not a size.
        HostError: when the machine lacked something, such as disk space or memory, within the context.
    """
    import duckdb  # not in Spark's image, which uses only this module's SQL helpers

    folder = Path(tempfile.mkdtemp(prefix="mdlc-job-", dir=scratch()))
    connection = duckdb.connect(str(folder / "job.duckdb"))
    try:
        threads = os.cpu_count() or 1
        if memory is None and share < 1:
            (own,) = single(connection, "SELECT current_setting('memory_limit')")
            memory = f"{int(memory_bytes(str(own)) * share) // 1000}KB"
        if memory is not None:
            cap = memory_bytes(memory)
            threads = max(1, min(threads, cap // _BYTES_PER_THREAD))
            connection.execute(f"SET memory_limit = '{cap // 1000}KB'")
        connection.execute(f"SET threads = {threads}")
        connection.execute(f"SET temp_directory = {literal(str(folder / 'spill'))}")
        # Asynchronous writes are no faster on a local disk, and DuckDB 2.0.0 sometimes deadlocks when a COPY
        # fails during one, for example on an unreadable file.
        connection.execute("SET async_threads = 0")
        connection.execute("SET TimeZone = 'UTC'")
        # A job reads only what SageMaker put on the disk; DuckDB must not download extensions.
        connection.execute("SET autoinstall_known_extensions = false")
        connection.execute("SET autoload_known_extensions = false")
        yield connection, folder
    except Exception as error:
        from jobs.host import host_error

        lacked = host_error(error)
        if lacked is None or lacked is error:
            raise
        raise lacked from error
    finally:
        connection.close()
        shutil.rmtree(folder, ignore_errors=True)


def memory_bytes(text: str) -> int:
    """The number of bytes of a size such as "256MB" or "1.5GiB".

    Raises:
        JobError: when the text is not a size.
    """
    match = re.fullmatch(r"(\d+(?:\.\d+)?)\s*([KMGT]i?B)", text.strip(), re.IGNORECASE)
    if not match:
        raise JobError(f"--memory {text!r} is no size: give for example 256MB or 2GB.")
    return int(float(match[1]) * _BYTES[match[2].upper()])


def literal(text: str) -> str:
    """The text as an SQL literal."""
    return "'" + text.replace("'", "''") + "'"


def file_name(path: Path) -> str:
    """The path by which DuckDB opens exactly this file, and which its column ``filename`` has.

    DuckDB treats every path with ``*``, ``?`` or ``[`` as a glob pattern; no option prevents it. Such a file,
    or one in such a folder, is opened by a symbolic link. An absolute path is never treated as a URL.
    """
    text = os.path.abspath(path)
    if not _PATTERN.search(text):
        return text
    # DuckDB detects compression by the file name's extension.
    ending = path.suffix if path.suffix[1:].isalnum() else ""
    link = _links() / (hashlib.sha256(os.fsencode(text)).hexdigest()[:32] + ending)
    if not link.is_symlink():
        link.symlink_to(text)
    return str(link)


@cache
def _links() -> Path:
    """This process's folder for links, in the first temporary folder whose path is not a glob pattern."""
    for place in (tempfile.gettempdir(), "/tmp", "/var/tmp"):
        if not _PATTERN.search(place) and os.access(place, os.W_OK):
            folder = Path(tempfile.mkdtemp(prefix="mdlc-links-", dir=place))
            atexit.register(shutil.rmtree, folder, ignore_errors=True)
            return folder
    raise JobError(
        f"No folder for intermediate files has a name without *, ? and [, {tempfile.gettempdir()} neither: "
        "set TMPDIR to one."
    )


def files(paths: Iterable[Path]) -> str:
    """An SQL list of exactly these files, for DuckDB's functions that read files."""
    return "[" + ", ".join(literal(file_name(path)) for path in paths) + "]"


def parquet(*paths: Path) -> str:
    """The SQL table function that reads Parquet files as one table."""
    return f"read_parquet({files(paths)}, {NO_PATH_COLUMNS})"


def quote(name: str) -> str:
    """The name as an SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def single(connection: SqlConnection, query: str) -> tuple[object, ...]:
    """The only row of a query's result."""
    # Fetch all: DuckDB treats a result that may have more rows as unfinished work.
    rows = connection.execute(query).fetchall()
    if not rows:
        raise JobError(f"A query that always has one row had none: {query[:80]}")
    return tuple(rows[0])


def copy_to(connection: "duckdb.DuckDBPyConnection", query: str, path: Path) -> None:
    """Write a query's rows in order, as Parquet if the file name ends so, else as CSV without a header."""
    path.parent.mkdir(parents=True, exist_ok=True)
    options = "FORMAT parquet" if path.suffix == ".parquet" else "FORMAT csv, HEADER false"
    connection.execute(f"COPY ({query}) TO {literal(str(path))} ({options})")
