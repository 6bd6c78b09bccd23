"""CodeBuild for the embedded AWS: a build is processes of this machine that run a buildspec for real."""

import importlib
from types import ModuleType


def install(app: ModuleType) -> None:
    """Make `app` (ministack.app) answer CodeBuild's API, whose own builds end without having run anything."""
    importlib.import_module("mdlc_local.code_build.service").API.install(app)
    importlib.import_module("mdlc_local.code_build.provisioning").install()
