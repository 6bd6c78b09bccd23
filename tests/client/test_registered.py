from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from botocore.exceptions import ClientError

from mdlc_client import registered
from tests.cli.fakes import FakeClient, FakeTarget

DESCRIBED: dict[str, Any] = {
    "ModelPackageArn": "arn:p/2",
    "ModelPackageVersion": 2,
    "ModelApprovalStatus": "Approved",
    "ApprovalDescription": "looked at it",
    "CreationTime": datetime(2026, 1, 1, tzinfo=UTC),
    "CreatedBy": {},
    # The SDK gives times in the zone of the machine.
    "LastModifiedTime": datetime(2026, 1, 1, 19, tzinfo=timezone(timedelta(hours=-5))),
    "LastModifiedBy": {"IamIdentity": {"Arn": "arn:role/approver", "SourceIdentity": "ada"}},
    "ModelLifeCycle": {"Stage": "Production", "StageStatus": "Deployed"},
    "CustomerMetadataProperties": {"run": "r"},
}


def refusing(code: str) -> Any:
    def refuse(**request: Any) -> Any:
        raise ClientError({"Error": {"Code": code, "Message": "no"}}, "Describe")

    return refuse


def test_a_package_tells_its_origin_its_standing_and_who_changed_it() -> None:
    target = FakeTarget(clients={"sagemaker": FakeClient(describe_model_package=DESCRIBED)})
    assert registered.describe(target, "arn:p/2") == {
        "package_arn": "arn:p/2",
        "version": 2,
        "status": "Approved",
        "description": "looked at it",
        "created_at": "2026-01-01T00:00:00+00:00",
        "created_by": "",
        "changed_at": "2026-01-02T00:00:00+00:00",
        "changed_by": "arn:role/approver (ada)",
        "life_cycle": "Production Deployed",
        "metadata": {"run": "r"},
    }


@pytest.mark.parametrize(
    ("context", "name"),
    [
        (None, ""),
        ({"UserProfileName": "ada"}, "ada"),
        ({"IamIdentity": {"PrincipalId": "AID"}}, "AID"),
        ({"IamIdentity": {"Arn": "arn:role"}}, "arn:role"),
    ],
)
def test_who_it_was_is_told_by_what_there_is(context: Any, name: str) -> None:
    assert registered.who(context) == name


def test_versions_are_listed_and_a_missing_group_has_none() -> None:
    listed = {"ModelPackageSummaryList": [{"ModelPackageArn": "arn:p/2"}]}
    client = FakeClient(list_model_packages=listed, describe_model_package=DESCRIBED)
    (one,) = registered.versions(FakeTarget(clients={"sagemaker": client}), "churn")
    assert one["version"] == 2
    gone = FakeClient(
        list_model_packages=refusing("ValidationException"),
        describe_model_package=refusing("ValidationException"),
    )
    target = FakeTarget(clients={"sagemaker": gone})
    assert registered.versions(target, "churn") == []
    assert registered.describe(target, "arn:p/2") == {}


def test_what_may_not_be_read_is_no_missing_version() -> None:
    denied = FakeClient(
        list_model_packages=refusing("AccessDeniedException"),
        describe_model_package=refusing("AccessDeniedException"),
    )
    target = FakeTarget(clients={"sagemaker": denied})
    with pytest.raises(ClientError):
        registered.describe(target, "arn:p/2")
    with pytest.raises(ClientError):
        registered.versions(target, "churn")
