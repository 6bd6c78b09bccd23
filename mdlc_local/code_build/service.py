"""CodeBuild's HTTP API."""

from mdlc_local.code_build import projects, reports
from mdlc_local.json_api.api import JsonApi, Operation

OPERATIONS: dict[str, Operation] = {
    "CreateProject": projects.create,
    "UpdateProject": projects.update,
    "DeleteProject": projects.delete,
    "BatchGetProjects": projects.get,
    "ListProjects": projects.list_projects,
    "StartBuild": projects.start_build,
    "StopBuild": projects.stop_build,
    "BatchGetBuilds": projects.get_builds,
    "ListBuilds": projects.list_builds,
    "ListBuildsForProject": projects.list_builds,
    "CreateReportGroup": reports.create_group,
    "DeleteReportGroup": reports.delete_group,
    "BatchGetReportGroups": reports.get_groups,
    "ListReportGroups": reports.list_groups,
    "BatchGetReports": reports.get_reports,
    "ListReportsForReportGroup": reports.list_reports,
    "DescribeTestCases": reports.describe_cases,
}


def _clear() -> None:
    projects.clear()
    reports.clear()


API = JsonApi(
    service="codebuild",
    title="CodeBuild",
    target="CodeBuild_20161006",
    operations=OPERATIONS,
    resource=projects.resource,
    invalid="InvalidInputException",
    clear=_clear,
)
