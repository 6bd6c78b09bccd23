"""A test of a story runs alone: what comes before it is lived through first, and once."""

from types import ModuleType, SimpleNamespace
from typing import Any, cast

import pytest

from tests.end_to_end import chapters


class Request:
    """What a fixture knows of the test that asks for it."""

    def __init__(self, module: ModuleType, name: str, mark: pytest.MarkDecorator) -> None:
        self.module = module
        self.function = getattr(module, name)
        self.node = SimpleNamespace(get_closest_marker=lambda _: mark.mark)

    def getfixturevalue(self, name: str) -> str:
        return f"the {name}"


def a_module(name: str, source: str, told: list[Any]) -> ModuleType:
    module = ModuleType(name)
    module.__dict__.update(told=told, pytest=pytest)
    exec(source, module.__dict__)
    return module


FIRST = """
@pytest.mark.parametrize(("number", "word"), [(1, "one"), pytest.param(2, "two", id="2")])
def test_numbers(number, word):
    told.append((number, word))

def test_team(team):
    told.append(team)
"""
SECOND = """
def test_begins():
    told.append("begins")

def test_goes_on():
    told.append("goes on")

def test_ends():
    told.append("ends")
"""


@pytest.mark.parametrize("in_order", [True, False])
def test_what_comes_before_a_test_is_run_once(monkeypatch: pytest.MonkeyPatch, in_order: bool) -> None:
    monkeypatch.setattr(chapters, "_told", set())
    told: list[Any] = []
    first, second = a_module("first", FIRST, told), a_module("second", SECOND, told)
    mark = chapters.chapters("story", after=(first,), in_order=in_order)
    for name in ("test_goes_on", "test_ends"):
        request = cast(pytest.FixtureRequest, Request(second, name, mark))
        chapters.modules_before(request)
        chapters.tests_before(request)
        chapters.tell(request.function)
        request.function()
    before = [(1, "one"), (2, "two"), "the team"]
    assert told == [*before, *(["begins"] if in_order else []), "goes on", "ends"]


def test_a_test_that_ran_is_not_run_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chapters, "_told", set())
    told: list[Any] = []
    module = a_module("first", FIRST, told)
    mark = chapters.chapters("story")
    chapters.tell(module.__dict__["test_numbers"])
    chapters.tests_before(cast(pytest.FixtureRequest, Request(module, "test_team", mark)))
    assert told == []
