"""A version's evaluation beside the champion's, and what its training changed: as text, and as JSON."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from mdlc_cli.output import progress
from mdlc_cli.output.terminal import line
from mdlc_cli.versions import comparison
from mdlc_cli.versions.comparison import Difference, Metric
from mdlc_cli.versions.versions import Version

NO_CHAMPION = "No version is in use yet, so there is nothing to compare it with."
NO_INTERVALS = "The evaluation cannot be read; these metrics are from the audit table, without intervals."
DIGEST = 12


@dataclass(frozen=True, kw_only=True)
class Judgement:
    """A version beside the champion.

    Attributes:
        champion: the version in use, or None.
        compared_with: the version that the evaluation compared it with on the same holdout, or None.
        metrics: its metrics in pairs with those of the version that it was compared with.
        confidence: the probability that the intervals are made for, such as 0.95; None when not known.
        met: conditions of the gate that it met, and in `missed` those that it did not.
        changed: what its training did otherwise than the champion's.
        notes: remarks on the evaluation.
    """

    model: str
    version: int
    status: str
    trained_at: str
    champion: int | None
    compared_with: int | None
    metrics: tuple[tuple[Metric, Metric], ...]
    confidence: float | None
    met: tuple[str, ...]
    missed: tuple[str, ...]
    changed: tuple[Difference, ...]
    notes: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        """All fields as plain dictionaries, lists and values."""
        return asdict(self)


def of(model: str, version: Version, champion: Version | None) -> Judgement:
    """A version beside the champion, which is None before the first one is in use."""
    report = version.report
    compared = comparison.compared_with(report)
    in_use = None if champion is None else champion.number
    notes = [str(note) for note in report.get("notes") or ()]
    other = comparison.metrics_of(report, comparison.CHAMPION)
    if not report:
        notes.append(NO_INTERVALS)
    notes += [each.not_read for each in (version, champion) if each is not None and each.not_read]
    if champion is None:
        notes.append(NO_CHAMPION)
    elif champion.number > version.number:
        notes.append(f"Version {in_use}, which is newer, is in use: an approval does not replace it.")
    if champion is not None and champion.number != version.number and compared != in_use:
        with_whom = "with no version" if compared is None else f"with version {compared}"
        notes.append(f"It was compared {with_whom}; version {in_use} is the champion now.")
        if compared is None:
            # Each on its own holdout, which the note says.
            other, compared = champion.metrics, in_use
            notes.append(f"The metrics of version {in_use} are from its own holdout.")
    return Judgement(
        model=model,
        version=version.number,
        status=str(version.package.get("status", "")),
        trained_at=str(version.training.get("started_at") or version.package.get("created_at") or ""),
        champion=in_use,
        compared_with=compared,
        metrics=tuple(comparison.side_by_side(version.metrics, other)),
        confidence=(report.get("bootstrap") or {}).get("confidence"),
        met=comparison.checks(report, passed=True),
        missed=comparison.checks(report, passed=False) or _recorded_reasons(version),
        changed=()
        if champion is None or champion.number == version.number
        else tuple(comparison.differences(champion.facts, version.facts)),
        notes=tuple(notes),
    )


def _recorded_reasons(version: Version) -> tuple[str, ...]:
    reasons = str(version.training.get("reasons", ""))
    return (reasons,) if reasons and not version.report else ()


def shown(judgement: Judgement) -> RenderableType:
    """The judgement for a terminal; it reads well at 60 columns."""
    trained = judgement.trained_at[:16].replace("T", " ")
    title = f"Version {judgement.version} of {judgement.model}, trained {trained}"
    parts: list[RenderableType] = [line((title, "bold"))]
    if judgement.metrics:
        parts.append(_metrics(judgement))
    parts += [line(("Gate", "bold"))] if judgement.met or judgement.missed else []
    parts += [line(("  met   ", "green"), sentence) for sentence in judgement.met]
    parts += [line(("  failed", "red"), " ", sentence) for sentence in judgement.missed]
    if judgement.changed:
        parts.append(line((f"Changed since version {judgement.champion} was trained", "bold")))
        parts.append(_changes(judgement.changed))
    elif judgement.champion not in (None, judgement.version):
        parts.append(line(f"Data, code and settings are those of version {judgement.champion}."))
    parts += [line((note, "yellow")) for note in judgement.notes]
    page = f"`mdlc show {judgement.version} --model {judgement.model}`"
    parts.append(line((f"Page and picture: {page}.", "dim")))
    return Group(*parts)


def _metrics(judgement: Judgement) -> Table:
    confidence = f"{judgement.confidence:.0%} " if judgement.confidence else ""
    table = progress.table("metric", "version", "value", f"{confidence}interval")
    for own, other in judgement.metrics:
        table.add_row(*_cells(own.name, judgement.version, own))
        if judgement.compared_with is not None and other.number:
            table.add_row(*_cells("", judgement.compared_with, other))
    return table


def _cells(name: str, version: int, metric: Metric) -> tuple[Text, ...]:
    return tuple(line(text) for text in (name, str(version), metric.number or "not defined", metric.interval))


def _changes(changed: Iterable[Difference]) -> Table:
    table = progress.table("", "", "")
    table.show_header = False
    for each in changed:
        table.add_row(f"  {each.name}", f"{_short(each.old)} ->", _short(each.new))
    return table


def _short(text: str) -> str:
    """A digest in its first characters; any other text as it is, and a word where it is not known."""
    is_digest = len(text) >= 32 and all(letter in "0123456789abcdef" for letter in text)
    return text[:DIGEST] if is_digest else text or "unknown"
