"""The container's program: serves the model of ``model.py`` until it is told to stop.

SIGTERM ends it once every request that was sent before is answered (`serving.ending`). SageMaker sends
SIGKILL thirty seconds later.
"""

import os
import sys

import uvicorn

from serving.workers import workers

GRACE_SECONDS = 25
"""With `serving.ending.LINGER_SECONDS` shorter than what SageMaker waits between SIGTERM and SIGKILL."""

KEEP_ALIVE_SECONDS = 120
"""Long, so that it is the platform that closes idle connections: one closed from here may lose a request."""


def main(arguments: list[str]) -> None:
    """Serve; SageMaker's only argument is ``serve``.

    Raises:
        SystemExit: when told to do something else, or when the model cannot be loaded.
    """
    if arguments not in ([], ["serve"]):
        sys.exit(f"This image serves; it does not know {' '.join(arguments)!r}: give no argument, or serve.")
    # A process a core: libraries that bring threads of their own must not start more.
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    uvicorn.run(
        "serving.app:application",
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
