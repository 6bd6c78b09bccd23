"""How probes run tasks of machines, and wait."""

from __future__ import annotations

import time
from typing import Any

from mdlc_cli.conformance.bench import Bench, UnansweredError, chosen
from mdlc_cli.conformance.probe import Observation

GUIDE = "https://docs.aws.amazon.com/step-functions/latest/dg"
ERRORS = f"{GUIDE}/concepts-error-handling.html"


def task(resource: str, arguments: dict[str, Any], **more: Any) -> dict[str, Any]:
    """A Task of an integration such as `aws-sdk:s3:putObject`."""
    return {"Type": "Task", "Resource": f"arn:aws:states:::{resource}", "Arguments": arguments, **more}


def failed(execution: dict[str, Any]) -> Observation:
    """The status and the error of an execution; its cause is not compared."""
    return Observation(
        answer=chosen(execution, "status", "error"), notes=chosen(execution, "cause", "output")
    )


def wait_until(bench: Bench, look: Any, seconds: float) -> Any:
    """The first answer of `look` that is not None.

    Raises:
        UnansweredError: there is none within `seconds`.
    """
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        value = look()
        if value is not None:
            return value
        time.sleep(bench.pause)
    raise UnansweredError(f"nothing was to be seen within {seconds:.0f} s")
