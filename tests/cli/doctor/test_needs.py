"""What an app asks of its account is read from its templates."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from mdlc_cli.doctor import needs
from mdlc_cli.doctor.needs import Bootstrap

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
    "assumeRoleArn": "arn:${AWS::Partition}:iam::1:role/deploy",
    "cloudFormationExecutionRoleArn": "arn:${AWS::Partition}:iam::1:role/exec",
}


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


def test_everything_is_read() -> None:
    asked = needs.of([("Churn", PROPERTIES, TEMPLATE)])
    assert asked.bootstraps == (
        Bootstrap(parameter="/cdk-bootstrap/hnb659fds/version", version=6, roles=("deploy", "exec")),
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
    assert not needs.of([("Churn", PROPERTIES, {"Resources": resources})]).api_logs
    assert needs.of([("S", {}, {"Resources": {"A": resource("AWS::EMRServerless::Application")}})]).spark


@pytest.mark.parametrize("folder", ["cdk.out", ".mdlc/assembly"])
def test_the_newest_assembly_is_read_with_its_stages(tmp_path: Path, folder: str) -> None:
    assert needs.synthesized(tmp_path) is None
    for name in ("cdk.out", ".mdlc/assembly"):
        stage = tmp_path / name / "assembly-Prod"
        stage.mkdir(parents=True)
        (stage / "Churn.template.json").write_text(json.dumps(TEMPLATE))
        stacks = {"Churn": {"type": "aws:cloudformation:stack", "properties": PROPERTIES}}
        (stage / "manifest.json").write_text(json.dumps({"artifacts": stacks}))
        nested = {"type": "cdk:cloud-assembly", "properties": {"directoryName": "assembly-Prod"}}
        manifest = tmp_path / name / "manifest.json"
        manifest.write_text(json.dumps({"artifacts": {"Prod": nested} if name == folder else {}}))
        os.utime(manifest, (2000, 2000) if name == folder else (1000, 1000))
    asked = needs.synthesized(tmp_path)
    assert asked is not None
    assert asked.stacks == ("Churn",)
