"""The container's entry point: serves the model of ``model.py`` until SIGTERM.

After SIGTERM it answers all requests that were sent before, then ends (`serving.ending`). SageMaker sends
SIGKILL thirty seconds after SIGTERM.
"""

import os
import sys
from typing import Any

import uvicorn

from serving.workers import workers

GRACE_SECONDS = 25
"""With `serving.ending.LINGER_SECONDS`, less than SageMaker's 30 seconds between SIGTERM and SIGKILL."""

KEEP_ALIVE_SECONDS = 120
"""Long, so that the platform closes idle connections: if the server closes one, a request may be lost."""


def main(arguments: list[str]) -> None:
    """Serve; SageMaker passes the argument ``serve``.

    Raises:
        SystemExit: for other arguments, or when the model cannot be loaded.
    """
    if arguments not in ([], ["serve"]):
        sys.exit(f"This image serves; it does not know {' '.join(arguments)!r}: give no argument, or serve.")
    # One process for each core is running, so libraries must not start more threads.
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    serve("serving.app:application")


def serve(application: str, **options: Any) -> None:
    """Serve an ASGI application until SIGTERM.

    Args:
        application: named as ``module:attribute``.
        options: further options of uvicorn.
    """
    uvicorn.run(
        application,
        **options,
        host=os.environ.get("MDLC_BIND_HOST", "0.0.0.0"),
        port=int(os.environ.get("SAGEMAKER_BIND_TO_PORT", "8080")),
        workers=workers(),
        loop="uvloop",
        http="httptools",
        ws="none",
        lifespan="on",
        access_log=False,
        log_level="warning",
        server_header=False,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=GRACE_SECONDS,
    )


if __name__ == "__main__":
    main(sys.argv[1:])
