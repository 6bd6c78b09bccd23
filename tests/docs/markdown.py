"""Markdown as the tests of the documents read it: fenced blocks, links, commands."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent

_BLOCK = re.compile(r"^```(?P<language>\w*)\n(?P<content>.*?)^```$", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"\]\((?P<link>[^)\s]+)\)|(?:src|href)=\"(?P<attribute>[^\"]+)\"")
_INLINE = re.compile(r"(?<!`)`([^`\n]+)`(?!`)")


def documents() -> list[Path]:
    """Every document of the repository that people read."""
    return [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").rglob("*.md"))]


def name(document: Path) -> str:
    """The document as a test's id."""
    return str(document.relative_to(ROOT))


def blocks(document: Path, language: str) -> list[str]:
    """The fenced blocks of a language, in order."""
    found = _BLOCK.finditer(document.read_text())
    return [block["content"] for block in found if block["language"] == language]


def prose(document: Path) -> str:
    """The text outside of fenced blocks."""
    return _BLOCK.sub("", document.read_text())


def links(document: Path) -> list[str]:
    """The targets of all links and pictures of a document that stay in the repository."""
    return links_of(document.read_text())


def links_of(text: str) -> list[str]:
    """The targets of all links and pictures of a text, blocks aside, that stay in the repository."""
    found = (match["link"] or match["attribute"] for match in _LINK.finditer(_BLOCK.sub("", text)))
    return [link for link in found if not re.match(r"[a-z]+:", link)]


def commands(document: Path, program: str) -> list[str]:
    """What follows a program's name, in shell blocks and in inline code; its bare name is no command."""
    lines = [line for block in blocks(document, "sh") for line in block.replace("\\\n", "").splitlines()]
    lines += _INLINE.findall(prose(document))
    begun = [line for line in lines if line.split()[:1] == [program] and len(line.split()) > 1]
    return [line.removeprefix(program).strip() for line in begun]
