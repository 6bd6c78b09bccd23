"""Pictures of a machine, generated from its definition: Mermaid text, and a self-contained SVG."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from html import escape

from mdlc_constructs.asl.foreign import Foreign
from mdlc_constructs.asl.graph import failure_path
from mdlc_constructs.asl.layout import Box, Layout, lay_out
from mdlc_constructs.asl.machine import Machine
from mdlc_constructs.asl.states import Choice, NestedMachine, State, Task


def mermaid(machine: Machine) -> str:
    """The text of a Mermaid state diagram (`stateDiagram-v2`), which GitHub's Markdown renders."""
    identifiers = {name: f"s{number}" for number, name in enumerate(dict.fromkeys(machine.names()))}
    lines = ["stateDiagram-v2", *_mermaid_lines(machine, identifiers, "    ")]
    failing = [identifiers[name] for name in sorted(failure_path(machine))]
    if failing:
        lines.append("    classDef failure fill:#fdecea,stroke:#b3261e,color:#5f1410")
        lines.append(f"    class {','.join(failing)} failure")
    return "\n".join(lines) + "\n"


def _mermaid_lines(machine: NestedMachine, identifiers: dict[str, str], indent: str) -> Iterator[str]:
    yield f"{indent}[*] --> {identifiers[machine.entry]}"
    for state in machine.states:
        identifier = identifiers[state.name]
        label = state.name.replace('"', "'")
        nested = state.machines()
        if nested:
            yield f'{indent}state "{label}" as {identifier} {{'
            for number, inner in enumerate(nested):
                if number:
                    yield f"{indent}    --"
                yield from _mermaid_lines(inner, identifiers, indent + "    ")
            yield f"{indent}}}"
        else:
            yield f'{indent}state "{label}" as {identifier}'
    for state in machine.states:
        identifier = identifiers[state.name]
        for target in dict.fromkeys(state.normal_targets()):
            yield f"{indent}{identifier} --> {identifiers[target]}"
        for target in dict.fromkeys(catch.next for catch in state.catchers()):
            yield f"{indent}{identifier} --> {identifiers[target]} : error"
        if not any(True for _ in state.normal_targets()):
            yield f"{indent}{identifier} --> [*]"


@dataclass(frozen=True)
class _Style:
    fill: str
    stroke: str
    text: str


_STYLES = {
    "call": _Style("#e8f0fe", "#1a56c4", "#0b2a66"),
    "choice": _Style("#fff4d6", "#b07900", "#5c3f00"),
    "data": _Style("#f1f3f4", "#5f6368", "#202124"),
    "group": _Style("#f8fafd", "#1a56c4", "#0b2a66"),
    "failure": _Style("#fdecea", "#b3261e", "#5f1410"),
}
_SERVICES = re.compile(r":states:::(?:aws-sdk:)?([a-zA-Z0-9-]+):(\w+)")


def svg(machine: Machine) -> str:
    """The machine as a self-contained SVG: the success path is on the left, failures are red and dashed.

    States that fail into the same state share one red line, so that the picture is readable on a phone.
    """
    layout = lay_out(machine)
    failing = failure_path(machine)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {layout.width} {layout.height}" '
        f'width="{layout.width}" height="{layout.height}" role="img" font-family="system-ui,sans-serif">',
        f"<title>{escape(machine.comment or 'State machine')}</title>",
        "<defs>"
        + _arrow_head("arrow", "#5f6368")
        + _arrow_head("error", _STYLES["failure"].stroke)
        + "</defs>",
        f'<rect width="{layout.width}" height="{layout.height}" fill="#ffffff"/>',
        *(_box(box, failing) for box in layout.boxes),
        *_lines(layout),
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def _arrow_head(name: str, colour: str) -> str:
    return (
        f'<marker id="{name}" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" '
        f'orient="auto"><path d="M0 0 L8 4 L0 8 Z" fill="{colour}"/></marker>'
    )


def _lines(layout: Layout) -> Iterator[str]:
    for line in layout.lines:
        points = " ".join(f"{'L' if number else 'M'}{x} {y}" for number, (x, y) in enumerate(line.points))
        colour = _STYLES["failure"].stroke if line.error else "#5f6368"
        dashes = ' stroke-dasharray="5 4"' if line.error else ""
        head = f' marker-end="url(#{"error" if line.error else "arrow"})"' if line.head else ""
        yield (
            f'<path d="{points}" fill="none" stroke="{colour}" stroke-width="1.5" '
            f'stroke-linejoin="round"{dashes}{head}/>'
        )


def _box(box: Box, failing: frozenset[str]) -> str:
    style = _STYLES["failure" if box.state.name in failing else _kind(box.state)]
    middle = box.x + box.width / 2
    label_y = box.y + 17 if box.group or _subject(box.state) else box.y + box.height / 2 + 5
    corner = 16 if _kind(box.state) == "choice" else 6
    parts = [
        f'<rect x="{box.x}" y="{box.y}" width="{box.width}" height="{box.height}" rx="{corner}" '
        f'fill="{style.fill}" stroke="{style.stroke}" stroke-width="1.5"'
        + (' stroke-dasharray="2 3"/>' if box.group else "/>"),
        f'<text x="{middle}" y="{label_y}" text-anchor="middle" font-size="14" font-weight="600" '
        f'fill="{style.text}">{escape(_shortened(box.state.name, box.width))}</text>',
    ]
    subject = _subject(box.state)
    if subject:
        parts.append(
            f'<text x="{middle}" y="{label_y + 16}" text-anchor="middle" font-size="11" '
            f'fill="{style.text}">{escape(_shortened(subject, box.width * 1.3))}</text>'
        )
    return "".join(parts)


def _kind(state: State) -> str:
    if state.machines():
        return "group"
    if isinstance(state, Choice) or (isinstance(state, Foreign) and state.kind == "Choice"):
        return "choice"
    if isinstance(state, Task) or (isinstance(state, Foreign) and state.kind == "Task"):
        return "call"
    return "data"


def _subject(state: State) -> str:
    """The second line of a state's label: the call of a task (`sagemaker createTrainingJob`), or its type."""
    if isinstance(state, Task):
        match = _SERVICES.search(state.resource)
        return f"{match[1]} {match[2]}" if match else "task"
    if isinstance(state, Foreign):
        match = _SERVICES.search(str(state.body.get("Resource", "")))
        return f"{match[1]} {match[2]}" if match else state.kind.lower()
    return "" if isinstance(state, Choice) else state.type.lower()


def _shortened(text: str, width: float) -> str:
    longest = int(width / 9)
    return text if len(text) <= longest else text[: longest - 1] + "…"
