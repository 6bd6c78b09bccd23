"""Test reports: groups, and reports that are read from JUnit's XML files."""

import threading
import uuid
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import defusedxml.ElementTree

from mdlc_local import clock
from mdlc_local.errors import ApiError
from mdlc_local.scopes import Scope

_STATUSES = ("SUCCEEDED", "FAILED", "ERROR", "SKIPPED", "UNKNOWN")
_lock = threading.RLock()
_groups: dict[str, dict[str, Any]] = {}
_reports: dict[str, dict[str, Any]] = {}
_cases: dict[str, list[dict[str, Any]]] = {}


def group_arn(name: str, scope: Scope) -> str:
    """The ARN of a report group."""
    return f"arn:aws:codebuild:{scope.region}:{scope.account}:report-group/{name}"


def create_group(request: dict[str, Any], scope: Scope) -> dict[str, Any]:
    """CreateReportGroup."""
    arn = group_arn(request["name"], scope)
    if request["type"] != "TEST":
        raise ApiError("InvalidInputException", "the embedded AWS has report groups of type TEST only")
    if request["exportConfig"].get("exportConfigType", "NO_EXPORT") != "NO_EXPORT":
        raise ApiError("InvalidInputException", "the embedded AWS exports no reports: use NO_EXPORT")
    with _lock:
        if arn in _groups:
            raise ApiError("ResourceAlreadyExistsException", f"Report group already exists: {arn}")
        _groups[arn] = {
            **request,
            "arn": arn,
            "created": clock.now(),
            "lastModified": clock.now(),
            "status": "ACTIVE",
        }
        return {"reportGroup": _groups[arn]}


def delete_group(request: dict[str, Any], scope: Scope) -> dict[str, Any]:
    """DeleteReportGroup: with its reports only if `deleteReports` is set."""
    arn = request["arn"]
    with _lock:
        inside = [report for report in _reports.values() if report["reportGroupArn"] == arn]
        if inside and not request.get("deleteReports"):
            raise ApiError("InvalidInputException", f"Report group {arn} is not empty: set deleteReports")
        for report in inside:
            _reports.pop(report["arn"])
            _cases.pop(report["arn"], None)
        _groups.pop(arn, None)
    return {}


def list_groups(request: dict[str, Any], scope: Scope) -> dict[str, Any]:
    """ListReportGroups."""
    prefix = group_arn("", scope)
    return {"reportGroups": sorted(arn for arn in _groups if arn.startswith(prefix))}


def get_groups(request: dict[str, Any], scope: Scope) -> dict[str, Any]:
    """BatchGetReportGroups."""
    names = request["reportGroupArns"]
    return {
        "reportGroups": [_groups[arn] for arn in names if arn in _groups],
        "reportGroupsNotFound": [arn for arn in names if arn not in _groups],
    }


def list_reports(request: dict[str, Any], scope: Scope) -> dict[str, Any]:
    """ListReportsForReportGroup, the latest first."""
    inside = [report for report in _reports.values() if report["reportGroupArn"] == request["reportGroupArn"]]
    return {"reports": [report["arn"] for report in reversed(inside)]}


def get_reports(request: dict[str, Any], scope: Scope) -> dict[str, Any]:
    """BatchGetReports."""
    arns = request["reportArns"]
    return {
        "reports": [_reports[arn] for arn in arns if arn in _reports],
        "reportsNotFound": [arn for arn in arns if arn not in _reports],
    }


def describe_cases(request: dict[str, Any], scope: Scope) -> dict[str, Any]:
    """DescribeTestCases, filtered by status if one is asked for."""
    cases = _cases.get(request["reportArn"])
    if cases is None:
        raise ApiError("ResourceNotFoundException", f"Report not found: {request['reportArn']}")
    wanted = request.get("filter", {}).get("status")
    return {"testCases": [case for case in cases if wanted in (None, case["status"])]}


def clear() -> None:
    """Forget all groups and reports."""
    with _lock:
        for table in (_groups, _reports, _cases):
            table.clear()


def add_report(group: str, build_arn: str, files: Sequence[Path], scope: Scope) -> str:
    """Read JUnit files into a new report of a group, which is created if it does not exist.

    As on AWS, a report does not decide whether the build succeeds, and one with files that cannot be read is
    INCOMPLETE.

    Returns:
        The report's ARN.
    """
    arn = group if group.startswith("arn:") else group_arn(group, scope)
    name = arn.rpartition("/")[2]
    with _lock:
        if arn not in _groups:
            create_group(
                {"name": name, "type": "TEST", "exportConfig": {"exportConfigType": "NO_EXPORT"}}, scope
            )
    report = arn.replace(":report-group/", ":report/") + f":{uuid.uuid4()}"
    cases: list[dict[str, Any]] = []
    complete = bool(files)
    for path in files:
        try:
            cases += [{**case, "reportArn": report} for case in read_cases(path)]
        except (defusedxml.ElementTree.ParseError, ValueError, OSError):
            complete = False
    counts = Counter(str(case["status"]) for case in cases)
    failed = counts["FAILED"] + counts["ERROR"] > 0
    with _lock:
        _cases[report] = cases
        _reports[report] = {
            "arn": report,
            "type": "TEST",
            "name": name,
            "reportGroupArn": arn,
            "executionId": build_arn,
            "status": "FAILED" if failed else "SUCCEEDED" if complete else "INCOMPLETE",
            "created": clock.now(),
            "truncated": False,
            "testSummary": {
                "total": len(cases),
                "statusCounts": {status: counts[status] for status in _STATUSES},
                "durationInNanoSeconds": sum(int(case["durationInNanoSeconds"]) for case in cases),
            },
        }
    return report


def read_cases(path: Path) -> list[dict[str, Any]]:
    """The test cases of a JUnit file.

    Raises:
        xml.etree.ElementTree.ParseError: when it is no XML.
        ValueError: when it is no JUnit report.
    """
    root = defusedxml.ElementTree.parse(path).getroot()
    if root is None or root.tag not in ("testsuites", "testsuite"):
        raise ValueError(f"{path.name} is no JUnit report: its root is {None if root is None else root.tag}")
    suites = [root] if root.tag == "testsuite" else root.findall("testsuite")
    return [
        {
            "testRawDataPath": path.name,
            "prefix": case.get("classname", ""),
            "name": case.get("name", ""),
            "testSuiteName": suite.get("name", ""),
            "durationInNanoSeconds": int(float(case.get("time") or 0) * 1e9),
            **_outcome(case),
        }
        for suite in suites
        for case in suite.iter("testcase")
    ]


def _outcome(case: Any) -> dict[str, str]:
    for tag, status in (("failure", "FAILED"), ("error", "ERROR"), ("skipped", "SKIPPED")):
        element = case.find(tag)
        if element is not None:
            return {"status": status, "message": str(element.get("message") or element.text or "")[:2000]}
    return {"status": "SUCCEEDED", "message": ""}
