"""The folders of SageMaker's contract; SAGEMAKER_BASE_DIR replaces ``/opt/ml``."""

import os
from pathlib import Path

CODE = Path(__file__).resolve().parent.parent / "own"
"""The team's directory in the image."""


def base() -> Path:
    """``/opt/ml``, or the folder that stands for it."""
    return Path(os.environ.get("SAGEMAKER_BASE_DIR", "/opt/ml"))


def own_code() -> Path:
    """The team's directory: MDLC_CONTAINER_CODE, or by default the one in the image."""
    return Path(os.environ.get("MDLC_CONTAINER_CODE", CODE))
