"""Starts the twin: gunicorn with gevent workers, MODEL_SERVER_WORKERS or by default one for each core.

In the example, nginx forwards to gunicorn on a Unix socket. nginx is not available as a Python package, so
gunicorn listens itself; this saves a hop, which favours the twin.
"""

import multiprocessing
import os
import sys
from pathlib import Path


def main() -> None:
    """Replace this process by gunicorn."""
    port = os.environ.get("SAGEMAKER_BIND_TO_PORT", "8080")
    timeout = os.environ.get("MODEL_SERVER_TIMEOUT", "60")
    workers = os.environ.get("MODEL_SERVER_WORKERS", str(multiprocessing.cpu_count()))
    command = [sys.executable, "-m", "gunicorn", "--timeout", timeout, "-k", "gevent"]
    command += ["-b", f"127.0.0.1:{port}", "-w", workers, "predictor:app"]
    os.chdir(Path(__file__).resolve().parent)
    os.execv(sys.executable, command)


if __name__ == "__main__":
    main()
