"""SageMaker for the embedded AWS: jobs and endpoints as local processes, models, the registry."""

import importlib
import logging
import threading
from types import ModuleType

from mdlc_local import patches, scopes, service_events

log = logging.getLogger("mdlc_local.sagemaker")


def install(app: ModuleType) -> None:
    """Make `app` (ministack.app) answer SageMaker's API.

    Raises:
        ValueError: when the images file is invalid.
    """
    service = importlib.import_module("mdlc_local.sagemaker.service")
    service.images()
    service.api().install(app)
    scopes.check_seams()
    service_events.check_seams()
    patches.take("ministack.services.iam", "_roles")
    importlib.import_module("mdlc_local.sagemaker.authorization").install()
    importlib.import_module("mdlc_local.sagemaker.endpoints.invocations").install(app)
    importlib.import_module("mdlc_local.sagemaker.jobs.capacity").install()
    threading.Thread(target=_warm, daemon=True, name="sagemaker model").start()


def _warm() -> None:
    """Load in advance what the first request needs."""
    importlib.import_module("mdlc_local.sagemaker.model").service_model()
    if not importlib.import_module("mdlc_local.sagemaker.containers.opt_ml").literal():
        log.info("no literal /opt/ml on this system: jobs get SAGEMAKER_BASE_DIR")
