"""Raw rows as JSON lines, prepared by the feature program that lies beside the model with its code.

The code comes with the program (``code/`` of its archive), so that it is always of the release that fitted
it, and the very one that batch scoring is tested to equal.
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
        """By the program of a model's folder; None when it has none.

        Raises:
            ValueError: when the program came without its code.
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
            RequestError: naming the line, and the column and value that do not fit.
        """
        features = []
        # Not splitlines: a text within JSON may hold what Unicode calls a line's end.
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
