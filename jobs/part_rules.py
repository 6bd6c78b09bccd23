"""What makes the parts of a split useless, as findings: the quality job reports them, the features job stops.

The rules name a part, a class, a group or a column, with an example and the remedy.
"""

from collections.abc import Iterator, Mapping

import duckdb

from jobs.database import literal, quote, single
from jobs.dividing import MIN_STRATUM, Division
from jobs.findings import Finding
from jobs.listing import listed
from jobs.names import internal
from jobs.plan import Plan
from jobs.serving.values import canonical
from jobs.values import text_of
from mdlc_constructs.settings.payloads.job_plan import PARTS
from mdlc_constructs.settings.payloads.tasks import CLASS_TASKS

_GROUP, _IN_PART = internal("group"), internal("in_part")


def part_findings(connection: duckdb.DuckDBPyConnection, plan: Plan, division: Division) -> Iterator[Finding]:
    """Parts without rows or without a class, groups in several parts, and rows that are in no part."""
    counts = _rows_by_part(connection, plan, division)
    totals = {part: sum(by_class.values()) for part, by_class in counts.items()}
    for part in PARTS:
        if not totals[part]:
            yield Finding(
                rule="empty_part",
                message=f"The {part} part{division.spans[part]} has no labelled rows: correct the split, or "
                "bring data for it.",
            )
    if plan.dataset.task in CLASS_TASKS:
        yield from _class_rules(plan, division, counts)
    yield from _group_rules(connection, plan, division)
    yield from _outside_rule(connection, plan, division)


def _label(plan: Plan) -> str:
    name = str(plan.dataset.label)
    return text_of(quote(name), plan.dataset.columns[name])


def _rows_by_part(
    connection: duckdb.DuckDBPyConnection, plan: Plan, division: Division
) -> dict[str, dict[str, int]]:
    """The number of rows of each part, by class; of other tasks, all under one name."""
    name = _label(plan) if plan.dataset.task in CLASS_TASKS else "''"
    counted = connection.execute(
        f"SELECT {division.part}, {name}, count(*) FROM {quote(division.relation)} "
        "GROUP BY 1, 2 ORDER BY 1, 2"
    ).fetchall()
    counts: dict[str, dict[str, int]] = {part: {} for part in PARTS}
    for part, value, rows in counted:
        if part is not None:
            counts[part][str(value)] = int(rows)
    return counts


def _class_rules(
    plan: Plan, division: Division, counts: Mapping[str, Mapping[str, int]]
) -> Iterator[Finding]:
    dataset = plan.dataset
    held = {name for by_class in counts.values() for name in by_class}
    names = [canonical(name) for name in dataset.classes] if dataset.classes else sorted(held)
    totals = {name: sum(by_class.get(name, 0) for by_class in counts.values()) for name in names}
    for name, rows in totals.items():
        if dataset.classes and not rows:
            yield Finding(
                rule="missing_class",
                column=dataset.label,
                message=f"No row is of the class {name!r} of {dataset.label!r}: bring rows of it, or take it "
                "out of classes.",
            )
        elif plan.split.random is not None and rows < MIN_STRATUM and len(names) > 1:
            yield Finding(
                rule="rare_class",
                column=dataset.label,
                rows=rows,
                message=f"The class {name!r} of {dataset.label!r} has {rows} row{'s' if rows > 1 else ''}, "
                f"and each of the {len(PARTS)} parts needs one: bring more, or leave its rows out.",
            )
    usable = [
        name for name, rows in totals.items() if rows >= MIN_STRATUM or (plan.split.random is None and rows)
    ]
    for part in PARTS:
        missing = [name for name in usable if name not in counts[part]]
        if not counts[part] or not missing or len(names) < 2:
            continue
        # A validation part without a rare class of many still tells when to stop.
        fails = part != "validation" or dataset.task == "binary"
        only = list(counts[part])
        rest = f"; it has only the class {only[0]!r}" if len(only) == 1 else ""
        plural, pronoun = ("class", "it") if len(missing) == 1 else ("classes", "them")
        yield Finding(
            rule="one_class" if len(only) == 1 else "missing_class",
            column=dataset.label,
            fails=fails,
            message=f"The {part} part{division.spans[part]} has no row of the {plural} {listed(missing)} of "
            f"{dataset.label!r}{rest}: correct the split, or bring data with {pronoun}.",
        )


