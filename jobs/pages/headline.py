"""The summary of a monitoring report in a few sentences."""

from collections.abc import Iterator
from dataclasses import dataclass

from jobs.monitoring.summary import MonitoringResult
from jobs.pages.formats import metric_name, number
from mdlc_constructs.settings.payloads.tasks import main_metric

BAD, LOOK, GOOD, UNKNOWN = "bad", "look", "good", "unknown"
SHOWN = 6
"""How many columns that moved a little are named."""


@dataclass(frozen=True, kw_only=True)
class Sentence:
    """A sentence and its level: `BAD`, `LOOK`, `GOOD` or `UNKNOWN`."""

    level: str
    text: str


def headline(result: MonitoringResult) -> tuple[str, list[Sentence]]:
    """The verdict in a few words, and the sentences that it is based on, the most important first."""
    if not result.served.rows:
        return "No traffic to judge", [Sentence(level=UNKNOWN, text=note) for note in result.notes[:3]]
    said = [*_accuracy(result), *_drift(result), *_skew(result), *_quality(result)]
    levels = [sentence.level for sentence in said]
    accuracy = said[0].level
    if accuracy == BAD:
        return "The model got worse", said
    if LOOK in levels[1:]:
        words = "Inputs changed" if result.drifted else "Inputs need a look"
        known = {GOOD: ", accuracy holds", UNKNOWN: ", accuracy not known yet"}
        return f"{words}{known.get(accuracy, '')}", said
    return ("All quiet" if accuracy == GOOD else "Quiet so far"), said


def _accuracy(result: MonitoringResult) -> Iterator[Sentence]:
    metric = main_metric(result.plan.dataset.task)
    now, labels = result.metrics.get(metric), result.labels
    if now is None:
        why = (
            "no row has a label yet"
            if not labels.labelled
            else f"{metric_name(metric)} is not defined for its labels"
        )
        yield Sentence(level=UNKNOWN, text=f"Accuracy is not known: {why}.{_guess(result, metric)}")
        return
    shown_metric = (
        f"{metric_name(metric)} is {number(now['value'])} ({number(now['low'])} to {number(now['high'])})"
    )
    known = f"by labels of {labels.coverage:.0%} of the rows"
    how, before = result.changes.get(metric), result.reference.metrics.get(metric)
    if how is None or before is None:
        why = "the baseline tells none to compare with" if before is None else "too few to compare it by"
        yield Sentence(level=UNKNOWN, text=f"{shown_metric}, {known}; {why}.")
        return
    words = {"same": "as good as", "better": "better than", "worse": "worse than"}[how]
    few = result.worse is None
    level = UNKNOWN if few else BAD if result.worse else GOOD
    less = f" Only {labels.labelled:,} rows are labelled, which says little." if few else ""
    yield Sentence(
        level=level, text=f"{shown_metric}, {words} the {number(before)} of the holdout, {known}.{less}"
    )


def _guess(result: MonitoringResult, metric: str) -> str:
    guessed = (result.estimate or {}).get("metrics", {}).get(metric)
    return f" An estimate without labels is {number(guessed)}." if guessed is not None else ""


def _drift(result: MonitoringResult) -> Iterator[Sentence]:
    report, columns = result.drifting.baseline, result.columns
    judged = sum(column.name not in result.answers for column in report.columns)
    if columns:
        worst = [name for name in result.worst if name in columns][:3]
        many = f"{len(columns)} of {judged} inputs drifted"
        yield Sentence(level=LOOK, text=f"{many} from the training data, most: {', '.join(worst)}.")
    else:
        yield Sentence(level=GOOD, text=f"None of {judged} inputs drifted from the training data.")
    if result.moved:
        more = f" and {len(result.moved) - SHOWN} more" if len(result.moved) > SHOWN else ""
        yield Sentence(
            level=GOOD,
            text=f"Moved a little, below their thresholds: {', '.join(result.moved[:SHOWN])}{more}.",
        )
    if any(column.name in result.answers for column in report.drifted):
        yield Sentence(
            level=LOOK, text="The model's answers are distributed differently than on the holdout."
        )
    if result.joint and result.joint["drifted"]:
        yield Sentence(
            level=LOOK,
            text=f"All inputs together differ from the training data (told apart with AUC "
            f"{result.joint['auc']:.3f}).",
        )


def _skew(result: MonitoringResult) -> Iterator[Sentence]:
    if not result.skew or not result.skew["rows_compared"]:
        return
    skewed = result.skew["skewed"]
    if skewed:
        names = ", ".join(skewed[:3]) + (f" and {len(skewed) - 3} more" if len(skewed) > 3 else "")
        yield Sentence(level=LOOK, text=f"Served otherwise than known offline: {names}.")
    else:
        yield Sentence(
            level=GOOD,
            text=f"What was served is what is known offline, over {result.skew['rows_compared']:,} rows.",
        )


def _quality(result: MonitoringResult) -> Iterator[Sentence]:
    failing = [finding for finding in result.findings if finding.fails]
    if failing:
        yield Sentence(level=LOOK, text=f"{len(failing)} data quality rules are broken: {failing[0].message}")
