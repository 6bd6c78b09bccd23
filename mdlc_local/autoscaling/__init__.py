"""Application Auto Scaling for the embedded AWS: scales the instance counts of SageMaker's endpoints."""

import importlib
import threading
from types import ModuleType

SERVICE = "application-autoscaling"


def install(app: ModuleType) -> None:
    """Make `app` (ministack.app) answer Application Auto Scaling's API, and start the scaling engine."""
    service = importlib.import_module("mdlc_local.autoscaling.service")
    engine = importlib.import_module("mdlc_local.autoscaling.engine")
    patches = importlib.import_module("mdlc_local.patches")
    patches.take(app.__name__, "SERVICE_REGISTRY")[SERVICE] = {"module": SERVICE}
    patches.take(app.__name__, "_loaded_modules")[SERVICE] = service
    patches.take(app.__name__, "SERVICE_HANDLERS")[SERVICE] = service.handle_request
    patterns = patches.take("ministack.core.router", "SERVICE_PATTERNS")
    patterns[SERVICE] = {"target_prefixes": [service.TARGET_PREFIX]}
    importlib.import_module("mdlc_local.autoscaling.schedules").check_seams()
    threading.Thread(target=engine.run, daemon=True, name="autoscaling").start()
