"""``python -m mdlc_cli`` is ``mdlc``."""

from mdlc_cli.entry import mdlc

mdlc()
