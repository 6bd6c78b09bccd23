"""Shows progress while a person waits: a live line on a terminal, plain lines elsewhere."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from rich.console import Console
from rich.table import Table

from mdlc_cli.output.narrow_table import NarrowTable
from mdlc_cli.output.terminal import Terminal, line

SHOWN_WIDTH = 90
WIDE = 1000


def stderr_console() -> Console:
    """The console for progress: standard error, so that results on standard output can be piped."""
    return Terminal(stderr=True, soft_wrap=True)


def results_console() -> Console:
    """The console for results on standard output, which truncates nothing when piped to a file."""
    out = Terminal()
    return out if out.is_terminal else Terminal(width=WIDE)


def table(*columns: str) -> Table:
    """A table without lines; long cells are wrapped, not truncated, so that names can be copied.

    Where a terminal is too narrow for its columns, it becomes a list.
    """
    grid = NarrowTable(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for column in columns:
        grid.add_column(column, overflow="fold")
    return grid


def megabytes(count: int) -> str:
    """A number of bytes as text in megabytes (1 MB = 1,000,000 bytes)."""
    return f"{count / 1e6:.1f} MB"


@dataclass(kw_only=True)
class Step:
    """A step that takes time; ``note`` shows its progress, ``summary`` its result."""

    title: str
    say: Callable[[str], None]
    is_live: bool = False
    started: float = field(default_factory=time.monotonic)
    summary: str = ""

    @property
    def seconds(self) -> float:
        """Seconds since the step began."""
        return time.monotonic() - self.started

    def note(self, line: str) -> None:
        """Shows one line of what the step is doing."""
        if line.strip():
            self.say(line.strip())

    def detail(self, line: str) -> None:
        """Shows a line on a terminal only, because it is not worth logging."""
        if self.is_live:
            self.note(line)


@contextmanager
def step(title: str, *, console: Console | None = None) -> Iterator[Step]:
    """Shows the start of a step, its progress, and its duration in seconds."""
    out = console or stderr_console()
    if out.is_terminal:
        with out.status(line(title)) as status:

            def update(note: str) -> None:
                status.update(line(f"{title} ", (note[:SHOWN_WIDTH], "dim")))

            running = Step(title=title, say=update, is_live=True)
            yield running
    else:
        out.print(line(f"... {title}"))
        running = Step(title=title, say=lambda note: out.print(line(f"    {note}")))
        yield running
    tail = f", {running.summary}" if running.summary else ""
    out.print(line(("ok", "green"), f"  {title} ", (f"({running.seconds:.1f} s{tail})", "dim")))
