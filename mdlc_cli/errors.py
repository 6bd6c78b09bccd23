"""The errors that the command line shows as one sentence instead of a traceback."""

from __future__ import annotations


class CommandError(Exception):
    """An error that the user can correct; its message is one sentence with the remedy.

    ``detail`` is printed with the sentence, unchanged, such as the last lines of a log.
    """

    def __init__(self, sentence: str, *, detail: str = "") -> None:
        super().__init__(sentence)
        self.detail = detail


class MissingToolError(CommandError):
    """A tool that mdlc needs is not installed."""


class ToolFailedError(CommandError):
    """A tool ended with an error; its last output lines are the detail."""
