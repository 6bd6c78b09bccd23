"""A stack with the clean-up in it is deleted, permissions enforced: no endpoint of the model is left."""

import json
import time
from typing import Any

import pytest

from mdlc_constructs.asl.statements import Statement
from mdlc_constructs.resources import bundles, clean_up
from tests.local.autoscaling.scaling import Scaling, until
from tests.local.embedded import ACCOUNT, REGION
from tests.local.sagemaker.lab import unique
from tests.local.sagemaker.serving import Serving, variant

BINDINGS = {"${Partition}": "aws", "${Region}": REGION, "${Account}": ACCOUNT}
DIGESTS = ("0" * 20, "1" * 20)


def statements(*granted: Statement) -> list[dict[str, object]]:
    text = json.dumps([statement.to_policy() for statement in granted])
    for placeholder, value in BINDINGS.items():
        text = text.replace(placeholder, value)
    found: list[dict[str, object]] = json.loads(text)
    return found


def template(serving: Serving, model: str) -> str:
    """The function with its role, and the custom resource, as the model home makes them."""
    key = f"{unique('functions')}.zip"
    bundle = bundles.lambda_code()
    serving.server.client("s3").upload_file(str(bundle.path), serving.lab.bucket, key)
    reading = {"Effect": "Allow", "Action": ["kms:Decrypt"], "Resource": serving.lab.key_arn}
    logging = {"Effect": "Allow", "Action": ["logs:*"], "Resource": "*"}
    allowed = statements(*clean_up.ending_jobs(model), *clean_up.ending_endpoints(model, model))
    trust = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
    role = {
        "AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": [trust]},
        "Policies": [
            {
                "PolicyName": "Work",
                "PolicyDocument": {"Version": "2012-10-17", "Statement": [*allowed, reading, logging]},
            }
        ],
    }
    function = {
        "Code": {"S3Bucket": serving.lab.bucket, "S3Key": key},
        "Handler": "lambdas.functions.clean_up.handler.handler",
        "Role": {"Fn::GetAtt": ["Role", "Arn"]},
        "Runtime": "python3.13",
        "Timeout": 300,
    }
    properties = {
        "ServiceToken": {"Fn::GetAtt": ["Function", "Arn"]},
        "Model": model,
        "Endpoints": [model],
    }
    resources = {
        "Role": {"Type": "AWS::IAM::Role", "Properties": role},
        "Function": {"Type": "AWS::Lambda::Function", "Properties": function},
        "CleanUp": {"Type": "Custom::MdlcCleanUp", "Properties": properties},
    }
    return json.dumps({"Resources": resources})


def wait(serving: Serving, stack: str, event: str) -> None:
    serving.server.client("cloudformation").get_waiter(f"stack_{event}_complete").wait(
        StackName=stack, WaiterConfig={"Delay": 1, "MaxAttempts": 90}
    )


def released(serving: Serving, model: str, digest: str) -> str:
    """A serving model and its configuration with derived names, as a release makes them."""
    like = serving.sagemaker.describe_model(ModelName=serving.talking("hello"))
    serving.sagemaker.create_model(
        ModelName=f"{model}-serving-{digest}",
        ExecutionRoleArn=like["ExecutionRoleArn"],
        PrimaryContainer=like["PrimaryContainer"],
    )
    config = f"{model}-config-{digest}"
    serving.sagemaker.create_endpoint_config(
        EndpointConfigName=config, ProductionVariants=[variant(f"{model}-serving-{digest}")]
    )
    return config


def left(serving: Serving, prefix: str) -> list[str]:
    """Names of what the account has with that beginning."""
    sagemaker = serving.sagemaker
    found = [
        *(one["EndpointName"] for one in sagemaker.list_endpoints(NameContains=prefix)["Endpoints"]),
        *(
            one["EndpointConfigName"]
            for one in sagemaker.list_endpoint_configs(NameContains=prefix)["EndpointConfigs"]
        ),
        *(one["ModelName"] for one in sagemaker.list_models(NameContains=prefix)["Models"]),
    ]
    return sorted(found)


@pytest.mark.parametrize("updating", [False, True], ids=["in service", "while an update bakes"])
def test_deleting_the_stack_leaves_no_endpoint(serving: Serving, updating: bool) -> None:
    model, stack = unique("flights"), unique("stack")
    other = f"{model}-delay-config-{DIGESTS[0]}"
    cloudformation = serving.server.client("cloudformation")
    cloudformation.create_stack(
        StackName=stack, TemplateBody=template(serving, model), Capabilities=["CAPABILITY_IAM"]
    )
    old, new = (released(serving, model, digest) for digest in DIGESTS)
    serving.sagemaker.create_endpoint_config(
        EndpointConfigName=other, ProductionVariants=[variant(f"{model}-serving-{DIGESTS[0]}")]
    )
    serving.sagemaker.create_endpoint(EndpointName=model, EndpointConfigName=old)
    assert serving.wait(model)["EndpointStatus"] == "InService"
    scaling = Scaling(serving, model)
    scaling.register(1, 4)
    scaling.track("InvocationsPerInstance", 1e6)
    wait(serving, stack, "create")
    if updating:
        update(serving, model, new, seconds=300)
    cloudformation.delete_stack(StackName=stack)
    wait(serving, stack, "delete")
    # What is a longer name's stays: it is another model's.
    assert left(serving, model) == [other]
    assert (scaling.targets(), scaling.alarms()) == ([], [])
    serving.sagemaker.delete_endpoint_config(EndpointConfigName=other)


def update(serving: Serving, model: str, config: str, *, seconds: int) -> None:
    """Begin an update that bakes for some seconds, which go sixty times as fast."""
    routing = {"Type": "ALL_AT_ONCE", "WaitIntervalInSeconds": 0}
    policy: dict[str, Any] = {"TrafficRoutingConfiguration": routing, "TerminationWaitInSeconds": seconds}
    serving.sagemaker.update_endpoint(
        EndpointName=model,
        EndpointConfigName=config,
        DeploymentConfig={"BlueGreenUpdatePolicy": policy},
    )
    until(lambda: "PendingDeploymentSummary" in serving.describe(model), "the update")
    time.sleep(0.5)
    assert serving.describe(model)["EndpointStatus"] == "Updating"
