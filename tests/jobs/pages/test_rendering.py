import ast
from pathlib import Path

import pytest
from jinja2 import UndefinedError

from jobs.pages.rendering import render

WITHOUT_HTML = ("features", "prepare", "golden", "check")


def reached(module: str, seen: set[str]) -> set[str]:
    """What a module of the jobs imports, directly or through others of the jobs."""
    source = Path(*module.split(".")).with_suffix(".py")
    if module in seen or not source.is_file():
        return seen | {module}
    seen = seen | {module}
    for node in ast.walk(ast.parse(source.read_text())):
        names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        if isinstance(node, ast.ImportFrom) and node.module:
            names = [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
        for name in names:
            seen = reached(name, seen) if name.startswith("jobs.") else seen | {name}
    return seen


def test_a_value_that_is_not_given_is_an_error() -> None:
    with pytest.raises(UndefinedError, match="'picture' is undefined"):
        render("picture.svg.j2")


def command(name: str) -> str:
    """The module of a command, wherever it lies."""
    (path,) = (p for p in Path("jobs").rglob(f"{name}.py") if p.parts[1:-1] in ((), ("commands",)))
    return ".".join(path.with_suffix("").parts)


@pytest.mark.parametrize("name", WITHOUT_HTML)
def test_a_job_that_writes_no_html_does_not_load_the_templates(name: str) -> None:
    assert "jinja2" not in reached(command(name), set())


@pytest.mark.parametrize("name", ["quality", "monitor", "evaluate"])
def test_a_job_that_writes_html_does(name: str) -> None:
    assert "jinja2" in reached(command(name), set())
