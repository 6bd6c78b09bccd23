"""The comparison of two versions as a page: one file, without scripts, that loads nothing from elsewhere."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from mdlc_cli.aws import objects
from mdlc_cli.aws.objects import StoredFile
from mdlc_cli.aws.target import Target
from mdlc_cli.output import terminal
from mdlc_cli.results import comparing
from mdlc_cli.results.comparing import Comparison
from mdlc_cli.results.result import kept
from mdlc_cli.versions.versions import Version

NAME = "comparison.html"
PAGE, PICTURE = "evaluation.html", "evaluation.png"
TEMPLATE = Path(__file__).with_name("comparison.html.j2")


def files(target: Target, compared: Comparison) -> list[StoredFile]:
    """The pages and pictures of both versions' evaluations, named by version."""
    evaluations = list[StoredFile]()
    for version in (compared.left, compared.right):
        listed = kept(objects.listed(target, version.evaluation)) if version.evaluation else []
        evaluations += [
            replace(file, name=_name(version, file.name))
            for file in listed
            if file.name.endswith((".html", ".png"))
        ]
    return evaluations


def write(compared: Comparison, saved: Sequence[Path], folder: Path) -> Path:
    """Write the page into a folder, with the pictures that were saved there; returns its path.

    Raises:
        CommandError: the folder cannot be written.
    """
    by_name = {path.name: path for path in saved}
    pictures = [by_name.get(_name(each, PICTURE)) for each in (compared.left, compared.right)]
    pages = [
        each if (each := _name(version, PAGE)) in by_name else ""
        for version in (compared.left, compared.right)
    ]
    text = page(compared, [path.read_bytes() if path else None for path in pictures], pages)
    try:
        with TemporaryDirectory(dir=folder, prefix=".mdlc-") as temporary:
            path = Path(temporary) / NAME
            path.write_text(text, encoding="utf-8")
            return objects.moved(path, folder / NAME)
    except OSError as error:
        raise objects.unwritable(folder, error) from error


def page(compared: Comparison, pictures: Sequence[bytes | None], pages: Sequence[str] = ("", "")) -> str:
    """The page's HTML.

    Args:
        compared: the versions.
        pictures: their evaluations' pictures as PNG, or None.
        pages: names of their evaluations' pages, which lie beside this one; empty for none.
    """
    from jinja2 import Environment, StrictUndefined

    environment = Environment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters["visible"] = terminal.visible
    template = environment.from_string(TEMPLATE.read_text(encoding="utf-8"))
    return template.render(
        title=f"{compared.model}: {compared.names[0]} and {compared.names[1]}",
        sections=[
            section
            for section in comparing.sections(compared)
            if any(value for _, value in section.rows) or (section.table and section.table.rows)
        ],
        pages=[(name, page) for name, page in zip(compared.names, pages, strict=True) if page],
        pictures=[
            (name, base64.b64encode(picture).decode())
            for name, picture in zip(compared.names, pictures, strict=True)
            if picture is not None
        ],
    )


def _name(version: Version, name: str) -> str:
    return f"v{version.number}-{name}"
