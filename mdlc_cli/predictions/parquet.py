"""Searches and converts Parquet and CSV files with DuckDB, in a separate environment (decision record 18)."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

from mdlc_cli.errors import ToolFailedError
from mdlc_cli.tools import toolchain
from mdlc_cli.tools.tool_process import clean_environment

# Cached, because checking that the environment is usable starts a process.
_python = cache(toolchain.table_python)
PROGRAM = Path(__file__).with_name("parquet_query.py")
EXPORT_PROGRAM = Path(__file__).with_name("parquet_export.py")


def rows(
    paths: Sequence[Path], equal: Mapping[str, str], kind: str = "parquet", *, number: int | None = None
) -> list[dict[str, Any]]:
    """The rows of files with these column values; each has its file's name under `parquet_query.FILE`.

    Args:
        paths: the files.
        equal: the wanted value by column, as text.
        kind: `parquet` or `csv` (with a header; all values stay text).
        number: the number, from 1, of the only row of a single file to return; None for any.

    Raises:
        ToolFailedError: the files cannot be read, or do not have the columns.
    """
    asked = {
        "files": [str(path) for path in paths],
        "equal": dict(equal),
        "format": kind,
        "number": number,
    }
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


class Converter:
    """A running process that converts Parquet files; made by `converter`."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def export(self, files: Sequence[Path], to: Path, kind: str, *, header: bool = True) -> int:
        """Writes all rows of files to one file; returns how many.

        Args:
            files: Parquet files.
            to: the file to write.
            kind: `csv`, `jsonl` or `parquet`.
            header: whether a CSV file begins with the columns' names.

        Raises:
            ToolFailedError: the files cannot be read, or the file cannot be written.
        """
        answer = self._answer(
            {"export": kind, "files": [str(file) for file in files], "to": str(to), "header": header}
        )
        return int(answer["rows"])

    def quantiles(self, files: Sequence[Path], column: str, at: Sequence[float]) -> list[Any]:
        """Quantiles of a column over all rows of files; empty without rows.

        Raises:
            ToolFailedError: the files cannot be read.
        """
        answer = self._answer({"quantiles": column, "files": [str(file) for file in files], "at": list(at)})
        return list(answer["values"])

    def _answer(self, request: Mapping[str, Any]) -> dict[str, Any]:
        assert self._process.stdin is not None and self._process.stdout is not None
        line = ""
        try:
            self._process.stdin.write(json.dumps(request) + "\n")
            self._process.stdin.flush()
            line = self._process.stdout.readline()
        except BrokenPipeError:
            # The process has ended; its standard error says why.
            pass
        if not line:
            assert self._process.stderr is not None
            reason = self._process.stderr.read().strip()
            names = ", ".join(Path(file).name for file in request["files"])
            raise ToolFailedError(
                f"{names} cannot be converted ({_last(reason)}): look whether the file is whole and the disk "
                "has space",
                detail=reason,
            )
        answer: dict[str, Any] = json.loads(line)
        return answer


@contextmanager
def converter() -> Iterator[Converter]:
    """A process that converts Parquet files, one after the other."""
    process = subprocess.Popen(
        [str(_python()), "-I", str(EXPORT_PROGRAM)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=clean_environment(),
    )
    try:
        with process:
            try:
                yield Converter(process)
            except BaseException:
                process.kill()
                raise
    finally:
        process.wait()


def _last(text: str) -> str:
    return text.splitlines()[-1].strip() if text else "it ended without a word"
