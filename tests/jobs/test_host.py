import errno
import os
from pathlib import Path

import duckdb
import pytest

from jobs.database import connect
from jobs.errors import HostError, InputError
from jobs.host import host_error


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), "/secret/place"), "larger volume"),
        (OSError(errno.EMFILE, os.strerror(errno.EMFILE)), "limit of open files"),
        (PermissionError(errno.EACCES, os.strerror(errno.EACCES)), "permissions"),
        (FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT)), "a file is gone"),
        (OSError("of no number"), "start again"),
        (MemoryError(), "larger instance"),
        (duckdb.OutOfMemoryException("could not allocate block"), "larger instance"),
        (duckdb.OutOfMemoryException("failed to offload: max_temp_directory_size"), "larger volume"),
        (duckdb.IOException('Could not write file "/x/y": No space left on device'), "larger volume"),
        (duckdb.IOException('Cannot open file "/x/y": Permission denied'), "permissions"),
        (duckdb.IOException('Cannot open file "/x/y": Too many open files'), "limit of open files"),
        (duckdb.IOException('No files found that match the pattern "/x/y"'), "a file is gone"),
        (duckdb.IOException("something new"), "start again"),
        (duckdb.FatalException("invalidated: No space left on device"), "larger volume"),
    ],
)
def test_what_the_machine_lacks_is_said_with_a_remedy(error: Exception, said: str) -> None:
    lacked = host_error(error)
    assert lacked is not None
    assert said in str(lacked)
    assert "/" not in str(lacked)


@pytest.mark.parametrize(
    "error",
    [
        # What files hold may speak of anything.
        duckdb.InvalidInputException("Original Line: No space left on device"),
        duckdb.IOException("Unexpected end of GZIP stream: /x/a.csv.gz"),
        duckdb.BinderException("no such column"),
        ValueError("No space left on device"),
        InputError("a.csv was planned but is not there"),
    ],
)
def test_what_has_another_cause_is_not(error: Exception) -> None:
    assert host_error(error) is None


def test_it_is_raised_from_wherever_the_connection_is_used(tmp_path: Path) -> None:
    def fill(target: str) -> None:
        with connect("20MB") as (connection, _):
            connection.execute(f"COPY (FROM range(1000000)) TO '{target}' (FORMAT parquet)")

    with pytest.raises(HostError, match="larger volume") as raised:
        fill("/dev/full")
    assert isinstance(raised.value.__cause__, duckdb.IOException)
    with pytest.raises(HostError, match="a file is gone"):
        fill(str(tmp_path / "nowhere" / "x.parquet"))
