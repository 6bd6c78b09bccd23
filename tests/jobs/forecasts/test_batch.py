import json
from datetime import datetime, timedelta
from pathlib import Path

import duckdb
import pytest

from jobs.commands import prepare
from jobs.errors import InputError
from tests.jobs.batches import Batch
from tests.jobs.forecasts.lines import (
    FIRST,
    HEADER,
    HORIZON,
    SEASON,
    batch_plan,
    point,
    points,
    published,
    records,
    trained,
    value,
)

AHEAD = [point(shop, place, sold="") for shop in range(3) for place in (40, 41, 42)]


@pytest.fixture
def program(tmp_path: Path) -> Path:
    return trained(Batch(tmp_path / "training")).output("program")


def test_series_of_several_files_are_continued_with_quantiles_a_step(batch: Batch, program: Path) -> None:
    made = points(40)
    batch.write("2024-01.csv", [row for row in made if row["day"] < "2024-02-01"], HEADER)
    batch.write("2024-02.csv", [row for row in made if row["day"] >= "2024-02-01"], HEADER)
    batch.write("ahead.csv", AHEAD, HEADER)
    folder = published(batch, program)
    (file,) = batch.output("shards").rglob("*.jsonl")
    assert [(record["item_id"], len(record["target"])) for record in records(file)] == [
        (f"s{shop}", 40) for shop in range(3)
    ]
    assert len(records(file)[0]["dynamic_feat"][0]) == 40 + HORIZON
    manifest = json.loads((folder / "staged" / "manifest.json").read_text())
    assert (manifest["rows"], manifest["quantiles"]) == (3 * HORIZON, [0.1, 0.5, 0.9])
    assert manifest["columns"][-2:] == ["step", "quantiles"]
    found = (
        duckdb.connect()
        .execute(
            "SELECT entity, event_time, step, score, quantiles, row_key "
            f"FROM '{folder}/parts/*.parquet' ORDER BY ALL"
        )
        .fetchall()
    )
    expected = []
    for shop in range(3):
        for step in range(1, HORIZON + 1):
            at, median = FIRST + timedelta(days=39 + step), value(shop, 39 + step - SEASON)
            key = json.dumps({"shop": f"s{shop}", "day": str(at)}, separators=(",", ":"))
            expected.append((f"s{shop}", at, step, median, [median - 0.5, median, median + 0.5], key))
    assert [(*row[:4], [pytest.approx(number) for number in row[4]], row[5]) for row in expected] == found


def test_each_series_goes_on_from_its_own_end(batch: Batch, program: Path) -> None:
    ahead = [point(0, place, sold="") for place in (30, 31, 32)]
    batch.write("a.csv", [*points(30, 1), *ahead, *points(40, 2)[40:], *AHEAD[3:6]], HEADER)
    published(batch, program)
    ends = duckdb.connect().execute(
        f"SELECT entity, min(event_time) FROM '{batch.output('keys')}/*.parquet' GROUP BY 1"
    )
    assert sorted(ends.fetchall()) == [("s0", datetime(2024, 1, 31)), ("s1", datetime(2024, 2, 10))]


def test_series_that_cannot_be_continued_stop_the_job(batch: Batch, program: Path) -> None:
    batch.write("a.csv", points(40), HEADER)
    with pytest.raises(
        InputError, match="Series 's0' lacks values of 'holiday' in the 3 steps after 2024-02-09"
    ):
        prepare.run(batch_plan(batch), batch.folders(program=program))
