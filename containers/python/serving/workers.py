"""How many processes serve."""

import os


def workers() -> int:
    """One process a core that this container may use; SAGEMAKER_MODEL_SERVER_WORKERS says otherwise.

    Raises:
        ValueError: when the variable is no positive number.
    """
    text = os.environ.get("SAGEMAKER_MODEL_SERVER_WORKERS")
    if text is None:
        cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
        return cores or 1
    if not text.isdecimal() or int(text) < 1:
        raise ValueError(f"SAGEMAKER_MODEL_SERVER_WORKERS={text!r}: give a number from 1, or leave it out.")
    return int(text)
