"""Names of errors that a machine raises again."""

from typing import Any

from mdlc_local import patches

ERROR_NAME = "moto.stepfunctions.parser.asl.component.common.error_name.custom_error_name:CustomErrorName"


def install() -> None:
    """Let a Fail state end with the name of an error it caught, such as States.TaskFailed.

    The states language keeps the prefix `States.` for errors of its own, and moto refuses it anywhere else.
    `Error` of a Fail state can be an expression so that machines can pass on what they caught, and what they
    catch most often is States.TaskFailed.
    """
    patches.take(ERROR_NAME, "__init__", "self error_name")

    def accept(self: Any, error_name: str | None) -> None:
        self.error_name = error_name

    patches.replace(ERROR_NAME, "__init__", accept)
