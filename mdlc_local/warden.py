"""A small program that ends the server's child processes after the server has ended, for whatever reason.

It reads ``+<group>`` and ``-<group>`` lines from its standard input. The pipe closes when the server ends,
even by SIGKILL; then every process group still listed gets SIGTERM, and SIGKILL after a grace period. It only
imports the standard library, because it runs as a plain script.
"""

import contextlib
import os
import signal
import sys
import time

GRACE_SECONDS = 3.0
"""Seconds from SIGTERM to SIGKILL."""


def alive(group: int) -> bool:
    """Whether any process of the group still runs."""
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
    """Track the server's process groups until the pipe closes, then end the remaining ones."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    groups: set[int] = set()
    for line in sys.stdin:
        change, group = line[:1], int(line[1:])
        (groups.add if change == "+" else groups.discard)(group)
    end_groups(groups)


if __name__ == "__main__":
    main()
