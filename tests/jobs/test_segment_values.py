import json
from pathlib import Path

import duckdb
import pytest

from jobs.commands import features
from jobs.segment_values import MAX_VALUES
from tests.jobs.batches import Batch, rows

pytestmark = pytest.mark.slow


def segments(batch: Batch) -> tuple[list[str], list[tuple[str, ...]]]:
    path = batch.output("split", "holdout_keys", "segments.parquet")
    found = duckdb.connect().execute(f"SELECT * FROM read_parquet('{path}')")
    return [column[0] for column in found.description or ()], found.fetchall()


def test_categories_and_booleans_of_few_values_are_written_by_row(filled: Batch) -> None:
    features.run(filled.plan(), filled.folders())
    names, values = segments(filled)
    assert names == ["kind", "flag"]
    path = filled.output("split", "holdout_keys", "keys.parquet")
    keys = duckdb.connect().execute(f"SELECT row_key FROM read_parquet('{path}') ORDER BY row").fetchall()
    by_id = {row["id"]: row for row in rows()}
    assert values == [(by_id[key]["kind"] or None, by_id[key]["flag"]) for (key,) in keys]


@pytest.mark.parametrize("values", [1, MAX_VALUES + 1])
def test_a_column_of_one_or_many_values_is_none(batch: Batch, values: int) -> None:
    batch.write("a.csv", [{**row, "kind": f"k{n % values}"} for n, row in enumerate(rows(600))])
    features.run(batch.plan(), batch.folders())
    assert segments(batch)[0] == ["flag"]


def test_without_such_columns_there_is_no_file(batch: Batch) -> None:
    batch.write("a.csv", rows())
    features.run(batch.plan(dataset={"features": ["amount", "count"]}), batch.folders())
    assert not batch.output("split", "holdout_keys", "segments.parquet").exists()


def test_the_splits_digest_does_not_depend_on_what_is_for_the_report(tmp_path: Path) -> None:
    digests = set()
    for name, importance in (("a", None), ("b", {"rows": 1000, "seed": 1})):
        batch = Batch(tmp_path / name)
        batch.write("a.csv", rows())
        features.run(batch.plan(importance=importance), batch.folders())
        digests.add(json.loads(batch.output("split", "manifest.json").read_text())["content_digest"])
    assert len(digests) == 1
