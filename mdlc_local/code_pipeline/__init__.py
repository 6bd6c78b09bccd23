"""CodePipeline for the embedded AWS: pipelines of type V2 whose actions really run."""

import importlib
from types import ModuleType


def install(app: ModuleType) -> None:
    """Make `app` (ministack.app) answer CodePipeline's API, and provision pipelines and connections."""
    importlib.import_module("mdlc_local.code_pipeline.service").API.install(app)
    importlib.import_module("mdlc_local.code_pipeline.actions.cloudformation").install()
    importlib.import_module("mdlc_local.code_pipeline.provisioning").install()
