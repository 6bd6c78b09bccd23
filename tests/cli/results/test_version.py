from __future__ import annotations

from pathlib import Path

import pytest

from mdlc_cli.aws import models
from mdlc_cli.errors import CommandError
from mdlc_cli.results import version
from mdlc_cli.results.result import ResultSummary
from mdlc_cli.versions import comparison, versions
from tests.cli.left_results import account


def left(monkeypatch: pytest.MonkeyPatch, folder: Path, number: int, **instead: bytes) -> ResultSummary:
    target = account(monkeypatch, folder, **instead)
    return version.of(target, models.choose(target), number)


def rows(result: ResultSummary, title: str) -> dict[str, str]:
    (section,) = [each for each in result.sections if each.title.startswith(title)]
    return dict(section.rows)


def table(result: ResultSummary, title: str) -> list[tuple[str, ...]]:
    (section,) = [each for each in result.sections if each.title.startswith(title)]
    assert section.table is not None
    return [section.table.columns, *map(tuple, section.table.rows)]


def test_a_version_is_shown_beside_the_champion_it_was_compared_with(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    result = left(monkeypatch, tmp_path, 2)
    assert result.title == "Version 2 of churn: PendingManualApproval"
    training = rows(result, "Training")
    assert (training["run"], training["reason"]) == ("bbbbbb2222", "more data")
    assert training["data"] == "3 files, 1,200 rows"
    assert (training["split"], training["  train"]) == ("by time", "until 2026-01-01")
    assert training["hyperparameters"] == "num_round 300"
    assert rows(result, "Gate") == {
        "verdict": "passed", "passes": "auc is 0.0200 better than the champion's: passes.",
    }  # fmt: skip
    assert table(result, "Metrics on 700 holdout rows") == [
        ("metric", "version 2", "version 1"),
        ("auc", "0.7200 (0.7000 to 0.7400)", "0.7000 (0.6800 to 0.7200)"),
    ]
    assert table(result, "Feature importance") == [
        ("column", "auc lost when permuted", "gain"),
        ("tenure", "0.1000 (0.0800 to 0.1200)", "75.0%"),
        ("plan", "not defined", "25.0%"),
    ]
    assert rows(result, "Note") == {"": "The gate is strict."}
    assert result.following == [
        "`mdlc approve 2 --model churn` approves it, `mdlc reject` rejects it.",
        "`mdlc compare 1 2 --model churn` compares it with the champion.",
    ]


@pytest.mark.parametrize(
    ("workflows", "sentence"),
    [
        (
            {"release", "batch-inference"},
            "`mdlc release --version 1 --model churn` brings it to the endpoint.",
        ),
        (
            {"batch-inference"},
            "`mdlc run batch-inference --model churn` scores with the newest approved version.",
        ),
        (set(), None),
    ],
)
def test_an_approved_version_goes_on_by_the_workflows_that_there_are(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, workflows: set[str], sentence: str | None
) -> None:
    target = account(monkeypatch, tmp_path)
    model = models.choose(target)
    lines = version.following(model, versions.read(target, model, 1), None, workflows)
    assert lines == ([] if sentence is None else [sentence])


def test_its_page_is_opened_and_its_data_are_not_saved(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    result = left(monkeypatch, tmp_path, 2)
    assert [file.name for file in result.files] == ["evaluation.html", "evaluation.png", "report.json"]
    assert result.page is not None and result.page.name == "evaluation.html"
    without_page = left(monkeypatch, tmp_path, 1)
    assert without_page.page is not None and without_page.page.name == "evaluation.png"


def test_the_champion_alone_has_an_interval_a_metric(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    result = left(monkeypatch, tmp_path, 1)
    assert result.title == "Version 1 of churn: Approved, the champion"
    assert table(result, "Metrics") == [
        ("metric", "value", "95% interval"),
        ("auc", "0.7100", "0.6900 to 0.7300"),
    ]
    assert result.following == []


def test_what_the_report_does_not_say_comes_from_the_audit_table(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    result = left(monkeypatch, tmp_path, 2, **{"evaluations/2/report.json": b"{}"})
    assert table(result, "Metrics")[1:] == [("auc", "0.7200", "")]
    assert rows(result, "Gate") == {"verdict": "passed"}


@pytest.mark.parametrize("importance", [None, [], {}, {"columns": "text"}, {"columns": [1, {"gain": "x"}]}])
def test_an_importance_of_another_shape_is_no_error(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, importance: object
) -> None:
    import json

    document = json.dumps({"importance": importance}).encode()
    left(monkeypatch, tmp_path, 2, **{"evaluations/2/report.json": document})


def test_what_may_not_be_read_is_a_note() -> None:
    shown = version.sections(
        versions.Version(
            number=3,
            package={},
            training={},
            facts=comparison.training_facts(3, training={}, package={}, plan={}, resolved={}),
            unread=("plan", "split"),
        )
    )
    ((_, note),) = next(each.rows for each in shown if each.title == "Note")
    assert note.startswith("The plan and split of version 3 cannot be read without s3:GetObject")


def test_a_version_that_is_not_there_names_those_that_are(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    from mdlc_client import registered

    arns = ["arn:x:model-package/churn/1", "arn:x:model-package/churn/2"]
    monkeypatch.setattr(registered, "arns", lambda *given, **named: arns)
    with pytest.raises(CommandError, match="churn has no version 9: choose one of 1, 2"):
        left(monkeypatch, tmp_path, 9)
