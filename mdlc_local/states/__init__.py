"""Step Functions: ministack's control plane with moto's interpreter of the Amazon States Language."""

import importlib
from types import ModuleType


def install(app: ModuleType) -> None:
    """Connect ministack's Step Functions to the interpreter."""
    del app
    for part in ("control_plane", "creation", "express", "activity_tasks", "single_states"):
        importlib.import_module(f"mdlc_local.states.{part}").install()


def warm_up() -> None:
    """Load the interpreter before the first execution needs it."""
    importlib.import_module("mdlc_local.states.control_plane").interpreter().warm_up()
