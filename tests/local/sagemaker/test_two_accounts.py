"""Jobs and endpoints of a second account beside those of the first, and a model that crosses."""

import datetime
import json
import time
from dataclasses import replace
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.local.embedded import Server, allow
from tests.local.sagemaker.conftest import make_lab
from tests.local.sagemaker.lab import ECHO, Lab, policy, unique
from tests.local.sagemaker.serving import Serving, variant
from tests.local.test_resource_policies import OTHER, open_to_other


class OtherAccount(Server):
    """The same server, with the second account's credentials."""

    @property
    def credentials(self) -> dict[str, str]:
        return {**super().credentials, "aws_access_key_id": OTHER}


@pytest.fixture(scope="module")
def there(serving: Serving) -> Serving:
    server = serving.server
    return replace(serving, lab=make_lab(OtherAccount(server.port, server.state_dir, server.process)))


def test_endpoints_of_one_name_answer_in_their_accounts(serving: Serving, there: Serving) -> None:
    name = unique("endpoint")
    for at, word in ((serving, "here"), (there, "there")):
        config = at.config(variant(at.talking(word)))
        at.sagemaker.create_endpoint(EndpointName=name, EndpointConfigName=config)
    for at, word in ((serving, "here"), (there, "there")):
        assert at.wait(name)["EndpointStatus"] == "InService"
        assert at.ask(name)["word"] == word
    there.delete(name)
    assert serving.describe(name)["EndpointStatus"] == "InService"
    serving.delete(name)


def test_a_job_reads_and_writes_in_its_own_account(there: Serving) -> None:
    lab = there.lab
    request = lab.processing(
        "open('/opt/ml/processing/output/result/a.txt', 'w').write('done'); print('ran')"
    )
    request["AppSpecification"]["ImageUri"] = ECHO
    ended = lab.run("processing", request)
    assert ended["ProcessingJobStatus"] == "Completed", ended.get("FailureReason")
    assert ended["ProcessingJobArn"].split(":")[4] == OTHER
    assert lab.get(f"{request['ProcessingJobName']}/result/a.txt") == "done"
    assert "ran" in lab.log("processing", request["ProcessingJobName"])


def shared(home: Lab, group: str, package: str, role: str) -> list[tuple[str, Any]]:
    """What the home account's policies must allow, each with the call that grants it."""
    key = home.server.client("kms")
    held = json.loads(key.get_key_policy(KeyId=home.key_arn, PolicyName="default")["Policy"])
    objects = {**open_to_other(["s3:GetObject"], f"arn:aws:s3:::{home.bucket}/*"), "Principal": {"AWS": role}}
    return [
        (
            "sagemaker:CreateModel",
            lambda: home.sagemaker.put_model_package_group_policy(
                ModelPackageGroupName=group,
                ResourcePolicy=policy(open_to_other(["sagemaker:CreateModel"], package)),
            ),
        ),
        (
            "s3:GetObject",
            lambda: home.server.client("s3").put_bucket_policy(Bucket=home.bucket, Policy=policy(objects)),
        ),
        (
            "kms:Decrypt",
            lambda: key.put_key_policy(
                KeyId=home.key_arn,
                PolicyName="default",
                Policy=policy(*held["Statement"], open_to_other(["kms:Decrypt"])),
            ),
        ),
    ]


def test_a_package_of_the_first_account_serves_in_the_second(serving: Serving, there: Serving) -> None:
    home, lab = serving.lab, there.lab
    described = serving.sagemaker.describe_model(ModelName=serving.talking("crossed"))
    group = unique("group")
    serving.sagemaker.create_model_package_group(ModelPackageGroupName=group)
    container = {name: described["PrimaryContainer"][name] for name in ("Image", "ModelDataUrl")}
    package = serving.sagemaker.create_model_package(
        ModelPackageGroupName=group,
        InferenceSpecification={"Containers": [container], "SupportedContentTypes": ["text/csv"]},
        ModelApprovalStatus="Approved",
    )["ModelPackageArn"]
    statements = [allow("s3:GetObject", f"arn:aws:s3:::{home.bucket}/*"), allow("kms:Decrypt", home.key_arn)]
    lab.server.client("iam").put_role_policy(
        RoleName=lab.role.name, PolicyName="home", PolicyDocument=policy(*statements)
    )

    def served() -> str:
        name = unique("model")
        try:
            there.sagemaker.create_model(
                ModelName=name,
                ExecutionRoleArn=lab.role.arn,
                PrimaryContainer={"ModelPackageName": package},
            )
        except ClientError as error:
            return str(error)
        endpoint = unique("endpoint")
        there.sagemaker.create_endpoint(EndpointName=endpoint, EndpointConfigName=there.config(variant(name)))
        ended = there.wait(endpoint)
        answer = ended.get("FailureReason") or there.ask(endpoint)["word"]
        there.delete(endpoint)
        return str(answer)

    for action, grant in shared(home, group, package, lab.role.arn):
        reason = served()
        # S3 names no policy to callers of other accounts.
        assert action == "s3:GetObject" or f"because no resource-based policy allows the {action}" in reason
        assert "Denied" in reason or action == "kms:Decrypt", reason
        grant()
    assert served() == "crossed"


def test_metrics_of_machines_are_of_their_account(serving: Serving, there: Serving) -> None:
    name = unique("machine")
    started = {}
    for at in (serving, there):
        machine = json.dumps({"StartAt": "A", "States": {"A": {"Type": "Pass", "End": True}}})
        states, iam = at.server.client("stepfunctions"), at.server.client("iam")
        trust = {
            "Effect": "Allow",
            "Principal": {"Service": "states.amazonaws.com"},
            "Action": "sts:AssumeRole",
        }
        role = iam.create_role(RoleName=name, AssumeRolePolicyDocument=policy(trust))["Role"]["Arn"]
        arn = states.create_state_machine(name=name, definition=machine, roleArn=role, type="EXPRESS")[
            "stateMachineArn"
        ]
        started[arn] = at
    for arn, at in started.items():
        at.server.client("stepfunctions").start_execution(stateMachineArn=arn)
    for arn, at in started.items():
        dimension = {"StateMachineArn": arn}
        deadline = time.monotonic() + 10
        while not (found := metric(at, dimension)) and time.monotonic() < deadline:
            time.sleep(0.05)
        assert found == 1
        other = there if at is serving else serving
        assert metric(other, dimension) == 0


def metric(at: Serving, dimensions: dict[str, str]) -> float:
    now = datetime.datetime.now(datetime.UTC)
    found = at.server.client("cloudwatch").get_metric_statistics(
        Namespace="AWS/States",
        MetricName="ExecutionsStarted",
        Dimensions=[{"Name": name, "Value": value} for name, value in dimensions.items()],
        StartTime=now - datetime.timedelta(hours=1),
        EndTime=now + datetime.timedelta(hours=1),
        Period=60,
        Statistics=["Sum"],
    )
    return float(sum(point["Sum"] for point in found["Datapoints"]))
