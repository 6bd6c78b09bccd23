"""What an app asks of its account is read from its templates."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from mdlc_cli.doctor import needs
from mdlc_cli.doctor.needs import Bootstrap, Stack
from mdlc_cli.doctor.pseudo_parameters import Environment

IMAGE = "683313688378.dkr.ecr.eu-west-1.amazonaws.com/sagemaker-xgboost:3.0-5"
DEFINITION = {
    "States": {
        "Train": {"Arguments": {"ResourceConfig": {"InstanceType": "ml.m5.xlarge"}, "Tags": []}},
        "Check": {"Arguments": {"ProcessingResources": {"ClusterConfig": {"InstanceType": "ml.m5.large"}}}},
        "Score": {"Arguments": {"TransformResources": {"InstanceType": "ml.c5.large"}}},
        "Configure": {"Arguments": {"ProductionVariants": [{"InstanceType": "ml.t2.medium"}]}},
        "Expression": {"Arguments": {"ResourceConfig": {"InstanceType": "{% $type %}"}}},
        "Scale": {"Resource": "arn:aws:states:::aws-sdk:applicationautoscaling:registerScalableTarget"},
    }
}
PROPERTIES = {
    "stackName": "Churn",
    "templateFile": "Churn.template.json",
    "bootstrapStackVersionSsmParameter": "/cdk-bootstrap/hnb659fds/version",
    "requiresBootstrapStackVersion": 6,
    "assumeRoleArn": "arn:${AWS::Partition}:iam::${AWS::AccountId}:role/"
    "cdk-hnb659fds-deploy-role-${AWS::AccountId}-${AWS::Region}",
    "cloudFormationExecutionRoleArn": "arn:${AWS::Partition}:iam::${AWS::AccountId}:role/"
    "cdk-hnb659fds-cfn-exec-role-${AWS::AccountId}-${AWS::Region}",
}
HERE = Environment(account="123456789012", region="eu-west-1")
NOWHERE = "aws://unknown-account/unknown-region"
LOCAL = "aws://000000000000/us-east-1"
ROLES = (
    "cdk-hnb659fds-cfn-exec-role-123456789012-eu-west-1",
    "cdk-hnb659fds-deploy-role-123456789012-eu-west-1",
)


def resource(kind: str, **properties: Any) -> dict[str, Any]:
    return {"Type": kind, "Properties": properties}


TEMPLATE = {
    "Resources": {
        "Machine": resource(
            "AWS::StepFunctions::StateMachine",
            DefinitionString=json.dumps(DEFINITION),
            DefinitionSubstitutions={"Image": IMAGE},
        ),
        "Joined": resource("AWS::StepFunctions::StateMachine", DefinitionString={"Fn::Join": ["", []]}),
        "Role": resource("AWS::IAM::Role"),
        "Arrived": resource(
            "AWS::Events::Rule",
            EventPattern={"source": ["aws.s3"], "detail": {"bucket": {"name": ["own", {"Ref": "Made"}]}}},
        ),
        "Approved": resource("AWS::Events::Rule", EventPattern={"source": ["aws.sagemaker"]}),
        "Daily": resource("AWS::Events::Rule", ScheduleExpression="rate(1 day)"),
        "Stage": resource("AWS::ApiGateway::Stage", AccessLogSetting={"DestinationArn": "x"}),
        "Logs": resource("AWS::Logs::LogGroup", LogGroupName="/states/churn"),
        "Vended": resource("AWS::Logs::LogGroup", LogGroupName="/aws/vendedlogs/states/churn"),
        "Unnamed": resource("AWS::Logs::LogGroup"),
    }
}


def stack(template: dict[str, Any], environment: str = NOWHERE) -> Stack:
    """A stack as the CDK writes it; with an account and a region it writes them into each name."""
    account, region = environment.removeprefix("aws://").split("/")
    text = json.dumps(PROPERTIES)
    if environment != NOWHERE:
        text = text.replace("${AWS::AccountId}", account).replace("${AWS::Region}", region)
    return Stack(name="Churn", environment=environment, properties=json.loads(text), template=template)


def test_everything_is_read() -> None:
    asked = needs.of([stack(TEMPLATE)], HERE)
    assert asked.elsewhere == {}
    assert asked.bootstraps == (
        Bootstrap(parameter="/cdk-bootstrap/hnb659fds/version", version=6, roles=ROLES),
    )
    assert dict(asked.instances) == {
        "ml.m5.xlarge": "training job",
        "ml.m5.large": "processing job",
        "ml.c5.large": "transform job",
        "ml.t2.medium": "endpoint",
    }
    assert (asked.images, asked.own_buckets, asked.roles) == ((IMAGE,), ("own",), 1)
    assert (asked.vended_logs, asked.api_logs, asked.scales, asked.spark) == (
        ("/states/churn",),
        True,
        True,
        False,
    )


def test_an_app_that_sets_its_role_for_logs_needs_none() -> None:
    resources = {**TEMPLATE["Resources"], "Account": resource("AWS::ApiGateway::Account")}
    assert not needs.of([stack({"Resources": resources})], HERE).api_logs
    assert needs.of([stack({"Resources": {"A": resource("AWS::EMRServerless::Application")}})], HERE).spark


def uri(*parts: Any) -> dict[str, Any]:
    return {"Fn::Join": ["", [*parts]]}


REGION, SUFFIX = {"Ref": "AWS::Region"}, {"Ref": "AWS::URLSuffix"}
ACCOUNT = {"Fn::FindInMap": ["ImageAccounts", REGION, "account"]}
AGNOSTIC = {
    "Mappings": {
        "ImageAccounts": {"eu-west-1": {"account": "683313688378"}, "cn-north-1": {"account": "450853457545"}}
    },
    "Resources": {
        "Machine": resource(
            "AWS::StepFunctions::StateMachine",
            DefinitionString="{}",
            DefinitionSubstitutions={
                "Image": uri(ACCOUNT, ".dkr.ecr.", REGION, ".", SUFFIX, "/sagemaker-xgboost:3.0-5"),
                "Own": {"Fn::Sub": "${AWS::AccountId}.dkr.ecr.${AWS::Region}.${AWS::URLSuffix}/trainer:1"},
                "Pushed": {
                    "Fn::Sub": "${AWS::AccountId}.dkr.ecr.${AWS::Region}.${AWS::URLSuffix}/"
                    "cdk-hnb659fds-container-assets-${AWS::AccountId}-${AWS::Region}:0123"
                },
                "Unknown": uri({"Ref": "Account"}, ".dkr.ecr.", REGION, ".", SUFFIX, "/other:1"),
            },
        ),
        "Logs": resource("AWS::Logs::LogGroup", LogGroupName=uri("/states/churn-", REGION)),
        "Names": resource("X", A={"Fn::Sub": "${Logs}"}, B={"Fn::Sub": ["${a}", {"a": "b"}]}),
    },
}


def test_a_stack_without_an_environment_gets_that_of_the_target() -> None:
    asked = needs.of([stack(AGNOSTIC)], HERE)
    assert asked.bootstraps[0].roles == ROLES
    assert asked.images == ("123456789012.dkr.ecr.eu-west-1.amazonaws.com/trainer:1", IMAGE)
    assert asked.vended_logs == ("/states/churn-eu-west-1",)
    china = needs.of([stack(AGNOSTIC)], Environment(account="123456789012", region="cn-north-1"))
    assert china.images[1] == "450853457545.dkr.ecr.cn-north-1.amazonaws.com.cn/sagemaker-xgboost:3.0-5"
    text = "${AWS::Partition} ${AWS::StackName}"
    assert Environment(account="1", region="us-gov-west-1").text(text) == "aws-us-gov ${AWS::StackName}"


def test_roles_and_images_of_another_account_are_left_out() -> None:
    asked = needs.of([stack(TEMPLATE, LOCAL)], HERE)
    assert asked.elsewhere == {"Churn": Environment(account="000000000000", region="us-east-1")}
    assert (asked.bootstraps[0].roles, asked.images, asked.roles) == ((), (), 1)
    assert needs.of([stack(TEMPLATE, "aws://123456789012/eu-west-1")], HERE).bootstraps[0].roles == ROLES
    region_only = stack(TEMPLATE, "aws://unknown-account/eu-west-1")
    assert needs.of([region_only], HERE).elsewhere == {}


@pytest.mark.parametrize("folder", ["cdk.out", ".mdlc/assembly"])
def test_the_newest_assembly_is_read_with_its_stages(tmp_path: Path, folder: str) -> None:
    assert needs.synthesized(tmp_path) is None
    for name in ("cdk.out", ".mdlc/assembly"):
        stage = tmp_path / name / "assembly-Prod"
        stage.mkdir(parents=True)
        (stage / "Churn.template.json").write_text(json.dumps(TEMPLATE))
        stacks = {
            "Churn": {"type": "aws:cloudformation:stack", "environment": LOCAL, "properties": PROPERTIES}
        }
        (stage / "manifest.json").write_text(json.dumps({"artifacts": stacks}))
        nested = {"type": "cdk:cloud-assembly", "properties": {"directoryName": "assembly-Prod"}}
        manifest = tmp_path / name / "manifest.json"
        manifest.write_text(json.dumps({"artifacts": {"Prod": nested} if name == folder else {}}))
        os.utime(manifest, (2000, 2000) if name == folder else (1000, 1000))
    read = needs.synthesized(tmp_path)
    assert read == [Stack(name="Churn", environment=LOCAL, properties=PROPERTIES, template=TEMPLATE)]
    assert needs.of(read, HERE).stacks == ("Churn",)
