"""How moto reads a machine: several at once, after one it could not read, and names of caught errors."""

from typing import Any

from mdlc_local import patches

PREPROCESSOR = "moto.stepfunctions.parser.asl.parse.preprocessor:Preprocessor"
ERROR_NAME = "moto.stepfunctions.parser.asl.component.common.error_name.custom_error_name:CustomErrorName"


def install() -> None:
    """Give each reading its own query language, and let Fail states end with names of caught errors."""
    _separate_query_languages()
    _accept_error_names()


def _separate_query_languages() -> None:
    # moto keeps the query languages of the states being read in one list for all readings: two executions
    # that start at once, or one machine that cannot be read, would leave their language to the next machine.
    patches.take(PREPROCESSOR, "_query_language_per_scope")

    def begin(self: Any) -> None:
        self._query_language_per_scope = []

    patches.replace(PREPROCESSOR, "__init__", begin)


def _accept_error_names() -> None:
    # The states language keeps the prefix `States.` for its own errors, and moto refuses it anywhere else.
    # `Error` of a Fail state can be an expression so that machines can pass on what they caught, and what
    # they catch most often is States.TaskFailed.
    patches.take(ERROR_NAME, "__init__", "self error_name")

    def accept(self: Any, error_name: str | None) -> None:
        self.error_name = error_name

    patches.replace(ERROR_NAME, "__init__", accept)
