"""What a decision API causes on purpose, under cdk-nag, the CDK's own validation and cfn-lint."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from aws_cdk import App, Environment, Stack
from aws_cdk import aws_apigateway as apigateway

from mdlc_constructs import governance
from mdlc_constructs.governance.decision_findings import LOG_ROLE, decision_reason
from tests.workflows.decision.stacks import HERE, STACKS, decision_api


@pytest.mark.parametrize(
    ("part", "finding", "known"),
    [
        ("Post", "AwsSolutions-COG4", True),
        ("PostExpress", "AwsSolutions-COG4", True),
        ("Stage", "AwsSolutions-APIG3", True),
        ("Machine/Resource", "AwsSolutions-SF1", True),
        ("Stage", "AwsSolutions-APIG1", True),
        ("Stage", "AwsSolutions-APIG6", True),
        ("Stage", "AwsSolutions-APIG2", False),
        ("Post", "AwsSolutions-APIG4", False),
        ("Mine/Post", "AwsSolutions-COG4", False),
        (
            LOG_ROLE,
            "AwsSolutions-IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/AdministratorAccess]",
            False,
        ),
    ],
)
def test_only_what_is_done_on_purpose_has_a_reason(part: str, finding: str, known: bool) -> None:
    assert (decision_reason(part, finding) is not None) is known


def test_stacks_are_clean_and_what_a_user_adds_is_still_a_finding(tmp_path: Path) -> None:
    app = App(outdir=str(tmp_path))
    governance.add_nag(app)
    for name, (build, env) in STACKS.items():
        build(Stack(app, name, env=env))
    own = Stack(app, "Own", env=Environment(account="333333333333", region=HERE.region))
    api = decision_api(own)
    apigateway.CfnMethod(api, "Open", rest_api_id=api.api_id, resource_id="x", http_method="GET")
    with pytest.raises(RuntimeError, match="ValidationFailed"):
        app.synth()
    reports = json.loads((tmp_path / "validation-report.json").read_text())["pluginReports"]
    (report,) = (one for one in reports if one["pluginName"] == "AwsSolutions")
    found = {
        (construct["constructPath"], violation["ruleName"])
        for violation in report["violations"]
        for construct in violation["violatingConstructs"]
    }
    assert found == {("Own/Api/Open", "AwsSolutions-APIG4"), ("Own/Api/Open", "AwsSolutions-COG4")}
    assert all(len(violation["reason"]) > 40 for violation in report["suppressedViolations"])
    others = [one["violations"] for one in reports if one["pluginName"] != "AwsSolutions"]
    assert not [violation for violations in others for violation in violations]


@pytest.mark.slow
def test_cfn_lint_finds_nothing(tmp_path: Path) -> None:
    app = App(outdir=str(tmp_path))
    # Together they hold every kind of resource.
    for name in ("Agnostic", "Warm", "Express"):
        build, env = STACKS[name]
        build(Stack(app, name, env=env))
    app.synth()
    lint = Path(sys.executable).parent / "cfn-lint"
    templates = sorted(str(path) for path in tmp_path.glob("*.template.json"))
    assert len(templates) == 3
    done = subprocess.run([str(lint), *templates], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
