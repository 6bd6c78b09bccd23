import json

import pytest
from botocore.exceptions import ClientError

from tests.local.sagemaker.lab import Lab, unique


def test_a_role_that_trusts_another_service_is_refused(lab: Lab) -> None:
    name = unique("lambda-only")
    trust = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
    role = lab.server.client("iam").create_role(
        RoleName=name, AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": trust})
    )["Role"]["Arn"]
    with pytest.raises(ClientError, match=f"Could not assume role {role}"):
        lab.sagemaker.create_processing_job(**lab.processing("print(1)", RoleArn=role))
