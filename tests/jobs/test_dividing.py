import random
from collections import Counter
from pathlib import Path
from typing import Any

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jobs.commands import features
from jobs.errors import InputError
from tests.examples_tried import examples
from tests.jobs.batches import DATASET, Batch, Row

pytestmark = pytest.mark.slow

SHARES = {"train": 0.7, "validation": 0.1, "holdout": 0.2}
HEADER = ("x", "kind", "patient", "part", "w", "y")
COLUMNS = {
    "x": "number",
    "kind": "category",
    "patient": "text",
    "part": "text",
    "w": "number",
    "y": "integer",
}
PLAIN: dict[str, Any] = {
    "timestamp": None,
    "row_key": [],
    "entity": None,
    "columns": COLUMNS,
    "known_after": [],
    "features": ["x", "kind"],
    "calendar": [],
}
"""A dataset without time and ids."""


def plain(number: int = 300, seed: int = 1) -> list[Row]:
    """Rows without time and ids; ten rows of one patient each."""
    chance = random.Random(seed)
    return [
        {
            "x": round(chance.gauss(0, 1), 6),
            "kind": chance.choice("abc"),
            "patient": f"p{index // 10}",
            "part": ("train", "train", "validation", "holdout")[(index // 10) % 4],
            "w": 1,
            "y": int(chance.random() < 0.3),
        }
        for index in range(number)
    ]


def at_random(**changes: Any) -> dict[str, Any]:
    group = changes.pop("group", None)
    return {"random": {"shares": SHARES, "seed": 1, "stratify": None, **changes}, "group": group}


def parts(batch: Batch, split: dict[str, Any], out: str = "out", **changes: Any) -> dict[str, Counter[str]]:
    """The written records of each part, as text without the label, and how often each is there."""
    features.run(batch.plan(dataset={**PLAIN, **changes}, split=split), batch.folders(out))
    written: dict[str, Counter[str]] = {}
    for part in ("train", "validation", "holdout"):
        lines = batch.output("split", part, f"{part}.csv", of=out).read_text().splitlines()
        # The label is first in records to train on.
        written[part] = Counter(line if part == "holdout" else line.split(",", 1)[1] for line in lines)
    return written


def test_a_random_split_depends_on_neither_the_files_nor_their_order(tmp_path: Path) -> None:
    made = plain()
    one, other = Batch(tmp_path / "one"), Batch(tmp_path / "other")
    one.write("all.csv", made, HEADER)
    mixed = random.Random(2).sample(made, len(made))
    other.write("b.csv", mixed[:50], HEADER)
    other.write("a/c.csv", mixed[50:], HEADER)
    for split in (at_random(), at_random(stratify="y"), at_random(group="patient")):
        numbers = parts(one, split, out=str(split))
        assert numbers == parts(other, split, out=str(split))
        assert sum(numbers["holdout"].values()) == pytest.approx(60, abs=35)
    assert parts(one, at_random(), out="1") != parts(one, at_random(seed=2), out="2")


def test_the_same_rows_give_the_same_bytes_whatever_the_order_of_their_files(tmp_path: Path) -> None:
    made = plain()
    contents = []
    for number, order in enumerate((made, made[::-1])):
        batch = Batch(tmp_path / str(number))
        batch.write("all.csv", order, HEADER)
        parts(batch, at_random(stratify="y"))
        contents.append(
            [batch.output("split", name).read_bytes() for name in ("train/train.csv", "holdout/holdout.csv")]
        )
    assert contents[0] == contents[1]


def test_without_strata_a_row_stays_in_its_part_when_data_are_added(tmp_path: Path) -> None:
    before, after = Batch(tmp_path / "before"), Batch(tmp_path / "after")
    before.write("a.csv", plain(), HEADER)
    after.write("a.csv", plain(), HEADER)
    after.write("b.csv", plain(300, seed=5), HEADER)
    old, new = parts(before, at_random()), parts(after, at_random())
    # Records hold encoded categories, so that only the number is compared.
    for part in old:
        assert {line.split(",")[0] for line in old[part]} <= {line.split(",")[0] for line in new[part]}


@settings(max_examples=examples(15), deadline=None)
@given(positive=st.integers(3, 40), negative=st.integers(3, 40), seed=st.integers(0, 9))
def test_strata_have_exact_shares(
    tmp_path_factory: pytest.TempPathFactory, positive: int, negative: int, seed: int
) -> None:
    batch = Batch(tmp_path_factory.mktemp("strata"))
    made = [{**row, "y": int(place < positive)} for place, row in enumerate(plain(positive + negative))]
    batch.write("a.csv", made, HEADER)
    features.run(
        batch.plan(dataset=PLAIN, split=at_random(stratify="y", seed=seed), importance=None), batch.folders()
    )
    keys = str(batch.output("split", "holdout_keys", "keys.parquet"))
    held = dict(duckdb.connect().execute(f"SELECT label, count(*) FROM '{keys}' GROUP BY 1").fetchall())
    lines = batch.output("split", "validation", "validation.csv").read_text().splitlines()
    for label, rows in ((1, positive), (0, negative)):
        assert held[label] == max(1, int(rows * 0.2 + 0.5))
        assert sum(line.startswith(f"{label},") for line in lines) == max(1, int(rows * 0.1 + 0.5))


@pytest.mark.parametrize("split", [at_random(group="patient"), {"fractions": SHARES, "group": "patient"}])
def test_a_group_moves_as_a_whole(tmp_path: Path, split: dict[str, Any]) -> None:
    batch = Batch(tmp_path)
    made = plain(600)
    for index, row in enumerate(random.Random(3).sample(made, 600)):
        row["at"] = f"2024-01-01T{index // 60:02d}:{index % 60:02d}:00"
        row["x"] = int(row["patient"][1:])
    batch.write("a.csv", made, (*HEADER, "at"))
    timed: dict[str, Any] = (
        {"timestamp": "at", "columns": {**COLUMNS, "at": "timestamp"}} if "fractions" in split else {}
    )
    written = parts(batch, split, **timed)
    held = [{line.split(",")[0] for line in written[part]} for part in written]
    assert all(held)
    assert not held[0] & held[1]
    assert not held[0] & held[2]
    assert not held[1] & held[2]


def test_by_fraction_a_group_is_where_its_latest_row_is(tmp_path: Path) -> None:
    batch = Batch(tmp_path)
    made = [{**row, "at": f"2024-01-{1 + index // 20:02d}"} for index, row in enumerate(plain(400))]
    made[0]["patient"] = made[399]["patient"] = "long"
    batch.write("a.csv", made, (*HEADER, "at"))
    dataset = {**PLAIN, "timestamp": "at", "columns": {**COLUMNS, "at": "timestamp"}}
    plan = batch.plan(dataset=dataset, split={"fractions": SHARES, "group": "patient"})
    features.run(plan, batch.folders())
    keys = str(batch.output("split", "holdout_keys", "keys.parquet"))
    [(first,)] = duckdb.connect().execute(f"SELECT CAST(min(event_time) AS VARCHAR) FROM '{keys}'").fetchall()
    assert first.startswith("2024-01-01")


def test_the_data_may_say_which_row_is_where(tmp_path: Path) -> None:
    batch = Batch(tmp_path)
    made = plain(400)
    made[0]["part"] = "unused"
    batch.write("a.csv", made, HEADER)
    values = {part: part for part in SHARES}
    written = parts(batch, {"column": {"name": "part", "values": values}})
    rows = Counter(row["part"] for row in made)
    assert {part: sum(lines.values()) for part, lines in written.items()} == {
        part: rows[part] for part in values
    }


def test_a_part_may_be_a_folder(tmp_path: Path) -> None:
    batch = Batch(tmp_path)
    made = plain(300)
    for folder, rows in (("train", made[:200]), ("valid", made[200:240]), ("test", made[240:290])):
        batch.write(f"{folder}/rows.csv", rows, HEADER)
    batch.write("notes/rows.csv", made[290:], HEADER)
    split = {"prefixes": {"train": "train/", "validation": "valid/", "holdout": "test/"}}
    written = parts(batch, split)
    assert {part: sum(lines.values()) for part, lines in written.items()} == {
        "train": 200, "validation": 40, "holdout": 50,
    }  # fmt: skip


def test_numbers_that_look_like_integers_name_the_same_part(tmp_path: Path) -> None:
    batch = Batch(tmp_path)
    made = [{**row, "part": ("0.0", "1", "2.0")[place % 3]} for place, row in enumerate(plain())]
    batch.write("a.csv", made, HEADER)
    values = {"train": "0", "validation": "1.0", "holdout": "2"}
    written = parts(batch, {"column": {"name": "part", "values": values}})
    assert {part: sum(lines.values()) for part, lines in written.items()} == dict.fromkeys(values, 100)


def test_equal_rows_without_ids_have_keys_of_their_own(tmp_path: Path) -> None:
    batch = Batch(tmp_path)
    made = [*plain(100), *plain(100)]
    batch.write("a.csv", made, HEADER)
    batch.write("b.csv", made, HEADER)
    parts(batch, at_random())
    keys = str(batch.output("split", "holdout_keys", "keys.parquet"))
    [found] = (
        duckdb.connect()
        .execute(f"SELECT count(*), count(DISTINCT row_key), count(event_time), count(entity) FROM '{keys}'")
        .fetchall()
    )
    assert found[0] == found[1] > 0
    assert found[2:] == (0, 0)


def test_internal_names_are_free_for_columns(tmp_path: Path) -> None:
    batch = Batch(tmp_path)
    names = {"x": "value", "kind": "place", "patient": "size", "part": "part", "w": "code", "y": "row"}
    made = [{names[name]: value for name, value in row.items()} for row in plain()]
    batch.write("a.csv", made, tuple(names.values()))
    dataset = {
        **DATASET,
        **PLAIN,
        "label": "row",
        "columns": {names[name]: kind for name, kind in COLUMNS.items()},
        "features": ["value", "place"],
        "weight": "code",
    }
    verdict = features.run(batch.plan(dataset=dataset, split=at_random(stratify="row")), batch.folders())
    assert sum(verdict.metrics.values()) == 300


def test_the_features_job_stops_at_a_useless_part_too(tmp_path: Path) -> None:
    batch = Batch(tmp_path)
    batch.write("a.csv", [{**row, "part": "train"} for row in plain()], HEADER)
    split = {"column": {"name": "part", "values": {part: part for part in SHARES}}}
    with pytest.raises(InputError, match="The validation part \\(part is validation\\) has no labelled rows"):
        parts(batch, split)
