"""The report of a window as one page of HTML that a person can read on a phone, without scripts.

Everything that came with the data is escaped. Pictures are inline, and nothing is loaded from elsewhere.
"""

from collections.abc import Iterable, Iterator, Sequence
from html import escape

from jobs.drift import DRIFT, ColumnDrift
from jobs.gate import MAIN_METRIC
from jobs.metrics import HIGHER_IS_BETTER
from jobs.monitoring.drifting import telling
from jobs.monitoring.summary import Found
from jobs.pages.headline import BAD, GOOD, LOOK, UNKNOWN, Sentence, day, headline, named
from jobs.pages.svg import histogram, intervals, number, signed

MOST_PICTURES, MOST_SEGMENTS, MOST_FEATURES, MOST_NOTES = 8, 12, 12, 20

_MARKS = {BAD: "✗", LOOK: "!", GOOD: "✓", UNKNOWN: "?"}
_STYLE = """
:root { color-scheme: light dark; --ink: #1d2329; --soft: #66707a; --paper: #fff; --line: #dfe3e7;
  --now: #2f6db5; --bad: #b3392b; --look: #9a6700; --good: #2e7d4f; --unknown: #66707a; --out: #c8793d }
@media (prefers-color-scheme: dark) { :root { --ink: #e4e8ec; --soft: #98a2ad; --paper: #14181c;
  --line: #30363d; --now: #5b9ae2; --bad: #e5695a; --look: #d9a520; --good: #5cb985; --unknown: #98a2ad;
  --out: #dd9660 } }
* { box-sizing: border-box }
body { font: 16px/1.45 system-ui, sans-serif; color: var(--ink); background: var(--paper); margin: 0 auto;
  max-width: 46rem; padding: 1rem; overflow-wrap: anywhere }
h1 { font-size: 1.3rem; margin: 0 } h2 { font-size: 1.1rem; margin: 2rem 0 .4rem }
h3 { font-size: 1rem; margin: 1.2rem 0 .2rem } p { margin: .4rem 0 }
.facts, .soft { color: var(--soft); font-size: .875rem }
.verdict { font-size: 1.5rem; font-weight: 700; margin: .8rem 0 .4rem; line-height: 1.2 }
ul { list-style: none; margin: 0; padding: 0 }
li { margin: .45rem 0; padding-left: 1.6rem; position: relative }
li b { position: absolute; left: 0; width: 1.15rem; height: 1.15rem; line-height: 1.15rem; top: .15rem;
  border-radius: 50%; text-align: center; font-size: .75rem }
li b { color: var(--paper) } b.bad { background: var(--bad) } b.look { background: var(--look) }
b.good { background: var(--good) } b.unknown { background: var(--unknown) }
p.bad, span.bad { color: var(--bad) } p.look, span.look { color: var(--look) }
p.good, span.good { color: var(--good) } p.unknown, span.unknown { color: var(--unknown) }
table { border-collapse: collapse; width: 100%; font-size: .875rem }
th { text-align: left; color: var(--soft); font-weight: 500; vertical-align: bottom }
th { overflow-wrap: normal }
td, th { padding: .35rem .4rem .35rem 0; border-bottom: 1px solid var(--line); vertical-align: top }
td.n, th.n { text-align: right; padding-right: 0; padding-left: .4rem }
td.n { white-space: nowrap; font-variant-numeric: tabular-nums }
td small { color: var(--soft); display: block }
figure { margin: .4rem 0 0 } svg { display: block; width: 100%; max-width: 30rem; height: auto }
svg text { fill: var(--soft); font: 11.5px system-ui, sans-serif }
rect.now { fill: var(--now); opacity: .75 } rect.out { fill: var(--out) } circle.now { fill: var(--now) }
rect.was { fill: none; stroke: var(--ink); stroke-width: 1.2 }
polyline.was { fill: none; stroke: var(--ink); stroke-width: 1.5 }
.span { stroke-width: 2.5 } .span.now { stroke: var(--now) } .span.bad { stroke: var(--bad) }
circle.bad { fill: var(--bad) } .others { stroke: var(--ink); stroke-width: 1.5 }
details { margin: .8rem 0 } summary { cursor: pointer; color: var(--now); padding: .4rem 0 }
svg text.name { fill: var(--ink); font-size: 12.5px }
.key { display: inline-block; width: .8rem; height: .7rem; margin: 0 .25rem 0 .6rem }
.key:first-child { margin-left: 0 }
.key.now { background: var(--now); opacity: .75 } .key.was { border: 1.5px solid var(--ink) }
.key.out { background: var(--out) }
"""


