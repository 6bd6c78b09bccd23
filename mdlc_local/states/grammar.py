"""Reading machines, several at once and after a machine that could not be read."""

from typing import Any

from mdlc_local import patches

PREPROCESSOR = "moto.stepfunctions.parser.asl.parse.preprocessor:Preprocessor"


def install() -> None:
    """Give each reading its own query language.

    moto keeps the query languages of the states being read in one list for all readings: two executions that
    start at once, or one machine that cannot be read, would leave their language to the next machine.
    """
    patches.take(PREPROCESSOR, "_query_language_per_scope")

    def begin(self: Any) -> None:
        self._query_language_per_scope = []

    patches.replace(PREPROCESSOR, "__init__", begin)
