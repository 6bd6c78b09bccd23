"""Makes the environment of a lock file in the user's cache, and prints its interpreter's path.

The embedded AWS runs ``python -m mdlc_cli.tools.image_environment LOCK`` when a job first needs a local
runtime. Progress goes to standard error, and so does the reason when it fails, as the last line.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from mdlc_cli.errors import CommandError
from mdlc_cli.tools import toolchain


def main(arguments: Sequence[str]) -> int:
    """Makes the environment if it is missing, and prints the path of its interpreter."""
    lock = Path(arguments[0])
    try:
        python = toolchain.image_python(lock)
    except (CommandError, OSError) as error:
        print(getattr(error, "detail", ""), error, sep="\n", file=sys.stderr)
        return 1
    print(python)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
