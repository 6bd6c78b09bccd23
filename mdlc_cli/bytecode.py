"""Compiles what a CDK app imports: each process would, where ``PYTHONDONTWRITEBYTECODE`` is set.

uv installs modules without compiling them. Those of aws_cdk are 180 MB of source, of which an app imports
few: so they are compiled by importing them.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

_ASSETS = "mdlc_constructs._assets"
_IMPORTING = f"""
import contextlib, importlib, pkgutil, mdlc_constructs
for module in pkgutil.walk_packages(mdlc_constructs.__path__, "mdlc_constructs."):
    if not module.name.startswith({_ASSETS!r}):
        # What an extra of its own brings is not needed.
        with contextlib.suppress(ImportError):
            importlib.import_module(module.name)
with contextlib.suppress(ImportError):
    import mdlc_cli.app
"""


@contextmanager
def compiling() -> Iterator[None]:
    """Compile them beside what is done inside; a failure costs only time, later."""
    variables = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    process = subprocess.Popen(
        [sys.executable, "-c", _IMPORTING],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env=variables,
    )
    try:
        yield
    except BaseException:
        process.kill()
        raise
    finally:
        process.wait()
