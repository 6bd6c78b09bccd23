import csv
import json
from typing import Any

import pytest

from jobs.commands import quality
from jobs.errors import InputError
from mdlc_constructs.settings.payloads.verdict import Verdict
from tests.jobs.batches import DATASET, HEADER, Batch, Row, rows

pytestmark = pytest.mark.slow


def checked(batch: Batch, memory: str | None = None, **sections: Any) -> tuple[Verdict, dict[str, Any]]:
    """The verdict, and the report that was written."""
    verdict = quality.run(batch.plan(**sections), batch.folders(), memory)
    report = json.loads(batch.output("report", "report.json").read_text())
    assert report["passed"] == verdict.passed
    assert batch.output("report", "report.html").read_text().startswith("<!doctype html>")
    return verdict, report


def test_a_good_batch_passes_and_nothing_is_quarantined(filled: Batch) -> None:
    verdict, report = checked(filled)
    assert verdict == Verdict(passed=True, metrics={"findings": 0, "columns": 8}, rows=300)
    assert report["files"] == {"one.csv": 180, "sub/two.csv": 120}
    assert not filled.output("quarantine").exists()


OUTLIERS = {"amount": {"robust_z": 20.0, "quantile": None, "share": 0.01}}


def test_too_many_outliers_refuse_a_batch_and_are_quarantined(batch: Batch) -> None:
    far = [{**row, "amount": 1e6 if place < 9 else row["amount"]} for place, row in enumerate(rows())]
    batch.write("one.csv", far)
    verdict, _ = checked(batch, quality={"outliers": OUTLIERS})
    assert verdict.reasons[0].startswith("Column 'amount' has 9 outliers, 3.")
    with batch.output("quarantine", "rows.csv").open() as file:
        assert {row["reasons"] for row in csv.DictReader(file)} == {"amount is an outlier"}
    assert checked(batch, quality={"outliers": {"amount": {**OUTLIERS["amount"], "share": 0.05}}})[0].passed


def test_dates_out_of_order_are_fine(filled: Batch) -> None:
    times = [row["at"] for row in rows()]
    assert times != sorted(times)
    assert checked(filled)[0].passed


def changed(index: int, **values: Any) -> list[Row]:
    made = rows()
    made[index].update(values)
    return made


