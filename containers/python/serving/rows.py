"""Reads raw rows as JSON Lines and computes their features by the feature program in the model's folder.

The program's archive contains its code (``code/``), so that the code is always of the release that fitted the
program. That release's tests check that it equals batch scoring.
"""

import importlib
import json
import sys
from pathlib import Path
from typing import Any

from serving.bodies import RequestError

_SHOWN_CHARACTERS = 40


class Rows:
    """Reads raw rows.

    Args:
        program: a ``jobs.serving.program.Program``.
    """

    def __init__(self, program: Any) -> None:
        self._program = program

    @classmethod
    def of(cls, folder: Path) -> "Rows | None":
        """The reader for the program in a model's folder; None when there is no program.

        Raises:
            ValueError: when the program is there without its code.
        """
        if not (folder / "program.json").is_file():
            return None
        code = folder / "code"
        if not (code / "jobs" / "serving").is_dir():
            raise ValueError(f"{folder} holds program.json without its code: pack the archive with pack.py.")
        if str(code) not in sys.path:
            sys.path.append(str(code))
        return cls(importlib.import_module("jobs.serving.program").Program.read(folder))

    def read(self, body: bytes) -> list[list[float]]:
        """The features of the rows.

        Raises:
            RequestError: when a row cannot be read; names the line, the column and the value.
        """
        features = []
        # Not splitlines: a JSON string may contain Unicode line separators.
        for number, line in enumerate(body.split(b"\n"), start=1):
            if not line.strip():
                continue
            try:
                row = json.loads(line)
            except (ValueError, RecursionError):
                row = None
            if not isinstance(row, dict):
                raise RequestError(f"Line {number}: {_shown(line)} is no JSON object: send one a line.")
            try:
                features.append(self._program.prepare(self._program.typed(row)))
            except ValueError as error:
                raise RequestError(f"Line {number}, {error}") from None
        if not features:
            raise RequestError("The body is empty: send one JSON object a line.")
        return features


def _shown(line: bytes) -> str:
    text = line.decode(errors="replace").strip()
    return text if len(text) <= _SHOWN_CHARACTERS else f"{text[:_SHOWN_CHARACTERS]}…"
