"""API Gateway: adds to ministack's REST APIs what the library's templates and their callers need."""

import importlib
from types import ModuleType


def install(app: ModuleType) -> None:
    """Patch ministack's REST APIs."""
    for part in (
        *("templates", "provisioning", "addresses", "requests", "validation", "callers"),
        "integrations",
    ):
        importlib.import_module(f"mdlc_local.api_gateway.{part}").install(app)
