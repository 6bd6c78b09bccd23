from __future__ import annotations

from pathlib import Path

import pytest

from mdlc_cli.aws import models
from mdlc_cli.results import monitoring, references, window
from mdlc_cli.results.references import WindowReference
from mdlc_cli.results.result import ResultSummary
from tests.cli.left_results import EMPTY, LABELLED, SERVED, WINDOW, account
from tests.cli.life import window as item_of


def left(monkeypatch: pytest.MonkeyPatch, folder: Path, **fields: str) -> ResultSummary:
    target = account(monkeypatch, folder, {**SERVED, **fields})
    model = models.deployed(target)[0]
    (item,) = references.windows(model)
    return window.of(target, WindowReference(model=model, item=item))


def test_a_window_that_drifted_says_which_columns_and_why(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    result = left(monkeypatch, tmp_path)
    name = f"endpoint/{WINDOW}"
    assert result.title == f"Window {name} of churn: drifted, accuracy is not known"
    drift = next(each for each in result.sections if each.title.startswith("Drift"))
    assert list(drift.rows) == [
        ("columns", "tenure"),
        ("because", "The distribution of 'tenure' changed."),
        ("because", "A classifier tells them apart."),
    ]
    assert drift.table is not None
    assert [row[:2] for row in drift.table.rows] == [
        ("tenure", "drift"), ("the score", "drift"), ("plan", "no drift"),
    ]  # fmt: skip
    accuracy = next(each for each in result.sections if each.title == "Accuracy")
    assert accuracy.table is not None and accuracy.table.rows == [("auc", "0.6000", "0.7200")]
    consistency = next(each for each in result.sections if each.title == "Consistency")
    assert ("endpoint now against captured", "200 rows, 0.0% moved") in list(consistency.rows)
    assert result.following[0].startswith(f"`mdlc show {name} --model churn --predictions rows.csv`")
    assert result.following[1:] == ["`mdlc run retraining --model churn` trains a challenger."]
    assert len(window.following(SERVED, set())) == 1


def test_its_report_is_opened_and_its_rows_can_be_written(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    result = left(monkeypatch, tmp_path)
    assert [file.name for file in result.files] == ["report.html", "summary.json"]
    assert result.page is not None and result.page.name == "report.html"
    assert result.records is not None and result.records.rows is None
    assert [part.name for part in result.records.parts] == ["rows.parquet"]


def test_labels_bring_metrics_with_intervals_beside_the_baseline(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    result = left(monkeypatch, tmp_path, **LABELLED)
    assert result.title.endswith("no drift, accuracy is worse than on the holdout")
    accuracy = next(each for each in result.sections if each.title == "Accuracy")
    assert accuracy.table is not None
    assert accuracy.table.rows == [("auc", "0.6500", "0.6000 to 0.7000", "0.7200", "worse")]


def test_a_window_without_rows_has_no_results() -> None:
    item = item_of("2026-01-01", sk=f"WINDOW#endpoint#{EMPTY}", rows="0", report="")
    assert window.verdict(item) == "nothing was served"
    assert [each.title for each in window.sections(item, {})] == ["Window"]
    assert window.following(item, {"retraining"}) == []


def test_the_windows_of_an_execution_are_a_table_with_reasons_and_metrics() -> None:
    empty = item_of("2026-01-01", sk=f"WINDOW#endpoint#{EMPTY}", rows="0", report="")
    names = [f"endpoint/{WINDOW}", f"endpoint/{EMPTY}"]
    table, drifted = monitoring.sections([SERVED, empty], names)
    assert table.table is not None
    assert table.table.rows == [
        (names[0], "400", "tenure", "drifted, accuracy is not known"),
        (names[1], "0", "", "nothing was served"),
    ]
    assert dict(drifted.rows)["because"] == "The distribution of 'tenure' changed."
    assert dict(drifted.rows)["estimated"] == "auc 0.6000, holdout 0.7200"
    _, labelled = monitoring.sections([LABELLED], names[:1])
    assert dict(labelled.rows)["metrics"] == "auc 0.6500 (0.6000 to 0.7000), holdout 0.7200"
    assert dict(labelled.rows)["estimated"] == ""
    assert monitoring.sections([], []) == []