def _group_rules(connection: duckdb.DuckDBPyConnection, plan: Plan, division: Division) -> Iterator[Finding]:
    """Groups with rows in several parts, and a holdout of one group, of the split's group and a ranking's."""
    split = plan.split
    # A random split and one by fraction move the groups of the split as a whole.
    moved = split.group if split.random is not None or split.fractions is not None else None
    ranked = plan.dataset.group if plan.dataset.task == "ranking" else None
    for name in dict.fromkeys(name for name in (split.group, ranked) if name):
        if name != moved:
            remedy = (
                f"let each group be in one part, or use Split.random(group={name!r}), which keeps groups "
                "together."
                if moved is None
                else f"let each {name!r} be in one {moved!r}, or leave group={moved!r} out of the split."
            )
            yield from _scattered(connection, division, name, remedy)
        yield from _one_group(connection, division, name)


def _one_group(connection: duckdb.DuckDBPyConnection, division: Division, name: str) -> Iterator[Finding]:
    """A holdout of one group, which says nothing of others: no interval and no comparison would be true."""
    rows, groups, without = single(
        connection,
        f"SELECT count(*), count(DISTINCT {quote(name)}), count(*) - count({quote(name)}) FROM "
        f"{quote(division.relation)} WHERE ({division.part}) = 'holdout'",
    )
    if int(str(rows)) and int(str(groups)) + int(str(without)) < 2:
        yield Finding(
            rule="one_group",
            column=name,
            rows=int(str(rows)),
            message=f"The holdout part{division.spans['holdout']} has one group of {name!r} only, which does "
            "not tell how a model does on others: correct the split, or bring data of more groups.",
        )


def _scattered(
    connection: duckdb.DuckDBPyConnection, division: Division, name: str, remedy: str
) -> Iterator[Finding]:
    parts = (
        f"SELECT {quote(name)} AS {_GROUP}, {division.part} AS {_IN_PART} FROM {quote(division.relation)} "
        f"WHERE {quote(name)} IS NOT NULL"
    )
    several, example = single(
        connection,
        f"SELECT count(*), min(CAST({_GROUP} AS VARCHAR)) FROM (SELECT {_GROUP} FROM ({parts}) "
        f"WHERE {_IN_PART} IS NOT NULL GROUP BY 1 HAVING count(DISTINCT {_IN_PART}) > 1)",
    )
    if not several:
        return
    parts_held = connection.execute(
        f"SELECT DISTINCT {_IN_PART} FROM ({parts}) WHERE CAST({_GROUP} AS VARCHAR) = {literal(str(example))}"
    ).fetchall()
    held = [part for part in PARTS if (part,) in parts_held]
    others = int(str(several)) - 1
    yield Finding(
        rule="group_in_parts",
        column=name,
        message=f"The group {str(example)!r} of {name!r} has rows in the parts {' and '.join(held)}"
        f"{f', and so have {others:,} more groups' if others else ''}: {remedy}",
    )


def _outside_rule(connection: duckdb.DuckDBPyConnection, plan: Plan, division: Division) -> Iterator[Finding]:
    """Rows in no part of a split by column or by prefix, as a warning."""
    column = plan.split.column
    if column is None and plan.split.prefixes is None:
        return
    (rows,) = single(
        connection, f"SELECT count(*) FROM {quote(division.relation)} WHERE ({division.part}) IS NULL"
    )
    if rows:
        where = (
            f"have another value in {column.name!r} than {listed(list(column.values.values()))}"
            if column
            else f"are in files that begin with none of {listed(list((plan.split.prefixes or {}).values()))}"
        )
        yield Finding(
            rule="outside_parts",
            column=column.name if column else None,
            rows=int(str(rows)),
            fails=False,
            message=f"{int(str(rows)):,} rows {where}; they are left out.",
        )
