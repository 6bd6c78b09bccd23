import csv
from dataclasses import replace

import duckdb
import pytest

from jobs.commands import features, prepare
from jobs.errors import InputError
from jobs.plan import Plan, parse_plan
from jobs.serving.program import Program
from mdlc_constructs.settings.payloads.verdict import Verdict
from tests.jobs.batches import HEADER, Batch, rows

pytestmark = pytest.mark.slow

SCORING = [name for name in HEADER if name not in ("y", "after")]


def scoring(batch: Batch, tmp: str = "batch") -> Batch:
    """A batch to score beside a fitted program, in two files and two shards."""
    features.run(batch.plan(), batch.folders())
    made = Batch(batch.folder / tmp)
    fresh = rows(60, seed=9)
    made.write("x/a.csv", fresh[:40], header=SCORING)
    made.write("b.csv", fresh[40:], header=SCORING)
    return made


def plan(batch: Batch) -> Plan:
    document = batch.document(workflow="batch", split={})
    for number, entry in enumerate(document["data"]["files"]):
        entry["shard"] = f"{number:02d}"
    return parse_plan(document)


def test_every_file_becomes_records_in_its_shard_and_keys(filled: Batch) -> None:
    made = scoring(filled)
    verdict = prepare.run(plan(made), made.folders(program=filled.output("program")))
    assert verdict == Verdict(passed=True, metrics={"files": 2}, rows=60)
    program = Program.read(filled.output("program"))
    by_id = {row["id"]: row for row in rows(60, seed=9)}
    for shard, name, expected in (("00", "00000-b", 20), ("01", "00001-a", 40)):
        with made.output("shards", shard, f"{name}.csv").open(newline="") as stream:
            records = [[float(value) for value in line] for line in csv.reader(stream)]
        path = made.output("keys", f"{name}.parquet")
        query = f"SELECT row, row_key, entity, event_time FROM read_parquet('{path}') ORDER BY row"
        keys = duckdb.connect().execute(query).fetchall()
        assert len(records) == len(keys) == expected
        for number, (record, key) in enumerate(zip(records, keys, strict=True)):
            raw = by_id[key[1]]
            assert (key[0], key[2], key[3].isoformat()) == (number, raw["who"], raw["at"])
            typed = {
                "amount": None if raw["amount"] == "" else raw["amount"],
                "count": raw["count"],
                "kind": raw["kind"] or None,
                "flag": raw["flag"] == "true",
                "at": key[3],
            }
            assert record == program.prepare(typed)


def test_a_file_without_rows_gives_keys_and_no_records(filled: Batch) -> None:
    made = scoring(filled)
    made.write("empty.csv", [], header=SCORING)
    made.write("x_$folder$", b"")
    payload = plan(made).payload
    files = tuple(replace(file, shard="00") for file in payload.data.files)
    together = Plan(payload=replace(payload, data=replace(payload.data, files=files)))
    assert prepare.run(together, made.folders(program=filled.output("program"))).rows == 60
    assert len(list(made.output("shards").rglob("*.csv"))) == 2
    assert len(list(made.output("keys").iterdir())) == 4


def test_a_shard_of_such_files_gets_a_record_that_nobody_reads(filled: Batch) -> None:
    """A transform job refuses an input without files, and the shards are planned before rows are counted."""
    made = scoring(filled)
    made.write("empty.csv", [], header=SCORING)
    prepare.run(plan(made), made.folders(program=filled.output("program")))
    shards = {path.name: [file.name for file in path.iterdir()] for path in made.output("shards").iterdir()}
    assert shards == {"00": ["00000-b.csv"], "01": [prepare.UNREAD], "02": ["00002-a.csv"]}
    record = made.output("shards", "01", prepare.UNREAD).read_text()
    assert record == made.output("shards", "00", "00000-b.csv").read_text().splitlines(keepends=True)[0]


def test_a_file_without_what_the_program_reads_is_refused(filled: Batch) -> None:
    made = scoring(filled)
    made.write("c.csv", "id,at,who\n1,2024-01-01,w\n")
    with pytest.raises(InputError, match=r"c\.csv has no column 'amount'"):
        prepare.run(plan(made), made.folders(program=filled.output("program")))


def test_a_replaced_file_is_refused(filled: Batch) -> None:
    made = scoring(filled)
    planned = plan(made)
    made.write("b.csv", rows(3), header=SCORING)
    with pytest.raises(InputError, match="replaced after planning"):
        prepare.run(planned, made.folders(program=filled.output("program")))
