"""The layout of a machine's picture: one column for the success path, and a second one for failure handling.

Layout libraries cannot separate the two (decision 21).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from mdlc_constructs.asl.graph import failure_path
from mdlc_constructs.asl.machine import Machine
from mdlc_constructs.asl.states import State

BOX_WIDTH = 220
BOX_HEIGHT = 44
GAP = 26
MARGIN = 16
LANE = 12
"""Sizes and distances in SVG user units (pixels at the picture's natural size)."""


@dataclass(frozen=True)
class Box:
    """The box of one state; `group` is True when it contains the boxes of nested states."""

    state: State
    x: float
    y: float
    width: float
    height: float
    group: bool = False


@dataclass(frozen=True)
class Line:
    """The line of a transition; with `head` False a part of a line that joins another one."""

    points: tuple[tuple[float, float], ...]
    error: bool
    head: bool = True


@dataclass(frozen=True)
class Layout:
    """All boxes and lines, and the size of the picture."""

    boxes: tuple[Box, ...]
    lines: tuple[Line, ...]
    width: float
    height: float


def lay_out(machine: Machine) -> Layout:
    """The layout of a machine."""
    failing = failure_path(machine)
    main = _ordered(machine, [state for state in machine.states if state.name not in failing])
    left = MARGIN + LANE * _lanes_needed(main)
    width = max([BOX_WIDTH, *(_size(state)[0] for state in machine.states)])
    boxes: list[Box] = []
    bottom = _column(main, left, MARGIN, width, boxes)
    failures = [state for state in machine.states if state.name in failing]
    right = left + width + GAP + LANE * 4
    if failures:
        # The failures' column ends at the same height as the main column, so that both ends are visible.
        needed = sum(_size(state)[1] + GAP for state in failures) - GAP
        top = max(MARGIN, bottom - GAP - needed)
        bottom = max(bottom, _column(failures, right, top, BOX_WIDTH, boxes))
    top_level = {box.state.name: box for box in boxes if box.state in (*main, *failures)}
    lines: list[Line] = []
    lines += _ways(main, top_level, left)
    lines += _failure_lines(main, failures, top_level, left + width + LANE * 2)
    for box in list(boxes):
        if box.group:
            lines += _nested_lines(box, boxes)
    reach = max(x for line in lines for x, _ in line.points) if lines else 0
    total = max(reach, *(box.x + box.width for box in boxes)) + MARGIN
    return Layout(tuple(boxes), tuple(lines), total, bottom - GAP + MARGIN)


def _ordered(machine: Machine, states: list[State]) -> list[State]:
    entry = [state for state in states if state.name == machine.entry]
    return [*entry, *(state for state in states if state.name != machine.entry)]


def _size(state: State) -> tuple[float, float]:
    """The width and height of a state's box, with its nested states."""
    nested = state.machines()
    if not nested:
        return BOX_WIDTH, BOX_HEIGHT
    columns = [
        (
            max(_size(inner)[0] for inner in machine.states) + LANE * _lanes_needed(machine.states),
            sum(_size(inner)[1] + GAP for inner in machine.states) - GAP,
        )
        for machine in nested
    ]
    width = sum(column[0] for column in columns) + GAP * (len(columns) - 1) + 2 * MARGIN
    return width, max(column[1] for column in columns) + BOX_HEIGHT + MARGIN


def _column(states: Iterable[State], x: float, y: float, width: float, boxes: list[Box]) -> float:
    """Adds the boxes of states below each other, centred; returns the y of the next one."""
    for state in states:
        own_width, height = _size(state)
        nested = state.machines()
        box_x = x + (width - own_width) / 2
        boxes.append(Box(state, box_x, y, own_width, height, group=bool(nested)))
        inner_x = box_x + MARGIN
        for machine in nested:
            inner_width = max(_size(inner)[0] for inner in machine.states)
            inner_x += LANE * _lanes_needed(machine.states)
            _column(machine.states, inner_x, y + BOX_HEIGHT, inner_width, boxes)
            inner_x += inner_width + GAP
        y += height + GAP
    return y


def _lanes_needed(states: Sequence[State]) -> int:
    return max([0, *(lane + 1 for *_, lane in _jumps(states))])


def _jumps(states: Sequence[State]) -> list[tuple[int, int, int]]:
    """The transitions that skip rows or go back, as (from row, to row, lane).

    Transitions in one lane do not overlap.
    """
    rows = {state.name: row for row, state in enumerate(states)}
    ways = [
        (row, rows[target])
        for row, state in enumerate(states)
        for target in dict.fromkeys(state.targets())
        if target in rows and rows[target] != row + 1
    ]
    taken: list[list[tuple[int, int]]] = []
    jumps = []
    for start, end in sorted(ways, key=lambda way: abs(way[1] - way[0])):
        low, high = min(start, end), max(start, end)
        lane = 0
        # Transitions that only touch may share a lane: they look like one line with several arrows.
        while lane < len(taken) and any(a < high and low < b for a, b in taken[lane]):
            lane += 1
        if lane == len(taken):
            taken.append([])
        taken[lane].append((low, high))
        jumps.append((start, end, lane))
    return jumps


def _ways(states: Sequence[State], boxes: Mapping[str, Box], left: float) -> list[Line]:
    """The lines within one column: straight down to the next state, in a lane to any other."""
    lines = []
    for upper, lower in pairwise(states):
        if lower.name in upper.targets():
            over, under = boxes[upper.name], boxes[lower.name]
            middle = over.x + over.width / 2
            error = lower.name not in upper.normal_targets()
            lines.append(Line(((middle, over.y + over.height), (middle, under.y)), error=error))
    for start, end, lane in _jumps(states):
        source, target = boxes[states[start].name], boxes[states[end].name]
        x = left - LANE * (lane + 1)
        leave, enter = source.y + source.height - 10, target.y + 10
        error = states[end].name not in states[start].normal_targets()
        lines.append(Line(((source.x, leave), (x, leave), (x, enter), (target.x, enter)), error=error))
    return lines


def _failure_lines(
    main: list[State], failures: list[State], boxes: dict[str, Box], trunk: float
) -> list[Line]:
    lines = []
    entries: dict[str, list[tuple[float, float]]] = {}
    for state in main:
        ways = [*state.normal_targets(), *(catch.next for catch in state.catchers())]
        for target in dict.fromkeys(ways):
            if any(target == failure.name for failure in failures):
                box = boxes[state.name]
                entries.setdefault(target, []).append((box.x + box.width, box.y + box.height / 2))
    for number, (target, starts) in enumerate(entries.items()):
        # One vertical line joins the lines of all states that fail into the same state.
        x = trunk + LANE * number
        into = boxes[target]
        y = into.y + into.height / 2
        ends = [start_y for _, start_y in starts]
        lines += [
            Line(((start_x, start_y), (x, start_y)), error=True, head=False) for start_x, start_y in starts
        ]
        lines.append(Line(((x, min(*ends, y)), (x, max(*ends, y))), error=True, head=False))
        lines.append(Line(((x, y), (into.x, y)), error=True))
    for upper in failures:
        for target in dict.fromkeys(upper.targets()):
            over, under = boxes[upper.name], boxes[target]
            leave, enter = over.y + over.height / 2, under.y + under.height / 2
            if under.x == over.x and 0 < under.y - over.y - over.height <= GAP:
                middle = over.x + over.width / 2
                lines.append(Line(((middle, over.y + over.height), (middle, under.y)), error=True))
                continue
            # On the right side within the failures' column, on the left side for lines to the main column.
            out = over.x + over.width if under.x == over.x else over.x
            side = out + LANE if under.x == over.x else trunk - LANE
            points = ((out, leave), (side, leave), (side, enter), (under.x + under.width, enter))
            lines.append(Line(points, error=under.x == over.x))
    return lines


def _nested_lines(group: Box, boxes: Sequence[Box]) -> list[Line]:
    by_name = {box.state.name: box for box in boxes}
    lines = []
    for machine in group.state.machines():
        left = min(by_name[state.name].x for state in machine.states)
        lines += _ways(machine.states, by_name, left)
    return lines