def to_html(found: Found) -> str:
    """The page."""
    settings, served = found.settings, found.served
    verdict, said = headline(found)
    level = next((level for level in (BAD, LOOK, UNKNOWN) if level in {one.level for one in said}), GOOD)
    facts = (
        f"{day(settings.window.start)} to {day(settings.window.end)} (UTC) · {settings.kind} · "
        f"version {settings.package.version} · {served.rows:,} rows"
    )
    parts = [*_accuracy(found), *_drift(found), *_segments(found), *_fairness(found), *_skew(found)]
    parts += [*_quality(found), *_about(found)]
    return (
        '<!doctype html><html lang="en"><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(found.plan.model)}: {escape(verdict)}</title><style>{_STYLE}</style>"
        f'<h1>{escape(found.plan.model)}</h1><p class="facts">{escape(facts)}</p>'
        f'<p class="verdict {level}">{escape(verdict)}</p>{_sentences(said)}{"".join(parts)}</html>\n'
    )


def _sentences(said: Iterable[Sentence]) -> str:
    marked = (f'<li><b class="{one.level}">{_MARKS[one.level]}</b>{escape(one.text)}</li>' for one in said)
    return f"<ul>{''.join(marked)}</ul>"


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table whose first column is text and whose others are numbers; cells are HTML already.

    :param head: the columns' names; of no name, no row is made for them.
    """
    names = "".join(_cell("th", escape(name), place) for place, name in enumerate(head))
    body = "".join(
        "<tr>" + "".join(_cell("td", cell, place) for place, cell in enumerate(row)) + "</tr>" for row in rows
    )
    return f"<table>{f'<tr>{names}</tr>' if any(head) else ''}{body}</table>"


def _cell(tag: str, content: str, place: int) -> str:
    return f'<{tag} class="n">{content}</{tag}>' if place else f"<{tag}>{content}</{tag}>"


def _accuracy(found: Found) -> Iterator[str]:
    order = HIGHER_IS_BETTER[found.plan.dataset.task]
    guessed = (found.estimate or {}).get("metrics", {})
    error = (found.estimate or {}).get("error") or {}
    names = [name for name in order if name in found.metrics or name in guessed]
    if not names:
        return
    yield "<h2>How good are its answers?</h2>"
    rows = []
    for name in names:
        now = found.metrics.get(name)
        how = found.changes.get(name)
        colour = {"worse": BAD, "better": GOOD}.get(str(how), "")
        value = "–"
        if now:
            value = f'<span class="{colour}">{number(now["value"])}</span>'
            value += f"<small>{number(now['low'])} to {number(now['high'])}</small>"
        cells = [
            f"{escape(named(name))} {'↑' if order[name] else '↓'}",
            value,
            number(found.reference.metrics.get(name)),
        ]
        if guessed:
            off = f"<small>off {signed(error[name])}</small>" if name in error else ""
            cells.append(number(guessed.get(name)) + off)
        rows.append(cells)
    yield _table(["", "this window", "holdout", *(["estimate"] if guessed else [])], rows)
    told = "↑ higher is better, ↓ lower is better. Small: 95% intervals. Coloured: changed beyond chance."
    if guessed:
        told += (
            " The estimate needs no labels: it is what the scores promise, if they mean what they meant on "
            "the holdout."
        )
        told += " “Off”: estimate minus truth, over the labelled rows." if error else ""
    yield f'<p class="soft">{told}</p>'


def _drift(found: Found) -> Iterator[str]:
    if not found.served.rows:
        return
    report = found.drifting.baseline
    columns = {column.name: column for column in report.columns}
    counted = {column.name: column for column in found.drifting.columns}
    drifted = [name for name in found.worst if columns[name].verdict == DRIFT]
    yield "<h2>Do inputs and answers look as in training?</h2>"
    last = found.drifting.last
    if last is not None and found.settings.previous:
        names = ", ".join(column.name for column in last.drifted) or "nothing"
        since = f"{day(found.settings.previous.start)} to {day(found.settings.previous.end)}"
        yield f'<p class="soft">Since the window before ({escape(since)}): {escape(names)} changed.</p>'
    if drifted:
        yield (
            '<p class="soft"><span class="key now"></span>this window <span class="key was"></span>training '
            '<span class="key out"></span>beyond its range</p>'
        )
    for name in drifted[:MOST_PICTURES]:
        score = " (the model's answer)" if name == found.reference.prediction else ""
        yield f"<h3>{escape(name)}{score}</h3>"
        yield "".join(f"<p>{escape(reason)}</p>" for reason in columns[name].reasons)
        picture = histogram(counted[name])
        yield f"<figure>{picture}</figure>" if picture else ""
    yield "<details><summary>All columns</summary>"
    shown = (_column(columns[name], report.thresholds.alpha) for name in found.worst)
    yield _table(["column", "effect", "alarms at"], shown)
    yield (
        '<p class="soft">Of each column the test that is furthest beyond its threshold. An alarm needs an '
        "effect of that size that chance does not explain, corrected for the number of tests.</p></details>"
    )


def _column(column: ColumnDrift, alpha: float) -> list[str]:
    finding = telling(column, alpha)
    level = {DRIFT: LOOK, "quiet": ""}.get(column.verdict, UNKNOWN)
    test = f"<small>{escape(finding.test)}</small>" if finding else "<small>not judged</small>"
    numbers = [number(finding.effect), f"{finding.threshold:g}"] if finding else ["–", "–"]
    return [f'<span class="{level}">{escape(column.name)}</span>{test}', *numbers]


def _segments(found: Found) -> Iterator[str]:
    if not found.segments:
        return
    metric = found.segments[0].metric
    worse = sum(segment.worse for segment in found.segments)
    yield "<h2>Where is it worst?</h2>"
    verb = "is" if worse == 1 else "are"
    yield (
        f"<p>{worse or 'None'} of {len(found.segments)} segments {verb} worse than the others of the same "
        f"column beyond chance ({escape(named(metric))}).</p>"
    )
    yield f"<figure>{intervals(found.segments[:MOST_SEGMENTS])}</figure>"
    yield (
        '<p class="soft">Upright mark: the others of the column, each ranked within itself, so that segments '
        "of different base rates can be compared. Intervals are wide enough that all of them hold together: "
        "the worst of many is no accident. First comes what is surely worst.</p>"
    )


def _fairness(found: Found) -> Iterator[str]:
    if not found.fairness:
        return
    yield "<h2>Does it treat groups alike?</h2>"
    rows = []
    for gap in found.fairness:
        colour = LOOK if gap.certain else ""
        about = f"<small>{escape(gap.higher)} above {escape(gap.lower)}</small>"
        value = f'<span class="{colour}">{gap.difference:+.3f}</span>'
        value += f"<small>{gap.low:+.3f} to {gap.high:+.3f}</small>"
        rows.append([f"{escape(gap.column)}: {escape(gap.measure.replace('_', ' '))}{about}", value])
    yield '<p class="soft">Of each rate the two groups that surely differ most.</p>'
    yield _table([], rows)
    yield '<p class="soft">Coloured: beyond chance, over all pairs of groups.</p>'


def _skew(found: Found) -> Iterator[str]:
    if not found.skew or not found.skew["rows_compared"]:
        return
    skewed = set(found.skew["skewed"])
    features = sorted(
        found.skew["features"].items(), key=lambda item: (item[0] not in skewed, -item[1]["mismatch_share"])
    )
    yield "<h2>Is it served what is known offline?</h2>"
    rows = [
        [
            f'<span class="{LOOK if name in skewed else ""}">{escape(name)}</span>',
            f"{numbers['mismatch_share']:.1%}",
            "–"
            if numbers["in_standard_deviations"] is None
            else f"{numbers['in_standard_deviations']:+.2f} sd",
        ]
        for name, numbers in features[:MOST_FEATURES]
        if numbers["mismatch_share"]
    ]
    if rows:
        yield _table(["feature", "rows that differ", "mean difference"], rows)
    told = (
        "No feature differs in any"
        if not rows
        else "Served minus offline, over rows with a value on both sides,"
    )
    yield f'<p class="soft">{told} of {found.skew["rows_compared"]:,} rows with labels.</p>'


def _quality(found: Found) -> Iterator[str]:
    if not found.findings:
        return
    yield "<h2>Are the inputs sound?</h2>"
    yield _sentences(
        Sentence(level=LOOK if one.fails else UNKNOWN, text=one.message)
        for one in found.findings[:MOST_NOTES]
    )


def _about(found: Found) -> Iterator[str]:
    labels, served = found.labels, found.served
    facts = [
        ("rows judged", f"{served.rows:,}"),
        ("rows of other versions", f"{sum(served.other_versions.values()):,}"),
        ("lines or rows that cannot be read", f"{served.unreadable:,}"),
        ("rows with a label", f"{labels.labelled:,}<small>{labels.coverage:.1%}</small>"),
        ("labels known until", escape(day(labels.labelled_until))),
        ("labels that contradict others", f"{labels.contradictory:,}"),
    ]
    if labels.delay_seconds:
        hours = [seconds / 3600 for seconds in labels.delay_seconds.values()]
        facts.append(("delay of labels, half and 95%", f"{hours[0]:,.1f} h<small>{hours[1]:,.1f} h</small>"))
    yield "<h2>What this is based on</h2>"
    yield _table([], facts)
    if found.notes:
        yield _sentences(Sentence(level=UNKNOWN, text=note) for note in found.notes[:MOST_NOTES])
    main = named(MAIN_METRIC[found.plan.dataset.task])
    yield (
        f'<p class="soft">Verdict by {escape(main)}. Rows count as independent of each other. Run '
        f"{escape(found.plan.run)}; everything measured is in report.json beside this page.</p>"
    )
