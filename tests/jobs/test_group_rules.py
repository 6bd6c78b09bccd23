import json
from pathlib import Path
from typing import Any

import pytest

from jobs.commands import quality
from tests.jobs.batches import Batch, Row
from tests.jobs.rankings import DATASET, batch_of, searches


def findings(batch: Batch, **sections: Any) -> list[dict[str, Any]]:
    quality.run(batch.plan(dataset=DATASET, **sections), batch.folders("quality"))
    found: list[dict[str, Any]] = json.loads(batch.output("report", "report.json", of="quality").read_text())[
        "findings"
    ]
    return found


def test_good_searches_pass_the_quality_rules(tmp_path: Path) -> None:
    assert [f["rule"] for f in findings(batch_of(tmp_path)) if f["fails"]] == []


@pytest.mark.parametrize(
    ("change", "rule", "says"),
    [
        ({"search": ""}, "missing_group", "have no value in the group 'search'"),
        ({"grade": 40}, "grades", "no whole number from 0 to 31"),
        ({"grade": -1}, "grades", "for example -1"),
        ({"grade": 1.5}, "grades", "give grades"),
    ],
)
def test_bad_rows_are_told_in_one_sentence(tmp_path: Path, change: Row, rule: str, says: str) -> None:
    rows = searches()
    rows[3] = {**rows[3], **change}
    (finding,) = (f for f in findings(batch_of(tmp_path, rows)) if f["rule"] == rule)
    assert finding["fails"]
    assert says in finding["message"]


def test_groups_of_equal_relevance_teach_no_order(tmp_path: Path) -> None:
    rows = [{**row, "grade": int(str(row["search"])[-1])} for row in searches()]
    (finding,) = (f for f in findings(batch_of(tmp_path, rows)) if f["rule"] == "one_class")
    assert "no order to learn" in finding["message"]


def test_single_rows_are_a_warning(tmp_path: Path) -> None:
    rows = [*searches(), {**searches()[0], "id": "alone", "search": "alone"}]
    (finding,) = (f for f in findings(batch_of(tmp_path, rows)) if f["rule"] == "single_rows")
    assert not finding["fails"]
