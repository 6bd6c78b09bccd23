"""Draw screens of mdlc as SVG files in docs/pictures/screens, from real runs on a local AWS.

python -m scripts.draw_screens

Makes a team's repository in a temporary folder, trains two versions in it, and runs each command of `STEPS`
in a pseudo terminal. It takes about two minutes.
"""

from __future__ import annotations

import fcntl
import io
import os
import pty
import struct
import subprocess
import sys
import tempfile
import termios
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.text import Text

from scripts.terminal_screen import Screen

TARGET = Path(__file__).resolve().parent.parent / "docs" / "pictures" / "screens"
MODEL = "churn"
COLUMNS = 100
ASKS = b"[y/N]"
"""How a question for yes or no ends."""

# Rich's own template loads a font from a server; a page of documentation should not.
SVG = """\
<svg class="mdlc-screen" viewBox="0 0 {width} {height}" role="img" xmlns="http://www.w3.org/2000/svg">
<style>
.{unique_id}-matrix {{ font-family: ui-monospace, Menlo, Consolas, "DejaVu Sans Mono", monospace;
font-size: {char_height}px; line-height: {line_height}px; }}
.{unique_id}-title {{ font-family: system-ui, sans-serif; font-size: 18px; font-weight: bold; }}
{styles}
</style>
<defs><clipPath id="{unique_id}-clip-terminal">
<rect x="0" y="0" width="{terminal_width}" height="{terminal_height}"/></clipPath>
{lines}
</defs>
{chrome}
<g transform="translate({terminal_x}, {terminal_y})" clip-path="url(#{unique_id}-clip-terminal)">
{backgrounds}
<g class="{unique_id}-matrix">
{matrix}
</g>
</g>
</svg>
"""


@dataclass(frozen=True, kw_only=True)
class Step:
    """One command of the session.

    Attributes:
        words: the command's arguments.
        screen: the name of its picture; None for a command that only prepares.
        answer: what is typed when the command asks for yes or no.
        replaced: in `team.py`, before the command: a text, and what stands instead of it then.
    """

    words: Sequence[str]
    screen: str | None = None
    answer: str = ""
    replaced: tuple[str, str] | None = None

    @property
    def line(self) -> str:
        """The command as one types it."""
        return " ".join(["mdlc", *(f'"{word}"' if " " in word else word for word in self.words)])


STEPS = (
    Step(words=("local", "up", "--parent-pid", str(os.getpid()))),
    Step(words=("deploy",)),
    Step(words=("put", "data/customers.csv")),
    Step(words=("run", "training"), screen="run-training"),
    Step(words=("approve", "1", "--reason", "the first version, calibrated"), screen="approve", answer="y"),
    Step(words=("deploy",), replaced=("max_depth=4", "max_depth=2")),
    Step(words=("run", "training")),
    Step(words=("show", "2", "--no-open"), screen="show"),
    Step(words=("models",), screen="models"),
    Step(words=("compare", "1", "2"), screen="compare"),
    Step(words=("audit",), screen="audit"),
)
"""The session; each command uses what those before it left."""


def main() -> None:
    """Run the session, and write the pictures of its commands."""
    TARGET.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="mdlc-screens-") as above:
        folder = Path(above) / MODEL
        _checked(*_run(["init", MODEL], Path(above)))
        try:
            for step in STEPS:
                if step.replaced is not None:
                    team = folder / "team.py"
                    team.write_text(team.read_text().replace(*step.replaced))
                status, output = _run(step.words, folder, step.answer)
                _checked(status, output)
                if step.screen is not None:
                    # The folder's path is of this machine, and of no use to a reader.
                    shown = output.replace(f"{above}/", "~/")
                    (TARGET / f"{step.screen}.svg").write_text(drawn(step, shown), encoding="utf-8")
                    print(f"{step.screen}.svg  {step.line}")
        finally:
            _run(["local", "down"], folder)


def drawn(step: Step, output: str) -> str:
    """The picture of a command and what it wrote to a terminal of `COLUMNS` columns."""
    screen = Screen(columns=COLUMNS)
    screen.write(output)
    console = Console(record=True, width=COLUMNS, file=io.StringIO(), force_terminal=True, emoji=False)
    console.print(Text.assemble(("$ ", "bold green"), (step.line, "bold")), soft_wrap=True)
    console.print(Text.from_ansi("\n".join(screen.lines())), soft_wrap=True)
    name = step.screen or "screen"
    return console.export_svg(title=step.line, code_format=SVG, unique_id=f"mdlc-{name}")


def _run(words: Sequence[str], folder: Path, answer: str = "") -> tuple[int, str]:
    """The exit status of mdlc in a pseudo terminal, and what it wrote; `answer` is typed when it asks."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 50, COLUMNS, 0, 0))
    kept = {name: value for name, value in os.environ.items() if name not in ("COLUMNS", "LINES", "NO_COLOR")}
    process = subprocess.Popen(
        [sys.executable, "-m", "mdlc_cli", *words], cwd=folder,
        stdin=theirs if answer else subprocess.DEVNULL, stdout=theirs,
        stderr=theirs, env={**kept, "TERM": "xterm-256color", "MDLC_TARGET": "local"},
    )  # fmt: skip
    os.close(theirs)
    chunks: list[bytes] = []
    while True:
        try:
            chunk = os.read(ours, 65536)
        except OSError:
            # Linux says so when the other end is closed.
            break
        if not chunk:
            break
        chunks.append(chunk)
        if answer and ASKS in chunk:
            os.write(ours, f"{answer}\n".encode())
    os.close(ours)
    return process.wait(), b"".join(chunks).decode(errors="replace")


def _checked(status: int, output: str) -> None:
    if status != 0:
        sys.exit(f"a command ended with status {status}:\n{output}")


if __name__ == "__main__":
    main()
