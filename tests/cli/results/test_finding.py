"""What a name leads to: a version, a batch, a window, or how an execution ended."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from mdlc_cli.errors import CommandError
from mdlc_cli.executions.history import Job
from mdlc_cli.results import finding, references
from mdlc_cli.results.references import JobReference
from mdlc_cli.results.result import ResultSummary
from mdlc_client.audit import plain
from tests.cli.left_results import ARN, SERVED, WINDOW, account
from tests.cli.life import execution


def named(monkeypatch: pytest.MonkeyPatch, folder: Path, name: str, *more: Any) -> ResultSummary:
    target = account(monkeypatch, folder, *more)
    return finding.of(target, references.resolve(target, name))


@pytest.mark.parametrize(
    ("name", "title"),
    [
        ("2", "Version 2 of churn: PendingManualApproval"),
        ("aaaaaa1111", "Version 1 of churn: Approved, the champion"),
        ("second", "Version 2 of churn: PendingManualApproval"),
        ("bbbbbb3333", "Batch bbbbbb3333 of churn: Succeeded"),
        ("batch", "Batch bbbbbb3333 of churn: Succeeded"),
        (f"endpoint/{WINDOW}", f"Window endpoint/{WINDOW} of churn: drifted, accuracy is not known"),
        ("cccccc", f"Window endpoint/{WINDOW} of churn: drifted, accuracy is not known"),
        ("broken", "Execution broken of churn-training: Failed"),
        ("latest", "Execution going-on of churn-training: runs"),
    ],
)
def test_a_name_leads_to_its_result(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str, title: str
) -> None:
    result = named(monkeypatch, tmp_path, name)
    assert result.title == title
    document = result.to_json()
    assert document["title"] == title and document["following"] == list(result.following)


def test_a_batch_has_its_rows_parts_and_quantiles(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    result = named(monkeypatch, tmp_path, "bbbbbb3333")
    batch, scores = (dict(section.rows) for section in result.sections)
    assert (batch["rows"], batch["version"], batch["parts"]) == ("2", "2", "2 files, 1,800 bytes")
    assert (scores["lowest"], scores["highest"]) == ("0.2500", "0.3750")
    assert result.records is not None and result.records.rows == 2
    assert result.following[0] == "`mdlc show bbbbbb3333 --predictions scores.csv` writes the predictions."
    target = account(monkeypatch, tmp_path)
    quick = finding.of(target, references.resolve(target, "bbbbbb3333"), scores_too=False)
    assert dict(quick.sections[1].rows) == {}


def test_a_batch_whose_predictions_were_deleted_says_so(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    manifest = "s3://bucket/predictions/b9/manifest.json"
    gone = execution("batch-inference", "2026-02-05", version=2, run="dddddd", manifest=manifest,
                     execution_arn=f"{ARN}churn-batch-inference:gone")  # fmt: skip
    gone["sk"] += "gone"
    result = named(monkeypatch, tmp_path, "dddddd", gone)
    assert result.title == "Batch dddddd of churn: Succeeded, its predictions were deleted"
    assert (result.records, result.files, list(result.following)) == (None, [], [])


def test_a_failure_says_why_and_opens_the_report_that_its_cause_names(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    result = named(monkeypatch, tmp_path, "broken")
    shown = dict(result.sections[0].rows)
    assert shown["why"].startswith("DataRefused: a.csv has no column 'spent'. Report: s3://bucket/quality/")
    assert shown["report"] == "s3://bucket/quality/q1/report/"
    assert result.page is not None and result.page.name == "report.html"
    assert result.following == [
        "Mend the data as the cause says, upload them, then `mdlc run training`."
    ]  # fmt: skip


def test_one_that_runs_says_where_it_stands_and_how_to_follow_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    result = named(monkeypatch, tmp_path, "going-on")
    states = next(section for section in result.sections if section.title == "States")
    assert states.table is not None and states.table.rows == [("CheckQuality", "0.0 s", "runs", "")]
    assert result.following == ["`mdlc watch churn-training:going-on` follows it to its end."]


def test_a_monitoring_of_several_windows_lists_them(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    other = "20260203T000000Z_20260204T000000Z"
    more = {**SERVED, "sk": f"WINDOW#endpoint#{other}", "end": "2026-02-04"}
    done = execution("monitoring", "2026-02-08", run="eeeeee", monitor="endpoint",
                     windows=f'["{WINDOW}", "{other}"]',
                     execution_arn=f"{ARN}churn-monitoring:two")  # fmt: skip
    result = named(monkeypatch, tmp_path, "two", more, done)
    assert result.title == "Execution two of churn-monitoring: Succeeded"
    windows = next(section for section in result.sections if section.title == "Windows")
    assert windows.table is not None
    assert [row[0] for row in windows.table.rows] == [f"endpoint/{other}", f"endpoint/{WINDOW}"]
    assert result.following == [
        f"`mdlc show endpoint/{name} --model churn` shows its report." for name in (other, WINDOW)
    ]


def test_a_release_shows_what_its_item_says(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    item = execution("release", "2026-02-09", version=1, run="ffffff", endpoint="churn", replaced="0",
                     golden="none recorded", execution_arn=f"{ARN}churn-release:out")  # fmt: skip
    result = named(monkeypatch, tmp_path, "ffffff", item)
    assert result.following == ["Version 1: `mdlc show 1 --model churn` shows what serves."]
    shown = dict(result.sections[0].rows)
    assert (shown["version"], shown["endpoint"], shown["golden"]) == ("1", "churn", "none recorded")
    assert "replaced" not in shown


def test_a_job_has_a_log_only(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    target = account(monkeypatch, tmp_path)
    with pytest.raises(CommandError, match="job1 is a job and has a log only: read it with `mdlc logs job1`"):
        finding.of(target, JobReference(job=Job(name="job1", log_group="g")))


def test_everything_is_json(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    import json

    for name in ("2", "bbbbbb3333", "cccccc", "broken", "latest"):
        document = named(monkeypatch, tmp_path, name).to_json()
        assert json.loads(json.dumps(document, default=lambda value: str(value) or plain(value)))
