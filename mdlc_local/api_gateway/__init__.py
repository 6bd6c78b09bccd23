"""API Gateway: ministack's REST APIs, completed by what our templates and their callers need."""

import importlib
from types import ModuleType


def install(app: ModuleType) -> None:
    """Complete ministack's REST APIs."""
    for part in (
        *("templates", "provisioning", "addresses", "requests", "validation", "callers"),
        "integrations",
    ):
        importlib.import_module(f"mdlc_local.api_gateway.{part}").install(app)
