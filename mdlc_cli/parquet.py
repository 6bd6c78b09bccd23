"""Searches Parquet and CSV files with DuckDB, in a separate environment (decision record 18)."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from mdlc_cli import toolchain
from mdlc_cli.errors import ToolFailedError
from mdlc_cli.tool_process import clean_environment

# Cached, because checking that the environment is usable starts a process.
_python = cache(toolchain.table_python)
PROGRAM = Path(__file__).with_name("parquet_query.py")


def rows(paths: Sequence[Path], equal: Mapping[str, str], kind: str = "parquet") -> list[dict[str, Any]]:
    """The rows of files with these column values; each has its file's name under `parquet_query.FILE`.

    Args:
        paths: the files.
        equal: the wanted value by column, as text.
        kind: `parquet` or `csv` (with a header; all values stay text).

    Raises:
        ToolFailedError: the files cannot be read, or do not have the columns.
    """
    asked = {"files": [str(path) for path in paths], "equal": dict(equal), "format": kind}
    done = subprocess.run(
        [str(_python()), "-I", str(PROGRAM)],
        input=json.dumps(asked),
        capture_output=True,
        text=True,
        env=clean_environment(),
    )
    if done.returncode != 0:
        names = ", ".join(sorted({path.name for path in paths}))
        raise ToolFailedError(
            f"{names} cannot be searched: look whether the files are whole", detail=done.stderr.strip()
        )
    matching: list[dict[str, Any]] = json.loads(done.stdout)
    return matching
