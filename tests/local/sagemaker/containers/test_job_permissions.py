from typing import Any

import pytest

from mdlc_local.sagemaker.containers import job_permissions
from tests.local.embedded import ACCOUNT, REGION, allow
from tests.local.sagemaker.lab import OWN, XGBOOST, Lab, job_statements, policy, unique

REPOSITORY = f"arn:aws:ecr:{REGION}:{ACCOUNT}:repository/team/mine"


def test_an_image_of_ones_own_is_pulled() -> None:
    needs = [(need.action, need.resource) for need in job_permissions.pulling(OWN, ACCOUNT)]
    assert needs == [
        ("ecr:GetAuthorizationToken", "*"),
        ("ecr:BatchCheckLayerAvailability", REPOSITORY),
        ("ecr:GetDownloadUrlForLayer", REPOSITORY),
        ("ecr:BatchGetImage", REPOSITORY),
    ]
    assert list(job_permissions.pulling("example.com/mine:1", ACCOUNT)) == []
    assert list(job_permissions.pulling(XGBOOST, ACCOUNT)) == []


def test_a_volume_key_takes_a_grant() -> None:
    (need,) = job_permissions.encrypting("k", REGION, ACCOUNT)
    assert (need.action, need.resource) == ("kms:CreateGrant", f"arn:aws:kms:{REGION}:{ACCOUNT}:key/k")
    assert list(job_permissions.encrypting(None, REGION, ACCOUNT)) == []


def test_subnets_and_groups_take_network_interfaces() -> None:
    vpc = {"Subnets": ["subnet-1", "subnet-2"], "SecurityGroupIds": ["sg-1"]}
    needs = list(job_permissions.attaching(vpc, REGION, ACCOUNT))
    created = [
        need.resource.rpartition(":")[2] for need in needs if need.action == "ec2:CreateNetworkInterface"
    ]
    assert created == ["network-interface/*", "subnet/subnet-1", "subnet/subnet-2", "security-group/sg-1"]
    assert {need.resource for need in needs if "Describe" in need.action} == {"*"}
    assert list(job_permissions.attaching({}, REGION, ACCOUNT)) == []


def role_with(lab: Lab, *more: dict[str, Any], without: str = "-") -> str:
    """A job role with the lab's statements but those that name `without`."""
    iam, name = lab.server.client("iam"), unique("job")
    trust = {
        "Effect": "Allow",
        "Principal": {"Service": "sagemaker.amazonaws.com"},
        "Action": "sts:AssumeRole",
    }
    arn: str = iam.create_role(RoleName=name, AssumeRolePolicyDocument=policy(trust))["Role"]["Arn"]
    kept = [
        statement
        for statement in job_statements(lab.bucket, lab.key_arn)
        if without not in str(statement["Action"])
    ]
    iam.put_role_policy(RoleName=name, PolicyName="p", PolicyDocument=policy(*kept, *more))
    return arn


@pytest.mark.parametrize("without", ["ecr:BatchGetImage", "ecr:GetAuthorizationToken"])
def test_a_role_that_may_not_pull_fails_the_job(lab: Lab, without: str) -> None:
    request = lab.processing("print(1)", RoleArn=role_with(lab, without=without))
    request["AppSpecification"]["ImageUri"] = OWN
    ended = lab.run("processing", request)
    assert ended["ProcessingJobStatus"] == "Failed"
    assert "is not authorized to perform: ecr:" in ended["FailureReason"]
    request = lab.processing("print(1)")
    request["AppSpecification"]["ImageUri"] = OWN
    assert lab.run("processing", request)["ProcessingJobStatus"] == "Completed"


def test_a_volume_key_without_a_grant_fails_the_job_and_with_it_runs(lab: Lab) -> None:
    granted = allow("kms:CreateGrant", lab.key_arn, Condition={"Bool": {"kms:GrantIsForAWSResource": "true"}})
    for statements, status in (([], "Failed"), ([granted], "Completed")):
        request = lab.processing("print(1)", RoleArn=role_with(lab, *statements))
        request["ProcessingResources"]["ClusterConfig"]["VolumeKmsKeyId"] = lab.key_arn
        ended = lab.run("processing", request)
        assert ended["ProcessingJobStatus"] == status, ended
    assert "FailureReason" not in ended
