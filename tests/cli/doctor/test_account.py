"""What an account lacks is found by questions alone, and each finding says what to do."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import botocore.session
import pytest
from botocore import xform_name
from botocore.exceptions import ClientError, ConnectTimeoutError

from mdlc_cli.doctor import account
from mdlc_cli.doctor.findings import Finding
from mdlc_cli.doctor.needs import Bootstrap, Needs
from mdlc_cli.doctor.pseudo_parameters import Environment
from mdlc_cli.doctor.reader import READS, AccountReader
from tests.cli.fakes import FakeClient, FakeTarget

PARAMETER = "/cdk-bootstrap/hnb659fds/version"
IMAGE = "683313688378.dkr.ecr.eu-west-1.amazonaws.com/sagemaker-xgboost:3.0-5"
OWN = f"123456789012.dkr.ecr.eu-west-1.amazonaws.com/trainer@sha256:{'0' * 64}"
ROLES = tuple(f"cdk-hnb659fds-{role}-role-123456789012-eu-west-1" for role in ("cfn-exec", "deploy"))
NEEDS = Needs(
    stacks=("Churn",),
    bootstraps=(Bootstrap(parameter=PARAMETER, version=6, roles=ROLES),),
    instances=(("ml.m5.large", "endpoint"), ("ml.m5.xlarge", "training job")),
    images=(IMAGE, OWN),
    own_buckets=("own-data",),
    roles=30,
    api_logs=True,
    scales=True,
)


def refusal(code: str, operation: str = "X") -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": "as AWS says"}}, operation)


def raising(error: Exception) -> Any:
    def call(**_: Any) -> Any:
        raise error

    return call


def quota(name: str, value: float) -> dict[str, Any]:
    return {"QuotaName": name, "Value": value}


SERVED = [quota("ml.m5.large for endpoint usage", 4)]

GOOD: dict[str, dict[str, Any]] = {
    "ssm": {"get_parameter": {"Parameter": {"Value": "21"}}},
    "iam": {"get_role": {}, "get_account_summary": {"SummaryMap": {"Roles": 40, "RolesQuota": 1000}}},
    "service-quotas": {
        "list_service_quotas": [{"Quotas": SERVED}],
        "list_aws_default_service_quotas": [
            {"Quotas": [quota("ml.m5.large for endpoint usage", 0)]},
            {"Quotas": [quota("ml.m5.xlarge for training job usage", 2)]},
        ],
    },
    "s3": {"get_bucket_notification_configuration": {"EventBridgeConfiguration": {}}},
    "logs": {"describe_resource_policies": {"resourcePolicies": [{"policyDocument": "x" * 100}]}},
    "apigateway": {"get_account": {"cloudwatchRoleArn": "arn:aws:iam::123456789012:role/logs"}},
    "ecr": {"batch_get_image": {"images": [{}], "failures": []}},
}


def clients(**changed: Any) -> dict[str, FakeClient]:
    """Fakes of a good account, in which single operations answer otherwise."""
    return {
        service: FakeClient(**{name: changed.pop(name, answer) for name, answer in answers.items()})
        for service, answers in GOOD.items()
    }


def found(needs: Needs = NEEDS, *, local: bool = False, **changed: Any) -> list[Finding]:
    target = FakeTarget(
        endpoint="http://127.0.0.1:1" if local else None, region="eu-west-1", clients=clients(**changed)
    )
    return list(account.findings(AccountReader(target), needs))


def test_a_good_account_has_no_faults() -> None:
    assert {finding.status for finding in found()} == {"ok"}
    assert len(found()) == 11


def test_every_call_only_reads() -> None:
    fakes = clients()
    target = FakeTarget(endpoint=None, region="eu-west-1", clients=fakes)
    list(account.findings(AccountReader(target), NEEDS))
    session = botocore.session.get_session()
    called = set()
    for service, fake in fakes.items():
        names = {xform_name(name): name for name in session.get_service_model(service).operation_names}
        called |= {names[name] for name, _ in fake.calls}
        for name, request in fake.calls:
            shape = session.get_service_model(service).operation_model(names[name]).input_shape
            assert set(request) <= set(shape.members if shape else ())
    assert len(called) == 9
    assert [name for name in called if not name.startswith(READS)] == []


@pytest.mark.parametrize(
    "operation", ["PutParameter", "DeleteRole", "CreateBucket", "BatchDeleteImage", "get_role"]
)
def test_another_operation_is_refused_before_it_is_called(operation: str) -> None:
    fakes = clients()
    with pytest.raises(ValueError, match="a check may only read"):
        AccountReader(FakeTarget(clients=fakes)).call("ssm", operation)
    assert fakes["ssm"].calls == []


@pytest.mark.parametrize(
    ("changed", "needs", "check", "status", "says", "remedy"),
    [
        (
            {"get_parameter": raising(refusal("ParameterNotFound"))},
            NEEDS,
            "bootstrap",
            "fails",
            "is not there",
            "run `cdk bootstrap`",
        ),
        (
            {"get_parameter": {"Parameter": {"Value": "5"}}},
            NEEDS,
            "bootstrap",
            "fails",
            "version 5, and the app needs 6",
            "run `cdk bootstrap`",
        ),
        (
            {"get_role": raising(refusal("NoSuchEntity"))},
            NEEDS,
            "roles",
            "fails",
            f"{', '.join(ROLES)} not there",
            "run `cdk bootstrap` again",
        ),
        (
            {"get_account_summary": {"SummaryMap": {"Roles": 990, "RolesQuota": 1000}}},
            NEEDS,
            "number of roles",
            "warning",
            "990 of 1000 used, the app has 30",
            "remove unused roles",
        ),
        (
            {"list_service_quotas": {"Quotas": [*SERVED, quota("ml.m5.xlarge for training job usage", 0)]}},
            NEEDS,
            "quota",
            "fails",
            "ml.m5.xlarge for training job usage: 0",
            "ask for more in Service Quotas",
        ),
        (
            {"list_service_quotas": {"Quotas": [quota("ml.m5.large for endpoint usage", 1)]}},
            NEEDS,
            "quota",
            "warning",
            "side by side",
            "ask for 2",
        ),
        (
            {},
            replace(NEEDS, instances=(("ml.new.large", "endpoint"),)),
            "quota",
            "not known",
            "no quota is named 'ml.new.large for endpoint usage'",
            "",
        ),
        (
            {"get_bucket_notification_configuration": {}},
            NEEDS,
            "bucket events",
            "fails",
            "own-data sends none to EventBridge",
            "event_bridge_enabled=True",
        ),
        (
            {"get_bucket_notification_configuration": raising(refusal("NoSuchBucket"))},
            NEEDS,
            "bucket events",
            "fails",
            "there is no bucket own-data",
            "create it",
        ),
        (
            {"describe_resource_policies": {"resourcePolicies": [{"policyDocument": "x" * 4900}]}},
            NEEDS,
            "log policies",
            "warning",
            "the longest has 4,900 characters of 5,120",
            "remove policies",
        ),
        (
            {"describe_resource_policies": {"resourcePolicies": [{}] * 10}},
            replace(NEEDS, vended_logs=("/states/churn",)),
            "log policies",
            "fails",
            "/states/churn must be added",
            "/aws/vendedlogs/",
        ),
        (
            {"get_account": {}},
            NEEDS,
            "API logs",
            "fails",
            "has no role to write logs",
            "CloudWatch log role ARN",
        ),
        (
            {
                "batch_get_image": {
                    "failures": [{"failureCode": "ImageNotFound", "failureReason": "no such tag"}]
                }
            },
            NEEDS,
            "image",
            "fails",
            "xgboost:3.0-5: no such tag",
            "push the image",
        ),
        (
            {"batch_get_image": raising(refusal("RepositoryNotFoundException"))},
            NEEDS,
            "image",
            "fails",
            "there is no such repository",
            "correct its URI",
        ),
        (
            {},
            replace(NEEDS, images=(IMAGE.replace("eu-west-1", "us-east-1"),)),
            "image",
            "fails",
            "is in us-east-1, and the target is eu-west-1",
            "copy it there",
        ),
        ({}, replace(NEEDS, images=("docker.io/x",)), "image", "not known", "is no image of ECR", ""),
    ],
)
def test_a_fault_is_found_with_its_remedy(
    changed: dict[str, Any], needs: Needs, check: str, status: str, says: str, remedy: str
) -> None:
    finding = next(each for each in found(needs, **changed) if each.status != "ok")
    assert (finding.check, finding.status) == (check, status)
    assert says in finding.says
    assert remedy in finding.remedy


@pytest.mark.parametrize(
    ("operation", "says"),
    [
        ("get_parameter", "missing permission ssm:GetParameter"),
        ("get_account_summary", "missing permission iam:GetAccountSummary"),
        ("list_service_quotas", "missing permission servicequotas:ListServiceQuotas"),
        ("get_bucket_notification_configuration", "missing permission s3:GetBucketNotification"),
        ("describe_resource_policies", "missing permission logs:DescribeResourcePolicies"),
        ("get_account", "missing permission apigateway:GET"),
        ("batch_get_image", "missing permission ecr:BatchGetImage"),
    ],
)
def test_what_one_may_not_ask_is_not_known(operation: str, says: str) -> None:
    denied = [
        each
        for each in found(**{operation: raising(refusal("AccessDeniedException"))})
        if each.status != "ok"
    ]
    assert denied
    assert {each.status for each in denied} == {"not known"}
    assert all(says in each.says for each in denied)


def test_another_refusal_or_no_answer_ends_one_check_alone() -> None:
    for error in (refusal("ThrottlingException"), ConnectTimeoutError(endpoint_url="https://ssm")):
        first, *others = found(get_parameter=raising(error))
        assert (first.check, first.status) == ("bootstrap", "not known")
        assert {each.status for each in others} == {"ok"}


def test_what_the_local_aws_lacks_is_not_known_there() -> None:
    here = {each.check: each for each in found(local=True, list_service_quotas=raising(refusal("400")))}
    assert here["quotas"].says == "the local AWS has no service-quotas ListServiceQuotas"
    assert here["images"].says == "the local AWS pulls none: it runs what images do itself"
    assert found(list_service_quotas=raising(refusal("400")))[4].says.startswith("AWS ")


def test_an_app_that_was_synthesized_for_another_account_is_told_to_be_again() -> None:
    there = Environment(account="000000000000", region="us-east-1")
    finding, *others = found(replace(NEEDS, elsewhere={"Churn": there}))
    assert (finding.check, finding.status) == ("app", "warning")
    assert finding.says.startswith("Churn was synthesized for account 000000000000, region us-east-1, so its")
    assert finding.remedy.startswith("run `mdlc diff --aws`") and {each.status for each in others} == {"ok"}


def test_an_app_that_asks_for_nothing_is_content() -> None:
    assert {each.check for each in found(Needs())} == {"number of roles", "log policies"}
