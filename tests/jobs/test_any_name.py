"""Any column name works: the jobs make of a data set what they make of the same one with plain names."""

import random
import re
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jobs.commands import check, monitor
from tests.examples_tried import examples
from tests.jobs.lives import Data, Row, lived

ROLES = {
    "id": "text",
    "at": "timestamp",
    "who": "text",
    "amount": "number",
    "count": "integer",
    "kind": "category",
    "flag": "boolean",
    "y": "integer",
}
SQL = re.compile(
    r"\b(?:AS|VIEW|TABLE|FROM|JOIN|WITH|INTO)\s+\"?(?P<name>[A-Za-z_]\w*)\"?(?:\((?P<list>[\w, ]+)\))?"
)
OURS = re.compile(r"internal\(f?\"(\w+)")
AT_ONCE = 50  # columns; what a query over them costs grows faster than their number
BEFORE = ("k", "v", "n", "code", "_n", "_nth", "_lot", "v0", "score_", "feature_label", "column_file")
DUCKDB = ("filename", "file_row_number", "file_index", "rowid", "columns", "struct", "row", "value", "key")


@cache
def aliases() -> tuple[str, ...]:
    """Every name in the SQL of the jobs: aliases, column lists, relations, and what our marked names say."""
    text = "\n".join(path.read_text() for path in Path("jobs").rglob("*.py"))
    found = {match["name"] for match in SQL.finditer(text)}
    found |= {name.strip() for match in SQL.finditer(text) for name in (match["list"] or "").split(",")}
    found |= set(OURS.findall(text)) | {f"_{name}" for name in OURS.findall(text)}
    found |= {*BEFORE, *DUCKDB, *check.COLUMNS, *monitor.ROW_COLUMNS}
    return tuple(sorted({name.lower(): name for name in found if name and not name.isupper()}.values()))


def columns(extra: int) -> dict[str, str]:
    """The columns by their plain names: one a role, and so many more features."""
    return ROLES | {f"extra{n}": "number" if n % 6 else "category" for n in range(extra)}


def rows(number: int, start: datetime, seed: int, extra: int) -> list[dict[str, Any]]:
    chance = random.Random(seed)
    made = []
    for index in range(number):
        amount = round(chance.gauss(0, 10), 3)
        row: dict[str, Any] = {
            "id": f"r{seed}-{index}",
            "at": (start + timedelta(minutes=chance.randrange(90 * 24 * 60))).isoformat(),
            "who": f"w{index % 7}",
            "amount": amount if chance.random() > 0.1 else None,
            "count": chance.randrange(5),
            "kind": chance.choice(["a", "b", "c d"]),
            "flag": chance.random() < 0.5,
            "y": int(chance.random() < (0.7 if amount > 0 else 0.2)),
        }
        for place in range(extra):
            row[f"extra{place}"] = round(chance.random(), 3) if place % 6 else chance.choice("pqr")
        made.append(row)
    return made


def called(names: Mapping[str, str], made: Iterable[Mapping[str, Any]]) -> list[Row]:
    return [{names[name]: value for name, value in row.items()} for row in made]


def data(names: Mapping[str, str], number: int = 90) -> Data:
    """The data set with its columns called so."""
    extra = len(names) - len(ROLES)
    kinds = columns(extra)
    section = {
        "format": "csv",
        "label": names["y"],
        "timestamp": names["at"],
        "entity": names["who"],
        "row_key": [names["id"]],
        "columns": {names[name]: kind for name, kind in kinds.items()},
        "known_after": [],
        "features": [names[name] for name in kinds if name not in ("id", "at", "who", "y")],
        "calendar": ["hour"],
    }
    return Data(
        section=section,
        training=called(names, rows(number, datetime(2024, 1, 1), 1, extra)),
        fresh=called(names, rows(40, datetime(2024, 4, 1), 2, extra)),
        monitor={"segments": [names["kind"]], "protected": [names["flag"]], "bootstrap": 10},
        quality={
            "missing_share": {names["amount"]: 0.9},
            "ranges": {names["count"]: [0, 10]},
            "accepted_values": {names["kind"]: ["a", "b", "c d"]},
        },
    )


def life(names: Mapping[str, str]) -> dict[str, Any]:
    with TemporaryDirectory() as folder:
        return lived(data(names), Path(folder))


@cache
def plain(extra: int) -> dict[str, Any]:
    return life({name: f"column {place}" for place, name in enumerate(columns(extra))})


@pytest.mark.slow
def test_columns_called_as_any_name_of_our_own_sql() -> None:
    known = aliases()
    assert {"k", "_label", "filename", "event_time", "judged", "staged", "v", "lot"} <= set(known)
    written = [name.upper() if place % 2 else name for place, name in enumerate(known)]
    for start in range(0, len(written), AT_ONCE):
        # The last ones again, so that each life has as many columns and is held against the same one.
        some = written[min(start, len(written) - AT_ONCE) :][:AT_ONCE]
        found = life(dict(zip(columns(AT_ONCE - len(ROLES)), some, strict=True)))
        expected = plain(AT_ONCE - len(ROLES))
        assert {name: value for name, value in found.items() if value != expected[name]} == {}


# What a data set accepts: no control characters (and no lone surrogates), nothing equal but for its case.
WORDS = st.sampled_from(
    [
        "K",
        "select",
        'say "x"',
        "it's",
        "a.b",
        "a/b~c",
        "/",
        "~1",
        "$.x",
        "*",
        "%s",
        "{v}",
        "日本",
        "Ä",
        " a ",
        ",",
    ]
)
NAMES = (
    st.sampled_from(aliases())
    | st.sampled_from(aliases()).map(str.upper)
    | WORDS
    | st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs")), min_size=1, max_size=6)
)


@pytest.mark.slow
@settings(max_examples=examples(8), derandomize=True)
@given(names=st.lists(NAMES, min_size=len(ROLES), max_size=len(ROLES), unique_by=str.lower))
def test_any_names_of_columns_give_the_results_of_plain_ones(names: list[str]) -> None:
    found, expected = life(dict(zip(ROLES, names, strict=True))), plain(0)
    assert {name: value for name, value in found.items() if value != expected[name]} == {}
