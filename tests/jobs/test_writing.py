import json
from typing import Any

from jobs.commands import quality
from tests.jobs.batches import Batch, rows


def reported(batch: Batch) -> dict[str, Any]:
    quality.run(batch.plan(), batch.folders())
    report = json.loads(batch.output("report", "report.json").read_text())
    return {finding["rule"]: finding for finding in report["findings"]}


def test_keys_in_two_ways_of_writing_are_duplicates(batch: Batch) -> None:
    made = rows()
    batch.write("one.csv", [{**made[0], "id": "1"}, {**made[1], "id": "1.0"}, *made[2:]])
    found = reported(batch)
    assert found["duplicate_key"]["fails"] and "for example '1'" in found["duplicate_key"]["message"]
    assert not found["two_ways_of_writing"]["fails"]
    assert "writes 1 values in two ways, such as '1'" in found["two_ways_of_writing"]["message"]


def test_a_category_that_looks_like_a_number_is_told(batch: Batch) -> None:
    batch.write(
        "one.csv", [{**row, "kind": ["01", "1.10", "7"][place % 3]} for place, row in enumerate(rows())]
    )
    found = reported(batch)["text_like_a_number"]
    assert not found["fails"] and found["column"] == "kind"
    assert found["message"].startswith(
        "Category 'kind' holds '01', which is '1' where a program sends it as a"
    )
