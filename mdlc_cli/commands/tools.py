"""``mdlc tools``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from mdlc_cli import places, progress, toolchain


def tools(
    launcher: Annotated[
        Path | None, typer.Option(help="Also write a `cdk` script here.", show_default=False)
    ] = None,
) -> None:
    """Make the tools that mdlc needs: the CDK CLI and the environments of the local AWS."""
    toolchain.prepare_all()
    if launcher is not None:
        toolchain.write_launcher(launcher)
    progress.stderr_console().print(f"All tools are in {places.cache_root()}", markup=False)
