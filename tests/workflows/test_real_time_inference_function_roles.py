"""What the functions of a release may do: look at one endpoint, change nothing of it."""

import pytest

from mdlc_constructs.asl.statements import Statement
from mdlc_constructs.workflows.real_time_inference import function_roles


def allowed(statements: tuple[Statement, ...]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for each in statements:
        for action in each.actions:
            found.setdefault(action, []).extend(each.resources)
    return found


@pytest.mark.parametrize("golden", [True, False])
def test_the_planner_looks_and_writes_nothing_but_plans(golden: bool) -> None:
    found = allowed(function_roles.planning("flights", "Board", golden=golden))
    assert found["sagemaker:DescribeEndpoint"] == [
        "arn:${Partition}:sagemaker:${Region}:${Account}:endpoint/board"
    ]
    assert found["s3:PutObject"] == ["arn:${Partition}:s3:::${Bucket}/runs/*"]
    assert found.get("s3:GetObject", []) == (["arn:${Partition}:s3:::${Bucket}/golden/*"] if golden else [])
    reading = ("Describe", "List", "Get", "Put", "Generate", "Decrypt")
    assert all(action.partition(":")[2].startswith(reading) for action in found)


def test_the_waker_takes_tokens_and_sends_them_back() -> None:
    found = allowed(function_roles.resume_statements())
    assert found["dynamodb:Query"] == found["dynamodb:DeleteItem"] == ["${AuditTableArn}"]
    assert set(found) == {
        "dynamodb:Query",
        "dynamodb:DeleteItem",
        "states:SendTaskSuccess",
        "kms:Decrypt",
        "kms:GenerateDataKey",
    }
