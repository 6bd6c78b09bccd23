"""The DuckDB connection that jobs work with: capped in memory, spilling to disk, reaching no network."""

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
_BYTES_PER_THREAD = 100 * 10**6  # below this a thread's buffers alone can exhaust the cap

_PATTERN = re.compile(r"[*?\[]")

# By default DuckDB takes a folder such as month=01 for a column, which no file has.
NO_PATH_COLUMNS = "hive_partitioning = false"


class SqlResult(Protocol):
    """What a query gave."""

    def fetchall(self) -> list[tuple[Any, ...]]:
        """All rows."""


class SqlConnection(Protocol):
    """What answers SQL in DuckDB's dialect: DuckDB itself, or another engine behind a translation.

    Code that asks for no more than this runs on both (see `jobs.spark`).
    """

    def execute(self, query: str, /) -> SqlResult:
        """Ask a query."""


@contextmanager
def connect(
    memory: str | None = None, *, share: float = 1.0
) -> "Iterator[tuple[duckdb.DuckDBPyConnection, Path]]":
    """A connection and a folder for intermediate files; both are gone afterwards.

    On SageMaker the folder is on the job's own disk, so that ``volume_gb`` is what bounds it; elsewhere it is
    a temporary one.

    Args:
        memory: the most memory that queries may hold, for example "256MB"; what is more spills to the
            folder. By default four fifths of the machine's.
        share: how much of that default queries may hold, where other work is done beside them.

    Raises:
        JobError: when ``memory`` cannot be read.
        HostError: for what the machine lacked, such as disk or memory, while this was used.
    """
    import duckdb  # Spark's image has none, and asks this module for its SQL only

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
        # Writing in the background gains nothing on a local disk, and DuckDB 2.0.0 waits for itself for ever
        # now and then when a COPY fails meanwhile, as it does on a file that cannot be read.
        connection.execute("SET async_threads = 0")
        connection.execute("SET TimeZone = 'UTC'")
        # A job reads what SageMaker put on the disk and nothing else; DuckDB must not try to fetch
        # extensions.
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
    """Bytes that a size such as "256MB" or "1.5GiB" stands for.

    Raises:
        JobError: when it is no size.
    """
    match = re.fullmatch(r"(\d+(?:\.\d+)?)\s*([KMGT]i?B)", text.strip(), re.IGNORECASE)
    if not match:
        raise JobError(f"--memory {text!r} is no size: give for example 256MB or 2GB.")
    return int(float(match[1]) * _BYTES[match[2].upper()])


def literal(text: str) -> str:
    """The text as an SQL literal."""
    return "'" + text.replace("'", "''") + "'"


def file_name(path: Path) -> str:
    """The name by which DuckDB opens this very file, and which its column ``filename`` holds.

    DuckDB takes every name with ``*``, ``?`` or ``[`` for a pattern, without an option, so such a
    file, or one in such a folder, is opened by a link. A whole path is never taken for a URL.
    """
    text = os.path.abspath(path)
    if not _PATTERN.search(text):
        return text
    # DuckDB decides by a name's end whether the file is compressed.
    ending = path.suffix if path.suffix[1:].isalnum() else ""
    link = _links() / (hashlib.sha256(os.fsencode(text)).hexdigest()[:32] + ending)
    if not link.is_symlink():
        link.symlink_to(text)
    return str(link)


@cache
def _links() -> Path:
    """A folder of this process for links, in the first place whose own name is no pattern."""
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
    """These very files as a list in SQL, for the functions that read files."""
    return "[" + ", ".join(literal(file_name(path)) for path in paths) + "]"


def parquet(*paths: Path) -> str:
    """The table that Parquet files are together, in SQL."""
    return f"read_parquet({files(paths)}, {NO_PATH_COLUMNS})"


def quote(name: str) -> str:
    """The name as an SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def single(connection: SqlConnection, query: str) -> tuple[object, ...]:
    """The one row that a query answers."""
    # All are fetched: DuckDB takes a result that may have more rows for unfinished work.
    rows = connection.execute(query).fetchall()
    if not rows:
        raise JobError(f"A query that always has one row had none: {query[:80]}")
    return tuple(rows[0])


def copy_to(connection: "duckdb.DuckDBPyConnection", query: str, path: Path) -> None:
    """Write a query's rows in its order: as CSV without a header, or as Parquet, by the file's name."""
    path.parent.mkdir(parents=True, exist_ok=True)
    options = "FORMAT parquet" if path.suffix == ".parquet" else "FORMAT csv, HEADER false"
    connection.execute(f"COPY ({query}) TO {literal(str(path))} ({options})")