@pytest.mark.parametrize(
    ("made", "sections", "rule", "said"),
    [
        (changed(3, amount="much"), {}, "wrong_type", "Column 'amount' is declared number but holds 'much'."),
        (changed(3, at="soon"), {}, "wrong_type", "Column 'at' is declared timestamp but holds 'soon'."),
        (
            changed(3, at="31.12.2024 10:00"),
            {},
            "wrong_type",
            "holds '31.12.2024 10:00'. Times are read as ISO 8601, such as 2024-12-31 10:00:00: write them so"
            ", or say Dataset.csv(..., timestamp_format='%d.%m.%Y %H:%M').",
        ),
        (
            changed(3, at="31.12.2024 10:00"),
            {"dataset": {"csv": {"timestamp_format": "%Y-%m-%dT%H:%M:%S"}}},
            "wrong_type",
            "Times are read by timestamp_format='%Y-%m-%dT%H:%M:%S': correct it, or the values.",
        ),
        (
            changed(3, amount="1,5".join('""')),
            {},
            "wrong_type",
            "Decimals are read with a point, such as 1234.5",
        ),
        (changed(3, at=""), {}, "missing_timestamp", "1 rows have no time in 'at'"),
        (changed(3, id=""), {}, "missing_key", "1 rows have no value in the row key (id)."),
        (changed(3, id="r4"), {}, "duplicate_key", "1 row keys (id) occur more than once, for example 'r4'"),
        (changed(3, y=2), {}, "label_values", "The label 'y' has 3 values; a binary task has two."),
        (rows()[:5], {}, "minimum_rows", "There are 5 rows; at least 10 are asked for."),
        ([{**r, "y": 0} for r in rows()], {}, "one_class", "has only the class '0' in all 300 rows"),
        ([{**r, "y": ""} for r in rows()], {}, "no_label", "No row in the requested time has a label"),
        (
            [{**r, "y": 0 if r["at"] >= "2024-03" else r["y"]} for r in rows()],
            {},
            "one_class",
            "The holdout part (2024-03-01T00:00:00 to the end) has no row of the class '1' of 'y'",
        ),
        (
            [r for r in rows() if r["at"] < "2024-03"],
            {},
            "empty_part",
            "The holdout part (2024-03-01T00:00:00 to the end) has no labelled rows",
        ),
        (
            rows(),
            {"quality": {"minimum_class_share": 0.49}},
            "class_share",
            "The rarer class of 'y' has ",
        ),
        (
            rows(),
            {"quality": {"maximum_missing_share": 0.05}},
            "missing_share",
            "Column 'amount' is missing in ",
        ),
        (
            rows(),
            {"quality": {"missing_share": {"kind": 0.01}}},
            "missing_share",
            "Column 'kind' is missing in ",
        ),
        (
            rows(),
            {"quality": {"ranges": {"count": [1, None]}}},
            "range",
            "Column 'count' is outside 1 to ∞ in ",
        ),
        (
            rows(),
            {"quality": {"accepted_values": {"kind": ["a", "b"]}}},
            "accepted_values",
            "Column 'kind' holds 'c d' or others that are not accepted",
        ),
        (
            [{**r, "count": 10 * r["y"] + r["count"]} for r in rows()],
            {},
            "leak",
            "Feature 'count' alone predicts the label with AUC 1.0000 (limit 0.98)",
        ),
    ],
)
def test_each_bad_batch_is_refused_in_a_sentence(
    batch: Batch, made: list[Row], sections: dict[str, Any], rule: str, said: str
) -> None:
    batch.write("a.csv", made)
    verdict, report = checked(batch, **sections)
    assert not verdict.passed
    sentences = {f["rule"]: f["message"] for f in reversed(report["findings"]) if f["fails"]}
    assert said in sentences[rule]
    assert sentences[rule] in verdict.reasons
    assert batch.output("quarantine", "report.json").exists()


def test_parts_without_rows_refuse_a_batch_only_when_there_is_no_other(filled: Batch) -> None:
    header = ",".join(HEADER).encode() + b"\n"
    for name, content in (("empty.csv", header), ("x_$folder$", b"")):
        filled.write(name, content)
    verdict, report = checked(filled)
    assert verdict.passed
    assert (report["files"]["empty.csv"], report["files"]["x_$folder$"]) == (0, 0)
    for path in filled.data.rglob("*.csv"):
        path.write_bytes(header)
    verdict, _ = checked(filled)
    assert list(verdict.reasons) == [
        "None of the 4 files holds a row: see whether what writes them had finished, and had data."
    ]


@pytest.mark.parametrize(
    ("content", "rule"),
    [
        (b"PAR1", "not_csv"),
        (b"id,at,who,amount,count,kind,flag\n", "missing_column"),
        (",".join(HEADER).encode() + b"\n1,2\n", "not_csv"),
    ],
)
def test_one_unreadable_file_refuses_the_batch(filled: Batch, content: bytes, rule: str) -> None:
    filled.write("three.csv", content)
    verdict, report = checked(filled)
    assert not verdict.passed
    assert [finding["rule"] for finding in report["findings"]] == [rule]
    assert "three.csv" in verdict.reasons[0]


def test_rows_outside_the_window_are_told_and_left_out(filled: Batch) -> None:
    split = filled.document()["split"]
    split["intervals"]["train"]["start"] = "2024-01-15"
    verdict, report = checked(filled, split=split)
    expected = sum(row["at"] < "2024-01-15" for row in rows())
    assert verdict.passed
    assert [(f["rule"], f["rows"]) for f in report["findings"]] == [("outside_window", expected)]


def test_rows_without_a_label_are_counted_and_no_failure(batch: Batch) -> None:
    batch.write("a.csv", [{**row, "y": "" if i < 20 else row["y"]} for i, row in enumerate(rows())])
    verdict, report = checked(batch)
    assert verdict.passed
    assert [(f["rule"], f["rows"]) for f in report["findings"]] == [("unlabelled", 20)]
    assert report["label"]["labelled"] == 280


