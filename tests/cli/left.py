"""A CloudFormation of which stacks were deleted and left something."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from botocore.exceptions import ClientError

from tests.cli.fakes import FakeClient, FakeTarget

NOW = datetime(2026, 1, 1, tzinfo=UTC)
ARN = "arn:aws:sagemaker:us-east-1:0:model-package-group/churn"
BUCKET, TABLE, KEY = "AWS::S3::Bucket", "AWS::DynamoDB::Table", "AWS::KMS::Key"
GROUP, ROLE = "AWS::SageMaker::ModelPackageGroup", "AWS::IAM::Role"
LEFT = {"Bucket": (BUCKET, "churn-1"), "Audit": (TABLE, "t"), "Key": (KEY, "k"), "Packages": (GROUP, ARN)}


def gone(code: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": "not there"}}, "Describe")


def target(
    deleted: dict[str, dict[str, tuple[str, str]]] | None = None,
    *,
    deployed: tuple[str, ...] = (),
    owned: tuple[str, ...] = (),
    missing: tuple[str, ...] = (),
    refused: tuple[dict[str, str], ...] = (),
) -> FakeTarget:
    """Deleted stacks, the last one first, with what each left by logical id.

    Args:
        owned: physical ids that deployed stacks hold.
        missing: of what was left, what somebody deleted since.
        refused: what S3 refuses to delete.
    """
    stacks = {"Churn": LEFT} if deleted is None else deleted

    def events(StackName: str) -> list[dict[str, Any]]:
        name = StackName.removeprefix("id:")
        skipped = [
            {
                "LogicalResourceId": logical, "ResourceType": kind, "PhysicalResourceId": physical,
                "ResourceStatus": "DELETE_SKIPPED",
            }
            for logical, (kind, physical) in stacks[name].items()
        ]  # fmt: skip
        # What was skipped by an update and deleted later, and what was simply deleted, is not left.
        later = {"LogicalResourceId": "Old", "ResourceType": BUCKET, "PhysicalResourceId": "old"}
        before = [later | {"ResourceStatus": status} for status in ("DELETE_COMPLETE", "DELETE_SKIPPED")]
        return [{"StackEvents": before[:1] + skipped}, {"StackEvents": before[1:]}]

    def there(code: str) -> Any:
        def answer(**request: str) -> dict[str, Any]:
            (name,) = request.values()
            if name in missing:
                raise gone(code)
            return {"KeyMetadata": {"KeyState": "Enabled"}}

        return answer

    class Waiting(FakeClient):
        def get_waiter(self, name: str) -> Any:
            return FakeClient(wait={})

    clients = {
        "cloudformation": Waiting(
            list_stacks={
                "StackSummaries": [
                    {"StackName": name, "StackId": f"id:{name}", "CreationTime": NOW - timedelta(days=age)}
                    for age, name in enumerate(stacks)
                ]
            },
            describe_stack_events=events,
            describe_stacks={
                "Stacks": [
                    {"StackName": name, "StackStatus": "CREATE_COMPLETE", "CreationTime": NOW}
                    for name in deployed
                ]
            },
            list_stack_resources={
                "StackResourceSummaries": [
                    {"ResourceType": BUCKET, "LogicalResourceId": "B", "PhysicalResourceId": name}
                    for name in owned
                ]
            },
            delete_stack={},
        ),
        "s3": FakeClient(
            head_bucket=there("404"),
            list_object_versions=[
                {"Versions": [{"Key": f"raw/{n}", "VersionId": "1"} for n in range(1500)]},
                {"DeleteMarkers": [{"Key": "raw/0", "VersionId": "2"}]},
            ],
            delete_objects={"Errors": list(refused)},
            delete_bucket={},
        ),
        "dynamodb": Waiting(describe_table=there("ResourceNotFoundException"), delete_table={}),
        "kms": FakeClient(
            describe_key=there("NotFoundException"),
            schedule_key_deletion={"DeletionDate": NOW + timedelta(days=7)},
        ),
        "sagemaker": FakeClient(
            describe_model_package_group=there("ValidationException"),
            list_model_packages={"ModelPackageSummaryList": [{"ModelPackageArn": f"{ARN}/1"}]},
            delete_model_package={},
            delete_model_package_group={},
        ),
        "iam": FakeClient(get_role=there("NoSuchEntity")),
    }
    return FakeTarget(clients=clients)
