import json

import pytest
from botocore.exceptions import ClientError

from tests.local.embedded import ACCOUNT, REGION
from tests.local.sagemaker.lab import Lab, unique


def test_a_role_that_trusts_another_service_is_refused(lab: Lab) -> None:
    name = unique("lambda-only")
    trust = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
    role = lab.server.client("iam").create_role(
        RoleName=name, AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": trust})
    )["Role"]["Arn"]
    with pytest.raises(ClientError, match=f"Could not assume role {role}"):
        lab.sagemaker.create_processing_job(**lab.processing("print(1)", RoleArn=role))


@pytest.mark.parametrize(
    ("condition", "assumes"),
    [
        ({"StringEquals": {"aws:SourceAccount": ACCOUNT}}, True),
        ({"ArnLike": {"aws:SourceArn": f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:*"}}, True),
        ({"StringEquals": {"aws:SourceAccount": "999999999999"}}, False),
        ({"ArnLike": {"aws:SourceArn": f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:training-job/*"}}, False),
    ],
)
def test_a_job_has_a_role_of_its_own_account_alone(
    lab: Lab, condition: dict[str, dict[str, str]], assumes: bool
) -> None:
    trust = {
        "Effect": "Allow",
        "Principal": {"Service": "sagemaker.amazonaws.com"},
        "Action": "sts:AssumeRole",
        "Condition": condition,
    }
    role = lab.server.client("iam").create_role(
        RoleName=unique("conditional"),
        AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": trust}),
    )["Role"]["Arn"]
    request = lab.processing("print(1)", RoleArn=role)
    if assumes:
        assert lab.sagemaker.create_processing_job(**request)["ProcessingJobArn"]
    else:
        with pytest.raises(ClientError, match=f"Could not assume role {role}"):
            lab.sagemaker.create_processing_job(**request)
