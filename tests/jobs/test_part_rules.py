import json
from pathlib import Path
from typing import Any

import pytest

from jobs.commands import quality
from tests.jobs.batches import Batch, Row
from tests.jobs.test_dividing import COLUMNS, HEADER, PLAIN, SHARES, at_random, plain

pytestmark = pytest.mark.slow

BY_COLUMN = {"column": {"name": "part", "values": {part: part for part in SHARES}}}
RANKED = {"task": "ranking", "group": "patient"}
BY_PREFIX = {"prefixes": {part: f"{part}/" for part in SHARES}}


def found(batch: Batch, **sections: Any) -> dict[str, str]:
    """The findings of a quality job that fail the batch, by rule."""
    sections = {"dataset": PLAIN, **sections}
    quality.run(batch.plan(**sections), batch.folders())
    report = json.loads(batch.output("report", "report.json").read_text())
    return {each["rule"]: each["message"] for each in report["findings"] if each["fails"]}


def changed(place: int, **values: Any) -> list[Row]:
    rows = plain()
    rows[place].update(values)
    return rows


@pytest.mark.parametrize(
    ("rows", "sections", "rule", "said"),
    [
        (
            changed(0, patient="p3"),
            {"split": {**BY_COLUMN, "group": "patient"}},
            "group_in_parts",
            "The group 'p3' of 'patient' has rows in the parts train and holdout: let each group be",
        ),
        (
            [{**row, "patient": "p" if row["part"] == "holdout" else row["patient"]} for row in plain()],
            {"split": {**BY_COLUMN, "group": "patient"}},
            "one_group",
            "The holdout part (part is holdout) has one group of 'patient' only",
        ),
        (
            [{**row, "w": row["kind"]} for row in plain()],
            {
                "dataset": {**PLAIN, **RANKED, "columns": {**COLUMNS, "w": "text"}},
                "split": at_random(group="w", seed=3),
                "quality": {"leak_auc": 1.1},
            },
            "group_in_parts",
            "let each 'patient' be in one 'w', or leave group='w' out of the split.",
        ),
        (
            [{**row, "y": row["y"] + place % 2} for place, row in enumerate(plain())],
            {"dataset": {**PLAIN, **RANKED}, "split": at_random()},
            "group_in_parts",
            "or use Split.random(group='patient')",
        ),
        (
            [{**row, "part": "train" if row["y"] else row["part"]} for row in plain()],
            {"split": BY_COLUMN},
            "one_class",
            "The holdout part (part is holdout) has no row of the class '1' of 'y'; it has only the class",
        ),
        (
            [{**row, "part": "train"} for row in plain()],
            {"split": BY_COLUMN},
            "empty_part",
            "The holdout part (part is holdout) has no labelled rows",
        ),
        (
            [{**row, "y": int(place < 2)} for place, row in enumerate(plain())],
            {"split": at_random(stratify="y"), "quality": {"minimum_class_share": 0}},
            "rare_class",
            "The class '1' of 'y' has 2 rows, and each of the 3 parts needs one",
        ),
        (
            [{**row, "y": 1} for row in plain()],
            {"split": at_random(stratify="y")},
            "one_class",
            "The label 'y' has only the class '1' in all 300 rows",
        ),
        (
            [{**row, "y": ""} for row in plain()],
            {"split": at_random()},
            "no_label",
            "No row has a label in 'y'",
        ),
        (
            changed(0, w=-2, part="train"),
            {"split": BY_COLUMN, "dataset": {**PLAIN, "weight": "w"}},
            "weight",
            "1 rows of the train part have a negative weight in 'w', such as -2",
        ),
        (
            changed(0, w="", part="train"),
            {"split": BY_COLUMN, "dataset": {**PLAIN, "weight": "w"}},
            "weight",
            "1 rows of the train part have no weight in 'w'",
        ),
        (
            [{**row, "w": 0} for row in plain()],
            {"split": BY_COLUMN, "dataset": {**PLAIN, "weight": "w"}},
            "weight",
            "All rows of the holdout part have the weight 0 in 'w'",
        ),
        (
            [{**row, "w": row["y"]} for row in plain()],
            {"split": BY_COLUMN, "dataset": {**PLAIN, "weight": "w"}},
            "weight",
            "rows of the class '0' of 'y' in the holdout part have the weight 0 in 'w', so that the",
        ),
        (
            changed(0, w=1e308, part="train"),
            {"split": BY_COLUMN, "dataset": {**PLAIN, "weight": "w"}},
            "weight",
            "1 rows of the train part have a weight in 'w' above 1e+30, such as 1e+308",
        ),
    ],
)
def test_a_useless_part_is_one_sentence(
    batch: Batch, rows: list[Row], sections: dict[str, Any], rule: str, said: str
) -> None:
    batch.write("a.csv", rows, HEADER)
    findings = found(batch, **sections)
    assert said in findings[rule]


