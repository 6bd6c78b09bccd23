"""Application Auto Scaling for the embedded AWS: scales the instance counts of SageMaker's endpoints."""

import importlib
import threading
from types import ModuleType


def install(app: ModuleType) -> None:
    """Make `app` (ministack.app) answer Application Auto Scaling's API, and start the scaling engine."""
    importlib.import_module("mdlc_local.autoscaling.service").API.install(app)
    importlib.import_module("mdlc_local.autoscaling.schedules").check_seams()
    engine = importlib.import_module("mdlc_local.autoscaling.engine")
    threading.Thread(target=engine.run, daemon=True, name="autoscaling").start()
