"""JUnit reports are read for real."""

from pathlib import Path

import pytest

from mdlc_local.code_build import reports
from mdlc_local.scopes import Scope

SCOPE = Scope("000000000000", "us-east-1")
JUNIT = """<testsuites><testsuite name="pytest" tests="4">
<testcase classname="a" name="good" time="0.5"/>
<testcase classname="a" name="bad" time="0.25"><failure message="assert 1 == 2">trace</failure></testcase>
<testcase classname="a" name="broken"><error>no fixture</error></testcase>
<testcase classname="a" name="left"><skipped message="no java"/></testcase>
</testsuite></testsuites>"""


def add(tmp_path: Path, *texts: str) -> dict[str, object]:
    files = []
    for number, text in enumerate(texts):
        files.append(tmp_path / f"{number}.xml")
        files[-1].write_text(text)
    arn = reports.add_report("proj-unit", "arn:build", files, SCOPE)
    report: dict[str, object] = reports.get_reports({"reportArns": [arn]}, SCOPE)["reports"][0]
    return report


def test_every_outcome_of_a_case_is_counted(tmp_path: Path) -> None:
    report = add(tmp_path, JUNIT)
    assert report["status"] == "FAILED"
    assert report["testSummary"] == {
        "total": 4,
        "statusCounts": {"SUCCEEDED": 1, "FAILED": 1, "ERROR": 1, "SKIPPED": 1, "UNKNOWN": 0},
        "durationInNanoSeconds": 750_000_000,
    }
    request = {"reportArn": report["arn"], "filter": {"status": "FAILED"}}
    cases = reports.describe_cases(request, SCOPE)["testCases"]
    assert [(case["name"], case["message"]) for case in cases] == [("bad", "assert 1 == 2")]


@pytest.mark.parametrize("texts", [("<testsuites>",), ("<coverage/>",), ()])
def test_a_report_that_cannot_be_read_is_incomplete(tmp_path: Path, texts: tuple[str, ...]) -> None:
    assert add(tmp_path, *texts)["status"] == "INCOMPLETE"


def test_a_report_whose_cases_all_pass_succeeded(tmp_path: Path) -> None:
    assert add(tmp_path, '<testsuite name="s"><testcase name="good"/></testsuite>')["status"] == "SUCCEEDED"
