"""A document's shell sessions: the commands that it shows, and the output that it shows after them.

A block of `sh` holds commands; a block of `text` right after it holds (a shortened) output of them. A comment
`<!-- run: COMMAND -->` is a command for what the reader is told to do in words, such as an edit.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

_PART = re.compile(
    r"^```(?P<language>sh|text)\n(?P<content>.*?)^```$|^<!-- run: (?P<edit>.*?) -->$",
    re.MULTILINE | re.DOTALL,
)
_CONTINUED = re.compile(r"\s*\\\n\s*")
LEFT_OUT = "..."
_NAME = re.compile(r"\b[0-9a-f]{7,}(-[0-9a-f]+)*\b")
_NUMBER = re.compile(r"\d+([.,:]\d+)*")
_AGE = re.compile(r"# (s|min|h|d)\b")
_SPACE = re.compile(r"[\s│┃─━╭╮╰╯├└┌┐┘┤|]+")


@dataclass(frozen=True, kw_only=True)
class Step:
    """Commands of a session and what they print.

    Attributes:
        line: the line of the document at which the commands begin.
        commands: the commands, one a line, comments left out.
        shown: the lines of output that the document shows, in order; parts of the output may be missing.
    """

    line: int
    commands: tuple[str, ...]
    shown: tuple[str, ...] = ()


def steps(document: Path) -> list[Step]:
    """The steps of a document's session, in order."""
    return list(_steps(document.read_text(encoding="utf-8")))


def _steps(text: str) -> Iterator[Step]:
    commands: tuple[str, ...] = ()
    line, end = 0, -1
    for part in _PART.finditer(text):
        content = part["content"] or ""
        if part["language"] == "text":
            # Text that follows prose instead of commands is an illustration.
            if commands and not text[end : part.start()].strip():
                yield Step(line=line, commands=commands, shown=_shown(content))
                commands = ()
            continue
        if commands:
            yield Step(line=line, commands=commands)
        listed = part["edit"] or _CONTINUED.sub(" ", content)
        commands = tuple(
            each for each in listed.splitlines() if each.strip() and not each.lstrip().startswith("#")
        )
        line, end = text.count("\n", 0, part.start()) + 1, part.end()
    if commands:
        yield Step(line=line, commands=commands)


def _shown(block: str) -> tuple[str, ...]:
    return tuple(each for each in block.splitlines() if each.strip() not in ("", LEFT_OUT))


def differences(shown: tuple[str, ...], output: str) -> list[str]:
    """The lines that a document shows and that an output does not have in this order.

    Numbers, times and hexadecimal names may differ, and so may spaces and lines of tables.
    """
    printed = [normal(line) for line in output.splitlines()]
    missing, begin = [], 0
    for line in shown:
        place = next((n for n in range(begin, len(printed)) if normal(line) in printed[n]), None)
        if place is None:
            missing.append(line)
        else:
            begin = place + 1
    return missing


def normal(line: str) -> str:
    """A line with `#` for what differs between two runs, and seconds for every unit of time."""
    without_names = _NAME.sub("#", line)
    spaced = _SPACE.sub(" ", _NUMBER.sub("#", without_names)).strip()
    return _AGE.sub("# s", spaced)
