"""``mdlc tools``."""

from __future__ import annotations

from mdlc_cli import places
from mdlc_cli.commands import options
from mdlc_cli.output import progress, terminal
from mdlc_cli.tools import toolchain


def tools(as_json: options.AsJson = False) -> None:
    """Make the tools that mdlc needs: the CDK CLI and the environments of the local AWS."""
    toolchain.prepare_all()
    if as_json:
        terminal.write_json({"folder": str(places.cache_root())})
        return
    progress.stderr_console().print(f"All tools are in {places.cache_root()}", markup=False)
