"""The errors that the command line shows as one sentence instead of a traceback."""

from __future__ import annotations


class CommandError(Exception):
    """Something the person at the keyboard can put right; its text is one sentence with the remedy.

    ``detail`` is shown below the sentence as it is: the last lines of a log, for example.
    """

    def __init__(self, sentence: str, *, detail: str = "") -> None:
        super().__init__(sentence)
        self.detail = detail


class MissingToolError(CommandError):
    """A tool that mdlc stands on is not there."""


class ToolFailedError(CommandError):
    """A tool was there and ended with an error; its last lines are the detail."""
