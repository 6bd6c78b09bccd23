"""What jobs' roles may do: narrow, whatever is asked."""

from hypothesis import given
from hypothesis import strategies as st

from mdlc_constructs import NetworkSettings
from mdlc_constructs.asl.statements import Statement
from mdlc_constructs.workflows import job_roles

PREFIXES = st.lists(st.sampled_from(["runs", "splits", "training", "scores"]), unique=True)


def allowed(statements: tuple[Statement, ...], action: str) -> list[str]:
    return [resource for each in statements if action in each.actions for resource in each.resources]


@given(PREFIXES, PREFIXES)
def test_objects_are_read_and_written_below_the_named_prefixes_alone(
    reads: list[str], writes: list[str]
) -> None:
    statements = job_roles.model_bucket(reads=reads, writes=writes)
    for action, prefixes in (("s3:GetObject", reads), ("s3:PutObject", writes)):
        expected = {f"arn:${{Partition}}:s3:::${{Bucket}}/{prefix}/*" for prefix in prefixes}
        assert set(allowed(statements, action)) == expected
    assert not allowed(statements, "s3:DeleteObject")


def test_a_dataset_with_a_key_of_its_own_may_be_decrypted() -> None:
    assert allowed(job_roles.dataset("arn:key"), "kms:Decrypt") == ["arn:key"]
    assert not allowed(job_roles.dataset(None), "kms:Decrypt")


def test_nothing_but_the_code_and_its_wheels_is_read_from_the_asset_bucket() -> None:
    statements = job_roles.job_code("assets", "code.zip", "wheels.zip")
    assert allowed(statements, "s3:GetObject") == [
        "arn:${Partition}:s3:::assets/code.zip",
        "arn:${Partition}:s3:::assets/wheels.zip",
    ]


def test_interfaces_are_made_only_in_a_vpc() -> None:
    outside = job_roles.running("ProcessingJobs", "arn:repository", NetworkSettings())
    inside = job_roles.running(
        "ProcessingJobs",
        "arn:repository",
        NetworkSettings(subnet_ids=("subnet-1",), security_group_ids=("sg-1",)),
    )
    assert not allowed(outside, "ec2:CreateNetworkInterface")
    assert allowed(inside, "ec2:CreateNetworkInterface")
    assert "arn:repository" in allowed(outside, "ecr:BatchGetImage")


def test_a_key_is_granted_to_aws_resources_alone() -> None:
    (grant,) = job_roles.volumes()
    assert grant.conditions == {"Bool": {"kms:GrantIsForAWSResource": "true"}}


def test_a_hosted_model_captures_and_logs_for_its_own_endpoint() -> None:
    def hosted(
        *, asynchronous: bool, golden: bool = False, alarms: tuple[str, ...] = ()
    ) -> tuple[Statement, ...]:
        return job_roles.hosted_model(
            "arn:algorithm",
            "arn:helper",
            "Board",
            NetworkSettings(),
            asynchronous=asynchronous,
            golden=golden,
            alarms=alarms,
        )

    quiet, queued = hosted(asynchronous=False), hosted(asynchronous=True, alarms=("late",))
    bucket = "arn:${Partition}:s3:::${Bucket}/"
    assert allowed(quiet, "s3:PutObject") == [f"{bucket}capture/*"]
    asked = hosted(asynchronous=False, golden=True)
    assert allowed(asked, "s3:PutObject") == [f"{bucket}capture/*", f"{bucket}golden-scores/*"]
    assert allowed(queued, "s3:PutObject") == [f"{bucket}capture/*", f"{bucket}asynchronous/*"]
    assert any(
        one.endswith("/aws/sagemaker/Endpoints/Board:*") for one in allowed(quiet, "logs:PutLogEvents")
    )
    assert {"arn:algorithm", "arn:helper"} <= set(allowed(quiet, "ecr:BatchGetImage"))
    assert allowed(quiet, "cloudwatch:DescribeAlarms") == []
    assert allowed(queued, "cloudwatch:DescribeAlarms") == [
        "arn:${Partition}:cloudwatch:${Region}:${Account}:alarm:late"
    ]
