"""Handles output that cannot be written: a program that reads it has ended, or a disk is full."""

from __future__ import annotations

import os
import sys
from typing import Any, NoReturn, TextIO, cast

from mdlc_cli.errors import CommandError

STATUS = 141
"""The exit status of a program that SIGPIPE ended (128 + 13), which shells expect here."""


class _Stream:
    """A text stream that ends the program, without a message, when nobody reads it any more (``| head``).

    Raises a `CommandError` when it cannot be written for another reason.

    The signal SIGPIPE itself stays ignored, because it would also end the program for a closed connection
    to AWS.
    """

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        try:
            return self._stream.write(text)
        except OSError as error:
            self._failed(error)

    def flush(self) -> None:
        try:
            self._stream.flush()
        except OSError as error:
            self._failed(error)

    def _failed(self, error: OSError) -> NoReturn:
        if isinstance(error, BrokenPipeError):
            end()
        _discard(self._stream.fileno())
        raise CommandError(f"the output cannot be written ({error.strerror}): make space where it goes")

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
    _discard(1, 2)
    raise SystemExit(STATUS)


def _discard(*numbers: int) -> None:
    """Has what is still written to these file descriptors discarded: Python flushes once more at its end."""
    nothing = os.open(os.devnull, os.O_WRONLY)
    for number in numbers:
        os.dup2(nothing, number)
    os.close(nothing)
