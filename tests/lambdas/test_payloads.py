"""What our own parts pass to one another is read as a dataclass, never key by key."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

PAYLOADS = {
    "plan",
    "settings",
    "request",
    "home",
    "payload",
    "manifest",
    "window",
    "summary",
    "verdict",
    "config",
}
"""Names of variables that hold what one of our parts wrote."""

OF_AWS = {
    "lambdas/functions/accept_rules/logic.py": {"detail", "time", "bucket", "object"},
    "lambdas/functions/decide/requests.py": {"body"},
    "lambdas/functions/record_trigger/logic.py": {"id", "time", "detail"},
}
"""Keys of AWS's that are written as ours are: of events of EventBridge, S3 and API Gateway. Others have an
upper-case letter."""

OURS = re.compile(r"[a-z][a-z0-9_]*")
STEP = "step"
"""The key by which one function's handler chooses its step, before it decodes the rest."""


def keys_read(source: str) -> Iterator[tuple[str, str]]:
    """Variable and key of every `variable["key"]` and `variable.get("key")`."""
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Subscript(value=ast.Name(id=name), slice=ast.Constant(value=str() as key)):
                yield name, key
            case ast.Call(
                func=ast.Attribute(value=ast.Name(id=name), attr="get"),
                args=[ast.Constant(value=str() as key), *_],
            ):
                yield name, key
            case _:
                pass


@pytest.mark.parametrize("path", sorted((ROOT / "lambdas").rglob("*.py")), ids=str)
def test_no_function_reads_a_payload_key_by_key(path: Path) -> None:
    of_aws = OF_AWS.get(path.relative_to(ROOT).as_posix(), set())
    read = {
        (name, key)
        for name, key in keys_read(path.read_text(encoding="utf-8"))
        if name in PAYLOADS and OURS.fullmatch(key) and key not in of_aws | {STEP}
    }
    assert read == set()


def test_reading_by_key_would_be_found() -> None:
    assert list(keys_read('plan["a"]; plan.get("b", 1); plan.c; other(plan)["d"]')) == [
        ("plan", "a"),
        ("plan", "b"),
    ]


def test_every_module_named_for_aws_is_there() -> None:
    assert [name for name in OF_AWS if not (ROOT / name).is_file()] == []
