"""The number of worker processes."""

import os


def workers() -> int:
    """The value of SAGEMAKER_MODEL_SERVER_WORKERS, or by default the number of cores of this container.

    Raises:
        ValueError: when the variable is not a positive integer.
    """
    text = os.environ.get("SAGEMAKER_MODEL_SERVER_WORKERS")
    if text is None:
        cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
        return cores or 1
    if not text.isdecimal() or int(text) < 1:
        raise ValueError(f"SAGEMAKER_MODEL_SERVER_WORKERS={text!r}: give a number from 1, or leave it out.")
    return int(text)
