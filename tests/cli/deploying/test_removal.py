from __future__ import annotations

import pytest

from mdlc_cli.deploying import removal, retained
from mdlc_cli.deploying.retained import Retained
from mdlc_cli.errors import CommandError
from tests.cli import left
from tests.cli.fakes import FakeTarget


def calls(here: FakeTarget, service: str, operation: str) -> list[dict[str, object]]:
    return [request for name, request in here.clients[service].calls if name == operation]


def test_everything_goes_and_the_key_last() -> None:
    here = left.target()
    doomed = removal.removable(retained.left_by(here, ["Churn"]))
    assert doomed[-1].kind == left.KEY
    told = {one.kind: removal.remove(here, one) for one in doomed}
    assert told == {
        left.BUCKET: "1,501 versions of objects in it",
        left.TABLE: "",
        left.GROUP: "1 versions in it",
        left.KEY: "KMS deletes it on 2026-01-08; until then it can be restored, and not used",
    }
    batches = [request["Delete"]["Objects"] for request in calls(here, "s3", "delete_objects")]  # type: ignore[index]
    assert [len(batch) for batch in batches] == [1000, 500, 1]
    assert calls(here, "sagemaker", "delete_model_package") == [{"ModelPackageName": f"{left.ARN}/1"}]
    assert calls(here, "sagemaker", "delete_model_package_group") == [{"ModelPackageGroupName": "churn"}]
    assert calls(here, "kms", "schedule_key_deletion") == [{"KeyId": "k", "PendingWindowInDays": 7}]


def test_a_bucket_whose_objects_are_locked_stays_and_says_why() -> None:
    here = left.target(refused=({"Key": "raw/7", "Code": "AccessDenied", "Message": "locked"},))
    (bucket,) = (one for one in retained.left_by(here, ["Churn"]) if one.kind == left.BUCKET)
    with pytest.raises(CommandError) as refusal:
        removal.remove(here, bucket)
    assert str(refusal.value) == (
        "1 objects of bucket churn-1 could not be deleted, the first being raw/7 (AccessDenied: locked): "
        "put that right and try again"
    )
    assert calls(here, "s3", "delete_bucket") == []


def test_what_aws_refuses_is_one_sentence_with_the_command_to_repeat() -> None:
    here = left.target()

    def refuse(**_: object) -> None:
        raise left.gone("AccessDeniedException")

    here.clients["dynamodb"]._answers["delete_table"] = refuse
    (table,) = (one for one in retained.left_by(here, ["Churn"]) if one.kind == left.TABLE)
    with pytest.raises(CommandError) as refusal:
        removal.remove(here, table)
    assert str(refusal.value) == (
        "table t could not be removed (not there): put that right and run "
        "`mdlc teardown Churn --everything` again"
    )


def test_the_role_by_which_an_account_logs_is_not_removed() -> None:
    role = Retained(stack="Churn", logical_id="R", kind=left.ROLE, physical_id="r")
    assert removal.removable([role]) == []
