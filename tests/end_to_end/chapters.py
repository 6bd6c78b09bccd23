"""Tests that tell one story: each may be run alone, and what comes before it is then lived through first.

A story deploys a team once and goes on from test to test, since a training takes half a minute. A module says
where its tests stand in it::

    pytestmark = chapters("life", after=(test_life_of_a_model,))
"""

import inspect
import itertools
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any

import pytest

MARK = "chapters"

Chapter = Callable[..., None]

_told: set[tuple[str, str]] = set()
"""Module and name of the tests that ran in this process, whatever came of them."""


def chapters(
    story: str, *, after: tuple[ModuleType, ...] = (), in_order: bool = True
) -> pytest.MarkDecorator:
    """The mark of a module whose tests tell a story.

    Args:
        story: modules of one story run in one process, and so on one embedded AWS.
        after: modules whose tests come before, in order; their fixtures must be imported here as well.
        in_order: whether each test of the module goes on where the one before it stopped.
    """
    return pytest.mark.chapters(story=story, after=after, in_order=in_order)


def tell(chapter: Chapter) -> None:
    """Note that a test runs."""
    _told.add((chapter.__module__, chapter.__name__))


def modules_before(request: pytest.FixtureRequest) -> None:
    """Run the tests of the modules that come before a module, those that have not run yet."""
    mark = request.node.get_closest_marker(MARK)
    for module in mark.kwargs["after"] if mark else ():
        for chapter in _chapters(module):
            _run(chapter, request)


def tests_before(request: pytest.FixtureRequest) -> None:
    """Run the tests of its module that come before a test, those that have not run yet."""
    mark = request.node.get_closest_marker(MARK)
    if mark is not None and mark.kwargs["in_order"]:
        for chapter in _chapters(request.module):
            if chapter.__name__ == request.function.__name__:
                break
            _run(chapter, request)


def _chapters(module: ModuleType) -> Iterator[Chapter]:
    """The tests of a module, as it defines them."""
    for name, value in vars(module).items():
        if name.startswith("test_") and inspect.isfunction(value):
            yield value


def _run(chapter: Chapter, request: pytest.FixtureRequest) -> None:
    if (chapter.__module__, chapter.__name__) in _told:
        return
    tell(chapter)
    for case in _cases(chapter):
        names = [name for name in inspect.signature(chapter).parameters if name not in case]
        chapter(**case, **{name: request.getfixturevalue(name) for name in names})


def _cases(chapter: Chapter) -> Iterator[dict[str, Any]]:
    """What `pytest.mark.parametrize` gives a test, case by case; one empty case where nothing does."""
    marks = [mark for mark in getattr(chapter, "pytestmark", []) if mark.name == "parametrize"]
    for cases in itertools.product(*(mark.args[1] for mark in marks)):
        given: dict[str, Any] = {}
        for mark, case in zip(marks, cases, strict=True):
            named = [mark.args[0]] if isinstance(mark.args[0], str) else mark.args[0]
            values = case.values if hasattr(case, "marks") else case if len(named) > 1 else (case,)
            given |= dict(zip(named, values, strict=True))
        yield given
