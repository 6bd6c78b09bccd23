"""The container that a stand-in runs in: its folders, its log and how it reports a failure."""

import os
import sys
from importlib import metadata
from pathlib import Path

CUSTOMER_ERROR = 2
"""The images' exit status for an error of the request or the data; SageMaker reports it as ClientError."""


def base() -> Path:
    """The container's /opt/ml."""
    return Path(os.environ.get("SAGEMAKER_BASE_DIR", "/opt/ml"))


def model_folder() -> Path:
    """The folder of the model, which exists."""
    folder = base() / "model"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


class CustomerError(Exception):
    """An error that the user can correct; its text becomes the job's FailureReason."""


def log(line: str) -> None:
    """Print one line of the container's log."""
    print(line, flush=True)


def quality(channel: str, metric: str, value: float, kind: str = "loss") -> None:
    """Print a metric in the images' form; `kind` is ``loss`` or ``score``."""
    log(f"#quality_metric: host={host()}, {channel} {metric} <{kind}>={value:.10g}")


def host() -> str:
    """The name of this host among the training job's."""
    return os.environ.get("SM_CURRENT_HOST", "algo-1")


def report(error: CustomerError) -> int:
    """Write the reason of a failure where SageMaker reads it; returns the exit status."""
    output = base() / "output"
    output.mkdir(exist_ok=True)
    (output / "failure").write_text(str(error))
    print(f"Customer Error: {error}", file=sys.stderr, flush=True)
    return CUSTOMER_ERROR


def versions(*packages: str) -> str:
    """The installed versions of packages, such as ``scikit-learn 1.9.1``."""
    return ", ".join(f"{package} {metadata.version(package)}" for package in packages)
