"""Lets one thread at a time parse Python.

Before Python 3.13 the check of a syntax tree's depth counts for all threads together, so two threads that
parse at once can fail with "AST constructor recursion depth mismatch"
(github.com/python/cpython/issues/106905). Alarms parse metric math in threads, and moto parses texts of
machines.
"""

import ast
import functools
import threading
from types import ModuleType
from typing import Any

_lock = threading.Lock()


def install(app: ModuleType) -> None:
    """Put a lock around `ast.parse`, which `ast.literal_eval` calls too."""
    parse: Any = ast.parse

    @functools.wraps(parse)
    def alone(*arguments: Any, **keywords: Any) -> Any:
        with _lock:
            return parse(*arguments, **keywords)

    ast.parse = alone
