"""``python -m mdlc_cli`` is ``mdlc``."""

from mdlc_cli.app import main

main()
