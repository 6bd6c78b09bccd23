"""Shows what a deployment would change: the CDK CLI's difference, with state machines compared by parts."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mdlc_cli.aws.target import Target
from mdlc_cli.deploying import assembly, cdk
from mdlc_cli.errors import CommandError
from mdlc_cli.output import progress
from mdlc_cli.tools import toolchain
from mdlc_cli.tools.tool_process import run_tool
from mdlc_constructs.suggestions import did_you_mean

MAX_VALUE_CHARACTERS = 60
KEPT_CHARACTERS = 15
"""How much of an equal beginning of two long texts is shown."""

_STACK = re.compile(r"Stack (\S+)( \(.*\))?")
_SIDE = re.compile(r"(?P<before>[│├└─ ]*)\[(?P<sign>[-+])\] (?P<value>[\[{].*[\]}])")
_EQUAL = "There were no differences"
_IDLE = ("✨", "Omitted ", "start:", "success:", "Hold on while")
_ABSENT = object()


@dataclass(frozen=True, kw_only=True)
class StackDifference:
    """What a deployment would change in one stack: lines of text; none when nothing."""

    stack: str
    changes: tuple[str, ...]


def of_app(target: Target, root: Path, names: Sequence[str] = ()) -> list[StackDifference]:
    """What deploying the project's app would change. Compares templates and changes nothing.

    Raises:
        CommandError: there is no app, it fails, or it has no stack of a name.
    """
    app = assembly.synthesized(target, root)
    known = [name for stack in app.stacks for name in {stack.name, stack.selector}]
    for name in names:
        if name not in known:
            near = did_you_mean(name, known) or f"choose one of {', '.join(known)}"
            raise CommandError(f"the app has no stack {name!r}: {near}")
    lines: list[str] = []
    with progress.step("comparing with what is deployed"):
        run_tool(
            [*toolchain.cdk_command(), "diff", *(stack.selector for stack in app.chosen(names)),
             "--app", str(app.folder), "--method", "template", "--no-color", "--no-notices"],
            what="cdk diff",
            remedy="read the lines above, correct the app and try again",
            on_line=lines.append,
            environment=cdk.environment(target),
            folder=root,
        )  # fmt: skip
    return by_stack(lines)


def by_stack(lines: Sequence[str]) -> list[StackDifference]:
    """The output of ``cdk diff``, by stack, readable."""
    sections: dict[str, list[str]] = {}
    stack = ""
    for line in lines:
        match = _STACK.fullmatch(line.strip())
        if match:
            stack = match[1]
            sections[stack] = []
        elif stack and line.strip() and not line.startswith((*_IDLE, _EQUAL)):
            sections[stack].append(line)
    return [
        StackDifference(stack=name, changes=tuple(_readable(changed))) for name, changed in sections.items()
    ]


def _readable(lines: Sequence[str]) -> Iterator[str]:
    """The lines, with two JSON documents replaced by the places where they differ."""
    rest = list(lines)
    while rest:
        line = rest.pop(0)
        old, new = _document(line, "-"), _document(rest[0], "+") if rest else None
        if old is None or new is None:
            yield line
            continue
        rest.pop(0)
        before, old_value = old
        for place, was, becomes in _parts(old_value, new[1]):
            yield f"{before}{place}: {_short(was)} -> {_short(becomes)}"


def _document(line: str, sign: str) -> tuple[str, Any] | None:
    """The indentation and the JSON document of a line such as ``[-] {...}``; None for another line."""
    match = _SIDE.fullmatch(line)
    if match is None or match["sign"] != sign:
        return None
    try:
        return match["before"].replace("├", "└"), json.loads(match["value"])
    except ValueError:
        return None


def _parts(old: Any, new: Any, place: str = "") -> Iterator[tuple[str, Any, Any]]:
    """Where two JSON documents differ: the place, such as ``States.Train.Retry[0]``, and both values."""
    if isinstance(old, dict) and isinstance(new, dict):
        for key in sorted({*old, *new}):
            below = f"{place}.{key}" if place else key
            yield from _parts(old.get(key, _ABSENT), new.get(key, _ABSENT), below)
    elif isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
        for number, pair in enumerate(zip(old, new, strict=True)):
            yield from _parts(*pair, f"{place}[{number}]")
    elif isinstance(old, str) and isinstance(new, str) and old != new:
        was, becomes = _embedded(old), _embedded(new)
        if was is None or becomes is None:
            yield place, *_from_difference(old, new)
        else:
            yield from _parts(was, becomes, place)
    elif old != new:
        yield place, old, new


def _embedded(text: str) -> dict[str, Any] | None:
    """The JSON object that a text is; None for another text."""
    try:
        value = json.loads(text) if text.startswith("{") else None
    except ValueError:
        return None
    return value if isinstance(value, dict) else None


def _from_difference(old: str, new: str) -> tuple[str, str]:
    """Two texts, without a long beginning that is the same in both."""
    pairs = enumerate(zip(old, new, strict=False))
    same = next((place for place, (was, becomes) in pairs if was != becomes), min(len(old), len(new)))
    start = same - KEPT_CHARACTERS
    if max(len(old), len(new)) <= MAX_VALUE_CHARACTERS or start <= 0:
        return old, new
    return f"...{old[start:]}", f"...{new[start:]}"


def _short(value: Any) -> str:
    if value is _ABSENT:
        return "nothing"
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= MAX_VALUE_CHARACTERS else f"{text[: MAX_VALUE_CHARACTERS - 3]}..."
