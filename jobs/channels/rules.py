"""The rules of channels, as queries over the table of examples."""

from collections.abc import Iterator, Sequence

import duckdb

from jobs.channels.examples import EMPTY, MISSING, TABLE, UNREADABLE, ChannelFiles
from jobs.database import literal
from jobs.findings import Finding
from jobs.listing import listed
from mdlc_constructs.settings.payloads.channels import ChannelsSection

TRAIN = "train"
_SHOWN = 3
_WHERE = "file || CASE WHEN place > 0 THEN ' line ' || place ELSE '' END"
_GOOD = "problem = ''"


def channel_rules(
    connection: duckdb.DuckDBPyConnection, section: ChannelsSection, channels: Sequence[ChannelFiles]
) -> Iterator[Finding]:
    """The findings about each channel, then those about several."""
    for channel in channels:
        yield from _fault_rules(connection, section, channel)
        if channel.section.reading == "objects":
            continue
        yield from _duplicate_rules(connection, section, channel.section.name)
        yield from _number_rules(connection, section, channel.section.name)
    yield from _class_rules(connection, section, channels)
    yield from _shared_rules(connection, section, channels)


def _fault_rules(
    connection: duckdb.DuckDBPyConnection, section: ChannelsSection, channel: ChannelFiles
) -> Iterator[Finding]:
    name, limit = channel.section.name, section.rules.maximum_unreadable_share
    total = count(connection, name)
    for problem, what, allowed in (
        (EMPTY, "are empty", 0.0),
        (MISSING, "name objects that are missing", 0.0),
        (UNREADABLE, "cannot be read", limit),
    ):
        number = count(connection, name, f"problem = {literal(problem)}")
        if number:
            share = number / total
            may = f" ({share:.1%}; {allowed:.1%} may be)" if problem == UNREADABLE else ""
            yield Finding(
                rule=problem,
                column=name,
                rows=number,
                fails=share > allowed,
                message=(
                    f"Channel {name}: {number:,} of {total:,} examples {what}{may}: "
                    f"{_shown(connection, name, problem, number)}"
                ),
            )


def _shown(connection: duckdb.DuckDBPyConnection, channel: str, problem: str, number: int) -> str:
    rows = connection.execute(
        f"SELECT {_WHERE} || ' ' || detail FROM {TABLE} WHERE channel = ? AND problem = ? "
        f"ORDER BY file, place LIMIT {_SHOWN}",
        [channel, problem],
    ).fetchall()
    more = f" and {number - len(rows):,} more" if number > len(rows) else ""
    return "; ".join(str(text) for (text,) in rows) + more + "."


def _duplicate_rules(
    connection: duckdb.DuckDBPyConnection, section: ChannelsSection, channel: str
) -> Iterator[Finding]:
    pairs = connection.execute(
        f"SELECT min_by({_WHERE}, (file, place)), max_by({_WHERE}, (file, place)), count(*) - 1, "
        f"count(DISTINCT class) FROM {TABLE} WHERE channel = ? AND {_GOOD} GROUP BY digest "
        "HAVING count(*) > 1 ORDER BY 1",
        [channel],
    ).fetchall()
    surplus, total = sum(int(row[2]) for row in pairs), count(connection, channel, _GOOD)
    limit = section.rules.maximum_duplicate_share
    if surplus:
        first, other = pairs[0][:2]
        yield Finding(
            rule="duplicates",
            column=channel,
            rows=surplus,
            fails=surplus / total > limit,
            message=(
                f"Channel {channel}: {surplus:,} of {total:,} examples repeat another "
                f"({surplus / total:.1%}; {limit:.1%} may): {other} is {first}."
            ),
        )
    unclear = [row for row in pairs if int(row[3]) > 1]
    if unclear:
        yield Finding(
            rule="two_classes",
            column=channel,
            rows=len(unclear),
            fails=surplus / total > limit,
            message=(
                f"Channel {channel}: {len(unclear):,} contents have two classes, such as {unclear[0][0]} and "
                f"{unclear[0][1]}."
            ),
        )


def _number_rules(
    connection: duckdb.DuckDBPyConnection, section: ChannelsSection, channel: str
) -> Iterator[Finding]:
    number, minimum = count(connection, channel, _GOOD), section.rules.minimum_examples
    if number < minimum:
        yield Finding(
            rule="minimum_examples",
            column=channel,
            rows=number,
            message=f"Channel {channel} has {number:,} readable examples; at least {minimum:,} are asked.",
        )


