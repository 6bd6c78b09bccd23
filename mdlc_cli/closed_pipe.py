"""Ends a command quietly when the program that reads its output has ended, as in ``mdlc audit | head``."""

from __future__ import annotations

import os
import sys
from typing import Any, NoReturn, TextIO, cast

STATUS = 141
"""The exit status of a program that SIGPIPE ended (128 + 13), which shells expect here."""


class _Stream:
    """A text stream that ends the program, without a message, when nobody reads it any more.

    The signal SIGPIPE itself stays ignored, because it would also end the program for a closed connection
    to AWS.
    """

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        try:
            return self._stream.write(text)
        except BrokenPipeError:
            end()

    def flush(self) -> None:
        try:
            self._stream.flush()
        except BrokenPipeError:
            end()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


def handle() -> None:
    """Replaces standard output and standard error by streams that end the program quietly."""
    sys.stdout = cast(TextIO, _Stream(sys.stdout))
    sys.stderr = cast(TextIO, _Stream(sys.stderr))


def end() -> NoReturn:
    """Ends the program quietly.

    Raises:
        SystemExit: always.
    """
    # Python flushes both streams once more when it ends.
    nothing = os.open(os.devnull, os.O_WRONLY)
    for number in (1, 2):
        os.dup2(nothing, number)
    raise SystemExit(STATUS)
