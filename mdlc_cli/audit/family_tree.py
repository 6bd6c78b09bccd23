"""Renders a model's version history as a tree on the terminal."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from rich.text import Text
from rich.tree import Tree

from mdlc_cli.audit import account
from mdlc_cli.executions import failure_causes, waiting
from mdlc_cli.output import terminal
from mdlc_client import approvals, lineage
from mdlc_client.audit import Item
from mdlc_client.family import APPROVED, REJECTED, WAITING, Family, Version

_COLOURS = {APPROVED: "green", REJECTED: "red"}
MAX_METRICS = 4
SENTENCE = 240
_SENTENCE_END = re.compile(r"\s+")


def drawn(family: Family) -> Tree:
    """A tree of the champions in order, each with the challengers that lost to it.

    A challenger that won is a champion in the tree; its line names the version that it replaced.
    """
    champion = "no champion yet" if family.champion is None else f"champion: version {family.champion}"
    tree = Tree(_line(("bold", family.model), ("dim", f"  {champion}")))
    known = {version.version for version in family.versions}
    losers: dict[int | None, list[Version]] = {}
    for version in family.versions:
        if not version.champion_periods:
            losers.setdefault(version.parent if version.parent in known else None, []).append(version)
    line = [
        version for version in family.versions if version.champion_periods or version in losers.get(None, [])
    ]
    for version in line:
        branch = _branch(tree, family, version)
        for challenger in losers.get(version.version, []):
            _branch(branch, family, challenger)
    if family.retrainings_without_version:
        part = tree.add(_text("retrainings without a version", style="dim"))
        for each in family.retrainings_without_version:
            ended = ": ".join(filter(None, (str(each["outcome"]), str(each["error"]))))
            part.add(_line(("", f"{_day(each['at'])} {ended}"), ("dim", f"  {_because(each['triggers'])}")))
    if family.waiting:
        part = tree.add(_text("pending triggers", style="dim"))
        for each in family.waiting:
            part.add(_text(f"{_day(each.get('at'))} {_because([each])}"))
    return tree


def _branch(parent: Tree, family: Family, version: Version) -> Tree:
    branch = parent.add(
        _line(
            ("bold", f"version {version.version}"),
            (_COLOURS.get(version.verdict, "yellow"), f"  {version.verdict}"),
            ("bold cyan", "  champion" if version.is_champion else ""),
            ("dim", f"  {_against(version)}"),
        )
    )
    data = f" on data {version.data_version[:12]}" if version.data_version else ""
    branch.add(
        _line(("", f"trained {_day(version.trained_at)}{data}"), ("dim", f"  {_because(version.triggers)}"))
    )
    if version.metrics:
        branch.add(_text(_metrics(version.metrics)))
    decided = approvals.sentence(version.decision)
    if decided:
        branch.add(_text(_short(decided)))
    elif version.why:
        branch.add(_text(_short(version.why), style="" if version.verdict == REJECTED else "dim"))
    if version.verdict == WAITING:
        branch.add(_text(waiting.sentence(family.model, version.version), style="yellow"))
    for reign in version.champion_periods:
        until = f" until {_day(reign.end)}" if reign.end else ", serves now"
        branch.add(_text(f"in use from {_day(reign.start)}{until}"))
    for back in version.sent_back:
        cause = failure_causes.explained(back.cause)
        branch.add(
            _line(("red", f"not released {_day(back.at)}: {back.error}"), ("dim", f"  {_short(cause)}"))
        )
    return branch


def _against(version: Version) -> str:
    if version.parent is None:
        return ""
    if version.beat is None:
        return f"against version {version.parent}"
    return f"{'took over from' if version.beat else 'lost to'} version {version.parent}"


def _because(triggers: Iterable[Item | Mapping[str, Any]]) -> str:
    causes = [(str(trigger.get("trigger", "")), str(trigger.get("reason", ""))) for trigger in triggers]
    if all(trigger in lineage.BY_HAND for trigger, _ in causes):
        return _short(": ".join([account.MANUALLY, *(reason for _, reason in causes)]))
    return _short("because of " + "; ".join(": ".join(filter(None, each)) for each in causes))


def _metrics(values: Mapping[str, Any]) -> str:
    shown = [f"{name} {value}" for name, value in list(values.items())[:MAX_METRICS]]
    more = len(values) - MAX_METRICS
    return ", ".join(shown) + (f" and {more} more" if more > 0 else "")


def _day(moment: Any) -> str:
    return str(moment or "")[:16].replace("T", " ")


def _short(text: str) -> str:
    line = _SENTENCE_END.sub(" ", text).strip()
    return line if len(line) <= SENTENCE else line[: SENTENCE - 1] + "…"


def _text(text: str, style: str = "") -> Text:
    return terminal.line((text, style))


def _line(*parts: tuple[str, str]) -> Text:
    return terminal.line(*((text, style) for style, text in parts if text.strip()))