def _class_rules(
    connection: duckdb.DuckDBPyConnection, section: ChannelsSection, channels: Sequence[ChannelFiles]
) -> Iterator[Finding]:
    """Classes that nothing can be learned of, or that not all channels have."""
    names = {channel.section.name: classes_of(connection, channel.section.name) for channel in channels}
    with_classes = {channel.section.name for channel in channels if channel.section.classes_from is not None}
    learned = next((name for name in (TRAIN, f"{TRAIN}_lst") if names.get(name)), None)
    if learned is None or learned not in with_classes:
        return
    minimum, known = section.rules.minimum_per_class, names[learned]
    if len(known) == 1:
        yield Finding(
            rule="one_class",
            column=learned,
            message=f"Channel {learned} has only the class {next(iter(known))!r}: nothing can be learned.",
        )
    rare = [f"{name} ({number})" for name, number in known.items() if number < minimum]
    if rare:
        yield Finding(
            rule="minimum_per_class",
            column=learned,
            rows=len(rare),
            message=(
                f"Channel {learned}: {listed(rare)} {'has' if len(rare) == 1 else 'have'} fewer than "
                f"{minimum} examples."
            ),
        )
    for name in sorted(with_classes - {learned}):
        new = sorted(set(names[name]) - set(known))
        if new:
            yield Finding(
                rule="unknown_class",
                column=name,
                rows=sum(names[name][each] for each in new),
                message=f"Channel {name} has {listed(new)}, of which {learned} has no example.",
            )
    if section.holdout:
        undeclared = sorted(set(known) - set(section.classes))
        unlearned = sorted(set(section.classes) - set(known))
        if undeclared or unlearned:
            said = (
                f"has {listed(undeclared)}, not declared in"
                if undeclared
                else f"lacks {listed(unlearned)} of"
            )
            yield Finding(
                rule="declared_classes",
                column=learned,
                message=f"Channel {learned} {said} classes: name exactly the classes that it has.",
            )


def _shared_rules(
    connection: duckdb.DuckDBPyConnection, section: ChannelsSection, channels: Sequence[ChannelFiles]
) -> Iterator[Finding]:
    """Examples that the model is judged on although it has learned them."""
    names = [
        channel.section.name for channel in channels if channel.section.reading not in ("listing", "objects")
    ]
    if TRAIN not in names:
        return
    limit = section.rules.maximum_shared_share
    for name in names:
        if name not in ("validation", "test", section.holdout):
            continue
        rows = connection.execute(
            f"SELECT min(mine.at), count(*) FROM (SELECT digest, {_WHERE} AS at FROM {TABLE} "
            f"WHERE channel = ? AND {_GOOD}) AS mine JOIN (SELECT DISTINCT digest FROM {TABLE} "
            f"WHERE channel = '{TRAIN}' AND {_GOOD}) AS theirs USING (digest)",
            [name],
        ).fetchall()
        place, number = rows[0]
        if number:
            share = int(number) / count(connection, name, _GOOD)
            yield Finding(
                rule="shared",
                column=name,
                rows=int(number),
                fails=share > limit,
                message=(
                    f"Channel {name}: {int(number):,} examples are also in {TRAIN} ({share:.1%}; {limit:.1%} "
                    f"may be), such as {place}: the model would be judged on what it has learned by heart."
                ),
            )


def count(connection: duckdb.DuckDBPyConnection, channel: str, condition: str = "true") -> int:
    """The number of examples of a channel that meet the condition."""
    query = f"SELECT count(*) FROM {TABLE} WHERE channel = ? AND {condition}"
    row = connection.execute(query, [channel]).fetchone()
    return int(row[0]) if row else 0


def classes_of(connection: duckdb.DuckDBPyConnection, channel: str) -> dict[str, int]:
    """The number of good examples of each class, the most frequent first."""
    rows = connection.execute(
        f"SELECT class, count(*) FROM {TABLE} WHERE channel = ? AND {_GOOD} AND class IS NOT NULL "
        "GROUP BY 1 ORDER BY 2 DESC, 1",
        [channel],
    ).fetchall()
    return {str(name): int(number) for name, number in rows}
