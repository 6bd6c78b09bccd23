"""The SDK's example is valid Python that uses it, and nothing else imports the SDK."""

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
EXAMPLE = ROOT / "examples" / "beside_the_sdk.py"
ROOMS = ("mdlc_constructs", "mdlc_cli", "mdlc_client", "mdlc_local", "lambdas", "jobs", "stacks", "scripts")
SDK = ("sagemaker", "sagemaker_core")


def imported(path: Path) -> Iterator[str]:
    """The first names of the absolute imports of a module."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            yield node.module.partition(".")[0]


def test_the_example_is_python_that_uses_the_sdk() -> None:
    compile(EXAMPLE.read_text(encoding="utf-8"), EXAMPLE.name, "exec")
    assert {"sagemaker", "boto3", "mdlc_constructs"} <= set(imported(EXAMPLE))


def test_nothing_else_imports_the_sdk() -> None:
    modules = [path for room in ROOMS for path in (ROOT / room).rglob("*.py")]
    assert len(modules) > 300
    assert [str(path) for path in modules if set(imported(path)) & set(SDK)] == []
