"""The generated table of algorithms and images, as it stands in `_algorithms.json`."""

import json
from functools import cache
from pathlib import Path
from typing import Any


@cache
def document() -> dict[str, Any]:
    """The table: ``registries``, ``images`` and ``algorithms``."""
    path = Path(__file__).parent / "_algorithms.json"
    table: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return table
