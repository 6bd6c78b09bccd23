import csv
import json
from pathlib import Path
from typing import Any

import duckdb
import pytest

from jobs.commands import features
from jobs.errors import InputError, JobError
from jobs.serving.program import Program
from jobs.verification import sha256_of
from tests.jobs.batches import SPLIT, Batch, rows

pytestmark = pytest.mark.slow

CHAMPION = {"version": 1, "package_arn": "arn", "model": "m"}
FRACTIONS = {"fractions": {"train": 0.6, "validation": 0.2, "holdout": 0.2}}


def lines(path: Path) -> list[list[str]]:
    with path.open(newline="") as stream:
        return list(csv.reader(stream))


def keys(path: Path) -> list[tuple[Any, ...]]:
    return duckdb.connect().execute(f"SELECT * FROM read_parquet('{path}') ORDER BY row").fetchall()


def test_rows_are_divided_by_time_with_the_label_first(filled: Batch) -> None:
    verdict = features.run(filled.plan(), filled.folders())
    counts = verdict.metrics
    expected = {"train": 0, "validation": 0, "holdout": 0}
    for row in rows():
        part = (
            "train" if row["at"] < "2024-02-01" else "validation" if row["at"] < "2024-03-01" else "holdout"
        )
        expected[part] += 1
    assert counts == expected
    for part in ("train", "validation"):
        written = lines(filled.output("split", part, f"{part}.csv"))
        assert len(written) == expected[part]
        assert {line[0] for line in written} == {"0", "1"}
        assert {len(line) for line in written} == {6}
    assert {len(line) for line in lines(filled.output("split", "holdout", "holdout.csv"))} == {5}


def test_keys_say_which_row_each_holdout_line_is(filled: Batch) -> None:
    features.run(filled.plan(), filled.folders())
    program = Program.read(filled.output("program"))
    records = lines(filled.output("split", "holdout", "holdout.csv"))
    by_id = {row["id"]: row for row in rows()}
    found = keys(filled.output("split", "holdout_keys", "keys.parquet"))
    assert [key[0] for key in found] == list(range(len(records)))
    assert [key[3] for key in found] == sorted(key[3] for key in found)
    for (_, row_key, entity, at, label), record in zip(found, records, strict=True):
        raw = by_id[row_key]
        assert (entity, label, at.isoformat()) == (raw["who"], raw["y"], raw["at"])
        typed = {
            "amount": None if raw["amount"] == "" else raw["amount"],
            "count": raw["count"],
            "kind": raw["kind"] or None,
            "flag": raw["flag"] == "true",
            "at": at,
        }
        assert [float(value) for value in record] == program.prepare(typed)


def test_the_same_data_gives_the_same_bytes_whatever_the_order_of_files_and_rows(tmp_path: Path) -> None:
    digests = []
    for name, made in (("a", rows()), ("b", rows()[::-1])):
        batch = Batch(tmp_path / name)
        batch.write("x.csv", made[:100])
        batch.write("y.csv", made[100:])
        memory = None if name == "a" else "100MB"
        features.run(batch.plan(run=f"{name}" * 16), batch.folders(), memory)
        digests.append(batch.output("split", "manifest.json").read_text())
    assert digests[0] == digests[1]
    assert {"baseline/statistics.json", "baseline/sample.parquet"} <= set(json.loads(digests[0])["files"])


def test_rows_of_equal_keys_keep_records_and_keys_together(batch: Batch) -> None:
    made = [{**row, "id": "same", "at": row["at"][:10]} for row in rows()]
    batch.write("a.csv", made)
    features.run(batch.plan(quality={"unique_key": False}, dataset={"entity": "count"}), batch.folders())
    records = lines(batch.output("split", "holdout", "holdout.csv"))
    found = keys(batch.output("split", "holdout_keys", "keys.parquet"))
    assert [float(record[1]) for record in records] == [float(key[2]) for key in found]


def test_the_program_is_fitted_on_training_rows_only(batch: Batch) -> None:
    made = [{**row, "kind": "late" if row["at"] >= "2024-02-01" else "early"} for row in rows()]
    batch.write("a.csv", made)
    features.run(batch.plan(), batch.folders())
    kinds = next(step for step in Program.read(batch.output("program")).steps if step.feature == "kind")
    assert kinds.values == {"early": 1.0}


def test_the_manifest_tells_content_counts_and_intervals(batch: Batch) -> None:
    made = rows()
    made[0]["y"] = ""
    batch.write("a.csv", made)
    features.run(batch.plan(), batch.folders())
    manifest = json.loads(batch.output("split", "manifest.json").read_text())
    assert manifest["rows"]["read"] == 300
    assert manifest["rows"]["left_out"] == 1
    assert manifest["intervals"]["validation"]["start"] == "2024-02-01T00:00:00"
    for name, told in manifest["files"].items():
        path = batch.output(*name.split("/")) if name.startswith("program") else batch.output("split", name)
        assert path.stat().st_size == told["bytes"]
        assert sha256_of(path) == told["sha256"]


def test_one_changed_value_changes_the_content_digest(tmp_path: Path) -> None:
    digests = []
    for change in (0, 1):
        batch = Batch(tmp_path / str(change))
        made = rows()
        made[5]["count"] += change
        batch.write("a.csv", made)
        features.run(batch.plan(), batch.folders())
        digests.append(json.loads(batch.output("split", "manifest.json").read_text())["content_digest"])
    assert digests[0] != digests[1]


def test_fractions_divide_in_the_order_of_time(filled: Batch) -> None:
    counts = features.run(filled.plan(split=FRACTIONS), filled.folders()).metrics
    assert counts == {"train": 180, "validation": 60, "holdout": 60}
    manifest = json.loads(filled.output("split", "manifest.json").read_text())
    assert manifest["intervals"]["train"]["end"] == manifest["intervals"]["validation"]["start"]


