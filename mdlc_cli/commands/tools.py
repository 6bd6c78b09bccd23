"""``mdlc tools``."""

from __future__ import annotations

from mdlc_cli import places, progress, toolchain


def tools() -> None:
    """Make the tools that mdlc needs: the CDK CLI and the environments of the local AWS."""
    toolchain.prepare_all()
    progress.stderr_console().print(f"All tools are in {places.cache_root()}", markup=False)