def test_a_leak_that_is_accepted_by_name_is_only_told(batch: Batch) -> None:
    batch.write("a.csv", [{**r, "count": 10 * r["y"] + r["count"]} for r in rows()])
    verdict, report = checked(batch, dataset={"accepted_leaks": ["count"]})
    assert verdict.passed
    assert [(f["rule"], f["fails"]) for f in report["findings"]] == [("leak", False)]


def test_a_batch_to_score_needs_no_label(batch: Batch) -> None:
    header = [name for name in HEADER if name not in ("y", "after")]
    batch.write("a.csv", rows(), header=header)
    verdict, report = checked(batch, workflow="batch", split={})
    assert verdict.passed
    assert report["label"] == {}


def test_quarantine_holds_the_bad_rows_with_their_reasons(batch: Batch) -> None:
    made = rows()
    made[3].update(amount="much", count="x")
    made[5].update(id="r6")
    made[9].update(count=-1)
    batch.write("a.csv", made)
    checked(batch, quality={"ranges": {"count": [0, None]}})
    with batch.output("quarantine", "rows.csv").open(newline="") as stream:
        bad = {row["id"]: row for row in csv.DictReader(stream)}
    assert {key: row["reasons"] for key, row in bad.items()} == {
        "r3": "wrong type",
        "r6": "duplicate key",
        "r9": "count out of range",
    }
    assert bad["r3"]["wrong_values"] == "much; x"
    assert bad["r3"]["file"] == "a.csv"


def test_nothing_of_the_batch_is_touched(batch: Batch) -> None:
    path = batch.write("a.csv", changed(3, amount="much"))
    before = path.read_bytes()
    checked(batch)
    assert path.read_bytes() == before
    assert [p.name for p in batch.data.iterdir()] == ["a.csv"]


def test_a_replaced_file_is_no_verdict_but_an_error(filled: Batch) -> None:
    plan = filled.plan()
    filled.write("one.csv", rows()[:10])
    with pytest.raises(InputError, match=r"one\.csv has .* bytes, planned were"):
        quality.run(plan, filled.folders())


def test_a_small_memory_cap_gives_the_same_report(filled: Batch) -> None:
    assert checked(filled, "100MB") == checked(filled)


def test_quarantine_holds_no_formulas(batch: Batch) -> None:
    hostile = ("=HYPERLINK(A1)", "+1-1", "-2+3", "@SUM(A1)", "\uff1d1")
    harmless = ("-1.5", "+2", "-1e-3", ".5", "a=1")
    made = rows()
    for row, text in zip(made, (*hostile, *harmless), strict=False):
        row.update(who=text, amount=-1.5, count=-1)
    batch.write("=a.csv", made)
    checked(batch, quality={"ranges": {"count": [0, None]}})
    with batch.output("quarantine", "rows.csv").open(newline="", encoding="utf-8") as stream:
        bad = list(csv.DictReader(stream))
    assert [row["who"] for row in sorted(bad, key=lambda row: int(row["id"][1:]))] == [
        *(f"'{text}" for text in hostile),
        *harmless,
    ]
    assert {(row["file"], row["amount"], row["count"]) for row in bad} == {("'=a.csv", "-1.5", "-1")}


def test_the_mean_of_very_large_numbers_is_a_number(batch: Batch) -> None:
    """Of a feature, and of the label of a regression."""
    made = [{**row, "amount": 1e308, "y": 1.5e308 if place else 1e308} for place, row in enumerate(rows(300))]
    batch.write("one.csv", made)
    columns = {**DATASET["columns"], "y": "number"}
    dataset = {"task": "regression", "columns": columns}
    _, report = checked(batch, dataset=dataset, quality={"leak_auc": 1.1})
    means = {column["name"]: column["mean"] for column in report["columns"]}
    assert means["amount"] == 1e308
    assert means["y"] == pytest.approx(1.5e308, rel=0.01) == report["label"]["mean"]