def test_groups_may_not_be_in_two_folders_or_times(tmp_path: Path) -> None:
    batch = Batch(tmp_path / "folders")
    made = plain()
    for number, part in enumerate(SHARES):
        batch.write(f"{part}/a.csv", made[number * 95 : number * 95 + 95], HEADER)
    findings = found(batch, split={**BY_PREFIX, "group": "patient"})
    assert "The group 'p9' of 'patient' has rows in the parts train and" in findings["group_in_parts"]
    timed = Batch(tmp_path / "times")
    timed.write(
        "a.csv", [{**row, "at": f"2024-01-{1 + i // 15:02d}"} for i, row in enumerate(made)], (*HEADER, "at")
    )
    intervals = {
        "train": {"end": "2024-01-10"},
        "validation": {"start": "2024-01-10", "end": "2024-01-15"},
        "holdout": {"start": "2024-01-15"},
    }
    dataset = {**PLAIN, "timestamp": "at", "columns": {**COLUMNS, "at": "timestamp"}}
    findings = found(timed, dataset=dataset, split={"intervals": intervals, "group": "patient"})
    assert "'p13' of 'patient' has rows in the parts train and validation" in findings["group_in_parts"]


def test_good_parts_have_no_findings(batch: Batch) -> None:
    batch.write("a.csv", plain(), HEADER)
    for split in (
        at_random(),
        at_random(stratify="y"),
        at_random(group="patient"),
        {**BY_COLUMN, "group": "patient"},
    ):
        assert found(batch, split=split, dataset={**PLAIN, "weight": "w"}) == {}


@pytest.mark.parametrize("kind", ["integer", "category", "number"])
def test_classes_may_be_floats_that_look_like_integers(batch: Batch, kind: str) -> None:
    batch.write("a.csv", [{**row, "y": f"{row['y']}.0"} for row in plain()], HEADER)
    dataset = {**PLAIN, "columns": {**COLUMNS, "y": kind}, "positive": "1.0"}
    assert found(batch, dataset=dataset, split=at_random(stratify="y")) == {}
    batch.write("a.csv", [{**row, "y": "1.0"} for row in plain()], HEADER)
    findings = found(batch, dataset=dataset, split=at_random(stratify="y"))
    assert "The label 'y' has only the class '1' in all 300 rows" in findings["one_class"]


def test_rows_of_no_part_are_left_out_with_a_warning(batch: Batch) -> None:
    batch.write("a.csv", changed(0, part="other"), HEADER)
    verdict = quality.run(batch.plan(dataset=PLAIN, split=BY_COLUMN), batch.folders())
    report = json.loads(batch.output("report", "report.json").read_text())
    assert verdict.passed
    assert [each["message"] for each in report["findings"]] == [
        "1 rows have another value in 'part' than 'train', 'validation', 'holdout'; they are left out."
    ]


def test_a_class_that_is_declared_and_absent_is_named(batch: Batch) -> None:
    """Written for multiclass tasks: classes are named, whatever their number."""
    from jobs.database import connect
    from jobs.dividing import divide
    from jobs.part_rules import part_findings
    from jobs.reading import stage
    from jobs.sources import examine

    rows = [{**row, "kind": "a" if place < 2 else row["kind"]} for place, row in enumerate(plain())]
    rows = [row for row in rows if not (row["kind"] == "b" and row["part"] == "holdout")]
    batch.write("a.csv", rows, HEADER)
    dataset = {
        **PLAIN,
        "label": "kind",
        "features": ["x"],
        "task": "multiclass",
        "classes": ["a", "b", "c", "d"],
    }
    plan = batch.plan(dataset=dataset, split=BY_COLUMN)
    with connect() as (connection, scratch):
        columns = plan.columns(label=True)
        sources = examine(connection, plan.files, batch.data, "csv", columns)
        stage(connection, sources, columns, scratch / "staged.parquet", numbered=True)
        connection.execute("CREATE TEMP VIEW labelled AS FROM staged")
        findings = list(part_findings(connection, plan, divide(connection, plan, scratch)))
    assert [(each.rule, each.message.partition(":")[0]) for each in findings] == [
        ("missing_class", "No row is of the class 'd' of 'kind'"),
        ("missing_class", "The holdout part (part is holdout) has no row of the class 'b' of 'kind'"),
    ]
