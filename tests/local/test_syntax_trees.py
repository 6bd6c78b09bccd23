"""Threads of the server that parse Python at the same time."""

import ast
import threading
from concurrent.futures import ThreadPoolExecutor
from types import ModuleType

import pytest

from mdlc_local import syntax_trees


def test_one_thread_at_a_time_parses(monkeypatch: pytest.MonkeyPatch) -> None:
    inside = threading.Semaphore(1)

    def parse(text: str, *, mode: str = "exec") -> str:
        assert inside.acquire(blocking=False), "two threads parse at once"
        threading.Event().wait(0.001)
        inside.release()
        return f"{mode}: {text}"

    monkeypatch.setattr(ast, "parse", parse)
    syntax_trees.install(ModuleType("app"))
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda text: ast.parse(text, mode="eval"), map(str, range(40))))
    assert list(map(str, answers)) == [f"eval: {number}" for number in range(40)]
