"""Which tests are slow, which run in one process, and what a quick one must not start."""

import contextlib
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parent
SLOW = ("end_to_end", "local", "wheel")
"""Folders of which every test is slow. Elsewhere a test or a module that is carries the mark."""

STARTED_BY_SLOW_TESTS_ALONE = re.compile(
    r"/mdlc_local(/__main__\.py)? .*--port|mdlc_cli local up|/java |/bin/cdk (deploy|synth|bootstrap)"
)
_LONGEST = ("retraining", "busy", "monitoring", "life")
"""Stories, the longest first."""

_quick: pytest.Item | None = None
"""The test of the quick lane that runs now."""


def assign(item: pytest.Item) -> None:
    """Mark a test as slow if its folder is, and let the tests of one file run in one process."""
    path = item.path.relative_to(ROOT)
    if path.parts[0] in SLOW:
        item.add_marker(pytest.mark.slow)
    if item.get_closest_marker("xdist_group") is None:
        # The name stands behind each test's in what pytest prints.
        item.add_marker(pytest.mark.xdist_group(path.with_suffix("").as_posix()))


def rank(item: pytest.Item) -> tuple[int, int]:
    """Sorts the long ones first; the order within a file stays."""
    (group, *_) = item.get_closest_marker("xdist_group").args  # type: ignore[union-attr]
    story = _LONGEST.index(group) if group in _LONGEST else len(_LONGEST)
    return (item.get_closest_marker("slow") is None, story)


@contextlib.contextmanager
def guarded(item: pytest.Item) -> Iterator[None]:
    """While a quick test runs, it is an error to start what takes seconds to start."""
    global _quick
    _quick = item if item.get_closest_marker("slow") is None else None
    try:
        yield
    finally:
        _quick = None


def _look(event: str, arguments: tuple[Any, ...]) -> None:
    if event != "subprocess.Popen" or _quick is None:
        return
    words = arguments[1] if isinstance(arguments[1], list | tuple) else [arguments[1]]
    command = " ".join(map(str, words))
    if STARTED_BY_SLOW_TESTS_ALONE.search(f"{command} "):
        raise RuntimeError(f"{_quick.nodeid} starts `{command}`: mark it with pytest.mark.slow")


sys.addaudithook(_look)
