"""Application Auto Scaling for the embedded AWS: the instance counts of SageMaker's endpoints, acted on."""

import importlib
import threading
from types import ModuleType

SERVICE = "application-autoscaling"


def install(app: ModuleType) -> None:
    """Make `app` (ministack.app) answer Application Auto Scaling's API, and act on alarms and schedules."""
    service = importlib.import_module("mdlc_local.autoscaling.service")
    engine = importlib.import_module("mdlc_local.autoscaling.engine")
    seams = importlib.import_module("mdlc_local.seams")
    seams.take(app.__name__, "SERVICE_REGISTRY")[SERVICE] = {"module": SERVICE}
    seams.take(app.__name__, "_loaded_modules")[SERVICE] = service
    seams.take(app.__name__, "SERVICE_HANDLERS")[SERVICE] = service.handle_request
    patterns = seams.take("ministack.core.router", "SERVICE_PATTERNS")
    patterns[SERVICE] = {"target_prefixes": [service.TARGET_PREFIX]}
    importlib.import_module("mdlc_local.autoscaling.schedules").check_seams()
    threading.Thread(target=engine.run, daemon=True, name="autoscaling").start()
