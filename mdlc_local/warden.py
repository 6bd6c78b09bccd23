"""A tiny program that outlives the server by seconds, to end its child processes whatever ended it.

It reads ``+<group>`` and ``-<group>`` lines from its standard input. The pipe closes when the server ends,
even by SIGKILL; then every process group still listed gets SIGTERM, and SIGKILL after a grace period. Imports
nothing but the standard library, because it runs as a plain script.
"""

import contextlib
import os
import signal
import sys
import time

GRACE_SECONDS = 3.0
"""How long a process group may take to end by itself after SIGTERM."""


def alive(group: int) -> bool:
    """Whether any process of the group is left."""
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def end_groups(groups: set[int], grace_seconds: float = GRACE_SECONDS) -> None:
    """End all process groups: SIGTERM to each, then SIGKILL to those left after `grace_seconds` in all."""
    for group in groups:
        with contextlib.suppress(OSError):
            os.killpg(group, signal.SIGTERM)
    deadline = time.monotonic() + grace_seconds
    left = {group for group in groups if alive(group)}
    while left and time.monotonic() < deadline:
        time.sleep(0.02)
        left = {group for group in left if alive(group)}
    for group in left:
        with contextlib.suppress(OSError):
            os.killpg(group, signal.SIGKILL)


def main() -> None:
    """Follow the server's list of groups until the pipe closes, then end what is left."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    groups: set[int] = set()
    for line in sys.stdin:
        change, group = line[:1], int(line[1:])
        (groups.add if change == "+" else groups.discard)(group)
    end_groups(groups)


if __name__ == "__main__":
    main()
