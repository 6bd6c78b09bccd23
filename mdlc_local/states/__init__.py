"""Step Functions: ministack's control plane, with moto's interpreter of the state language behind it."""

from typing import Any

from mdlc_local.states import control_plane


def install(app: Any) -> None:
    """Put the interpreter behind ministack's Step Functions."""
    del app
    control_plane.install()


def warm_up() -> None:
    """Load the interpreter before the first execution asks for it."""
    control_plane.interpreter().warm_up()
