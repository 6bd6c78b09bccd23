"""Prints a result, and opens its page in a browser."""

from __future__ import annotations

import os
import shutil
import sys
import webbrowser
from pathlib import Path

from rich.console import Console

from mdlc_cli import places
from mdlc_cli.aws import objects
from mdlc_cli.aws.target import Target
from mdlc_cli.output import progress
from mdlc_cli.output.terminal import line
from mdlc_cli.results.result import ResultSummary, Section

DISPLAYS = ("DISPLAY", "WAYLAND_DISPLAY", "BROWSER")
"""Environment variables of which one is set where a browser can show a page, except on macOS."""
SHOWN_FOLDER = "shown"


def write(result: ResultSummary, *, console: Console) -> None:
    """Prints a result's title, summary and what to do next."""
    console.print(line((result.title, "bold")))
    for section in result.sections:
        write_section(section, console=console)
    for sentence in result.following:
        # The terminal breaks the line, so that a command in it can be copied whole.
        console.print(line(f"Next: {sentence}"), soft_wrap=True)


def write_section(section: Section, *, console: Console) -> None:
    """Prints a section; one without a value prints nothing."""
    rows = [(name, value) for name, value in section.rows if value]
    if not rows and (section.table is None or not section.table.rows):
        return
    console.print(line((section.title, "bold")))
    if rows:
        table = progress.table("", "")
        table.show_header = False
        for name, value in rows:
            table.add_row(f"  {name}", value)
        console.print(table)
    if section.table is not None and section.table.rows:
        table = progress.table(
            *(f"  {name}" if not n else name for n, name in enumerate(section.table.columns))
        )
        for first, *more in section.table.rows:
            table.add_row(f"  {first}", *more)
        console.print(table)


def can_open() -> bool:
    """Whether a page can be opened in a browser: somebody sits at a terminal, with a display."""
    if not (sys.stdout.isatty() and sys.stderr.isatty()):
        return False
    return sys.platform == "darwin" or any(os.environ.get(name) for name in DISPLAYS)


def open_page(target: Target, result: ResultSummary) -> str:
    """Opens a result's page in the browser; returns a sentence on what was done or can be done."""
    if result.page is None:
        return ""
    page = result.page.name
    save = "`--save DIR` saves it with the other files"
    if not can_open():
        return f"It has {page}, and no browser can be opened here: {save}."
    folder = places.cache_root() / SHOWN_FOLDER / objects.safe_name(result.name)
    shutil.rmtree(folder, ignore_errors=True)
    saved = {path.name: path for path in objects.save(target, result.files, folder)}
    path = saved.get(objects.safe_name(page))
    if path is None:
        return f"{page} does not exist any more."
    return f"Opened {path}." if _opened(path) else f"No browser could be started: open {path}, or {save}."


def _opened(path: Path) -> bool:
    try:
        return webbrowser.open(path.as_uri())
    except webbrowser.Error:
        return False
