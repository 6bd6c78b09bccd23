"""Which tests are slow, which run in one process, and what a quick one must not start."""

import contextlib
import re
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from xdist.scheduler import LoadScopeScheduling

ROOT = Path(__file__).resolve().parent
SLOW = ("end_to_end", "local", "wheel")
"""Folders of which every test is slow. Elsewhere a test or a module that is carries the mark."""

STARTED_BY_SLOW_TESTS_ALONE = re.compile(
    r"/mdlc_local(/__main__\.py)? .*--port|mdlc_cli local up|/java |/bin/cdk (deploy|synth|bootstrap)"
)
_LONGEST = ("retraining", "busy", "monitoring", "life")
"""Stories, the longest first."""

_STORY = re.compile(r'^pytestmark = chapters\(\s*"([^"]+)"', re.MULTILINE)
"""Where a module says which story it tells (`tests/end_to_end/chapters.py`)."""

_quick: pytest.Item | None = None
"""The test of the quick lane that runs now."""


def assign(item: pytest.Item) -> None:
    """Mark a test as slow if its folder is."""
    if item.path.relative_to(ROOT).parts[0] in SLOW:
        item.add_marker(pytest.mark.slow)


def rank(item: pytest.Item) -> tuple[int, int]:
    """Sorts the long ones first; the order within a file stays."""
    group = group_of(item.path)
    story = _LONGEST.index(group) if group in _LONGEST else len(_LONGEST)
    return (item.get_closest_marker("slow") is None, story)


@cache
def group_of(path: Path) -> str:
    """What runs in one process: a story, which tests of several files may tell, or the file alone."""
    story = _STORY.search(path.read_text(encoding="utf-8"))
    return story[1] if story else path.relative_to(ROOT).as_posix()


class GroupScheduling(LoadScopeScheduling):
    """Gives all tests of a group to one process.

    xdist's own `--dist=loadgroup` writes the group into the id of a test, which pytest 9.2 does not let it.
    """

    def _split_scope(self, nodeid: str) -> str:
        return group_of(ROOT.parent / nodeid.partition("::")[0])


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
