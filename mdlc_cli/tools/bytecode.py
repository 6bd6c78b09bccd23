"""Compiles the modules that a CDK app imports to bytecode.

uv installs modules without compiling them, and where ``PYTHONDONTWRITEBYTECODE`` is set, every process would
compile them again. aws_cdk has 180 MB of source, of which an app imports little; so only modules that an app
imports are compiled, by importing them.
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
    """Compile the modules in a process that runs in parallel to the block; failures are ignored."""
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
