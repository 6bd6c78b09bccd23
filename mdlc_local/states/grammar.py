"""Patches moto's parser: separate query languages per definition, and `States.` errors in Fail states."""

from typing import Any

from mdlc_local import patches

PREPROCESSOR = "moto.stepfunctions.parser.asl.parse.preprocessor:Preprocessor"
ERROR_NAME = "moto.stepfunctions.parser.asl.component.common.error_name.custom_error_name:CustomErrorName"


def install() -> None:
    """Separate the query languages of definitions, and allow reserved error names in Fail states."""
    _separate_query_languages()
    _accept_error_names()


def _separate_query_languages() -> None:
    # moto keeps the query languages of the states being parsed in one list for all parsers. Definitions that
    # are parsed at the same time, or one that does not parse, would leave their language to the next one.
    patches.take(PREPROCESSOR, "_query_language_per_scope")

    def begin(self: Any) -> None:
        self._query_language_per_scope = []

    patches.replace(PREPROCESSOR, "__init__", begin)


def _accept_error_names() -> None:
    # The States Language reserves the prefix `States.` for its own errors, and moto rejects other uses. But
    # the `Error` of a Fail state may be an expression that passes on a caught error, most often
    # States.TaskFailed.
    patches.take(ERROR_NAME, "__init__", "self error_name")

    def accept(self: Any, error_name: str | None) -> None:
        self.error_name = error_name

    patches.replace(ERROR_NAME, "__init__", accept)
