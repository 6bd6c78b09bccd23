from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from lambdas.aws import registry
from lambdas.planning.steps import Job, Status
from tests.lambdas.fakes import Client, Pages, client_error


class FakeSageMaker(Client):
    """Answers every Describe with what it was given, or raises it."""

    def __init__(self, answer: dict[str, Any] | ClientError) -> None:
        self.answer = answer

    def __getattr__(self, name: str) -> Callable[..., dict[str, Any]]:
        def describe(**request: str) -> dict[str, Any]:
            if isinstance(self.answer, ClientError):
                raise self.answer
            return self.answer

        return describe


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("ResourceNotFound", "Requested resource not found: arn"),
        ("ValidationException", "Requested resource not found."),
        ("ValidationException", 'Could not find model "arn:aws:sagemaker:::model/m".'),
    ],
)
@pytest.mark.parametrize(
    "kind", [registry.processing_jobs, registry.training_jobs, registry.transform_jobs, registry.models]
)
def test_a_name_that_nothing_has_is_absent_in_each_of_sagemakers_wordings(
    kind: Callable[[Any], Callable[[str], Job]], code: str, message: str
) -> None:
    assert kind(FakeSageMaker(client_error(code, message)))("m-x").status == "Absent"


def test_any_other_refusal_is_not_taken_for_absence() -> None:
    with pytest.raises(ClientError, match="not authorized"):
        registry.models(FakeSageMaker(client_error("AccessDeniedException", "not authorized")))("m-x")


@pytest.mark.parametrize(
    ("status", "expected"),
    [("Stopping", "InProgress"), ("Stopped", "Failed"), ("Failed", "Failed"), ("Completed", "Completed")],
)
def test_a_jobs_status_is_read_with_its_exit_message(status: str, expected: Status) -> None:
    sagemaker = FakeSageMaker({"ProcessingJobStatus": status, "ExitMessage": "{}"})
    assert registry.processing_jobs(sagemaker)("m-x") == Job(status=expected, exit_message="{}")


def test_packages_are_read_over_pages() -> None:
    class Listing(Client):
        def get_paginator(self, name: str) -> Pages:
            pages = ([{"n": 1}, {"n": 2}], [{"n": 3}])
            return Pages([{"ModelPackageSummaryList": page} for page in pages])

    assert [dict(found)["n"] for found in registry.packages(Listing(), "m")] == [1, 2, 3]


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ({"ModelApprovalStatus": "Approved"}, True),
        ({"ModelApprovalStatus": "Rejected"}, False),
        (client_error("ValidationException", "ModelPackage arn does not exist."), False),
    ],
)
def test_a_package_is_approved_only_while_it_exists_and_says_so(
    answer: dict[str, Any] | ClientError, expected: bool
) -> None:
    assert (registry.approved_package(FakeSageMaker(answer), "arn") is not None) is expected