def test_rows_of_one_moment_are_not_divided(batch: Batch) -> None:
    batch.write("a.csv", [{**row, "at": "2024-01-01"} for row in rows()])
    with pytest.raises(JobError, match="share the moment 2024-01-01"):
        features.run(batch.plan(split=FRACTIONS), batch.folders())


def test_a_window_narrows_the_rows(filled: Batch) -> None:
    split = {**FRACTIONS, "window": {"start": "2024-02-01", "end": "2024-03-01"}}
    counts = features.run(filled.plan(split=split), filled.folders()).metrics
    assert sum(counts.values()) == sum("2024-02" in row["at"] for row in rows())


def test_an_empty_part_is_named(batch: Batch) -> None:
    batch.write("a.csv", [row for row in rows() if row["at"] < "2024-03-01"])
    with pytest.raises(JobError, match=r"The holdout part .* has no labelled rows"):
        features.run(batch.plan(), batch.folders())


def test_a_regression_keeps_its_labels(filled: Batch) -> None:
    columns = {**filled.document()["dataset"]["columns"], "y": "number"}
    features.run(filled.plan(dataset={"task": "regression", "columns": columns}), filled.folders())
    assert {line[0] for line in lines(filled.output("split", "train", "train.csv"))} == {"0.0", "1.0"}


def test_what_was_replaced_after_planning_is_refused_before_anything_is_written(filled: Batch) -> None:
    plan = filled.plan()
    path = filled.data / "one.csv"
    path.write_text(path.read_text().replace("r1,", "R1,", 1))
    with pytest.raises(InputError, match=r"one\.csv has the CRC32 checksum"):
        features.run(plan, filled.folders())
    assert not filled.output("split").exists()


def test_a_file_without_a_needed_column_is_refused(filled: Batch) -> None:
    filled.write("three.csv", "id,at\n1,2024-01-01\n")
    with pytest.raises(InputError, match=r"three\.csv has no column"):
        features.run(filled.plan(), filled.folders())


def champion(columns: dict[str, str]) -> dict[str, Any]:
    steps = [{"feature": name, "column": name, "kind": "number", "fill": -7.0} for name in columns]
    return {"schema_version": 1, "columns": columns, "steps": steps}


def test_the_champion_sees_the_same_holdout_through_its_own_program(filled: Batch) -> None:
    own = {"amount": "number", "gone": "number", "after": "number"}
    plan = filled.plan(champion={**CHAMPION, "program": champion(own)})
    features.run(plan, filled.folders())
    records = lines(filled.output("split", "champion", "holdout.csv"))
    found = keys(filled.output("split", "holdout_keys", "keys.parquet"))
    by_id = {row["id"]: row for row in rows()}
    assert len(records) == len(found)
    for record, key in zip(records, found, strict=True):
        raw = by_id[key[1]]
        assert [float(value) for value in record] == [
            raw["amount"] if raw["amount"] != "" else -7.0,
            -7.0,
            raw["after"],
        ]


@pytest.mark.parametrize("split", [SPLIT, FRACTIONS])
@pytest.mark.parametrize("part", ["train", "validation", "holdout"])
def test_a_part_of_one_class_is_named(batch: Batch, part: str, split: dict[str, Any]) -> None:
    made = sorted(rows(), key=lambda row: row["at"])
    if split is FRACTIONS:
        first, last = {"train": (0, 180), "validation": (180, 240), "holdout": (240, 300)}[part]
        chosen = made[first:last]
    else:
        months = {"train": "2024-01", "validation": "2024-02", "holdout": "2024-03"}
        chosen = [row for row in made if row["at"].startswith(months[part])]
    for row in chosen:
        row["y"] = 0
    batch.write("a.csv", made)
    with pytest.raises(InputError, match=rf"The {part} part \(.* to .*\) has no row of the class '1' of 'y'"):
        features.run(batch.plan(split=split), batch.folders())


@pytest.mark.parametrize(("new", "old"), [("number", "category"), ("category", "number")])
def test_the_champion_reads_a_column_as_it_was_declared_for_it(batch: Batch, new: str, old: str) -> None:
    """A column of codes: as a number 5.0, as a category '5'."""
    batch.write("a.csv", rows())
    steps: list[dict[str, Any]] = [{"feature": "count", "column": "count", "kind": old, "fill": -7.0}]
    if old == "category":
        steps[0]["values"] = {str(code): 100.0 + code for code in range(5)}
    program = {"schema_version": 1, "columns": {"count": old}, "steps": steps}
    columns = {**batch.document()["dataset"]["columns"], "count": new}
    plan = batch.plan(dataset={"columns": columns}, champion={**CHAMPION, "program": program})
    features.run(plan, batch.folders())
    by_id = {row["id"]: row for row in rows()}
    records = lines(batch.output("split", "champion", "holdout.csv"))
    found = keys(batch.output("split", "holdout_keys", "keys.parquet"))
    shift = 100.0 if old == "category" else 0.0
    assert [float(record[0]) for record in records] == [by_id[key[1]]["count"] + shift for key in found]
    challenger = Program.read(batch.output("program"))
    assert challenger.columns["count"] == new


def test_the_champions_program_may_come_as_an_input(filled: Batch) -> None:
    folder = filled.folder / "champion"
    folder.mkdir()
    (folder / "program.json").write_text(json.dumps(champion({"amount": "number"})))
    features.run(filled.plan(), filled.folders(champion_program=folder))
    assert filled.output("split", "champion", "holdout.csv").exists()
