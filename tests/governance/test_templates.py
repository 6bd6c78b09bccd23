"""The example's template under the CDK's own validation and cfn-lint, its region known or not."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parent.parent.parent
PLACES = {
    "region known": {"CDK_DEFAULT_ACCOUNT": "111111111111", "CDK_DEFAULT_REGION": "eu-central-1"},
    "any region": {},
}


@pytest.fixture(scope="module", params=list(PLACES))
def assembly(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The cloud assembly as `cdk synth` makes it, validation included."""
    folder = tmp_path_factory.mktemp("assembly")
    dropped = ("CDK_VALIDATION", "CDK_DEFAULT_ACCOUNT", "CDK_DEFAULT_REGION")
    kept = {name: value for name, value in os.environ.items() if name not in dropped}
    done = subprocess.run(
        [sys.executable, "app.py"],
        cwd=ROOT,
        env={**kept, "CDK_OUTDIR": str(folder), **PLACES[request.param]},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    return folder


def test_the_cdks_own_validation_finds_nothing(assembly: Path) -> None:
    # Written whenever validation ran; a validator that finds nothing is left out.
    reports = json.loads((assembly / "validation-report.json").read_text())["pluginReports"]
    assert [violation for report in reports for violation in report["violations"]] == []


def test_cfn_lint_finds_nothing(assembly: Path) -> None:
    lint = Path(sys.executable).parent / "cfn-lint"
    done = subprocess.run(
        [str(lint), "--format", "json", str(assembly / "FlightDelay.template.json")],
        cwd=assembly,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stderr == ""
    found = [(one["Rule"]["Id"], one["Location"]["Path"][1]) for one in json.loads(done.stdout)]
    # The CDK's own Function names its role twice: as its role, and in DependsOn.
    (whose,) = [logical_id for rule, logical_id in found if rule == "W3005"]
    assert whose.startswith("RebookOrWaitRebook")
    assert len(found) == 1, found


def test_cfn_lint_is_told_what_to_overlook_on_machines_alone(assembly: Path) -> None:
    template = json.loads((assembly / "FlightDelay.template.json").read_text())
    overlooked = {
        resource["Type"]: resource["Metadata"]["cfn-lint"]["config"]["ignore_checks"]
        for resource in template["Resources"].values()
        if "cfn-lint" in resource.get("Metadata", {})
    }
    assert overlooked == {"AWS::StepFunctions::StateMachine": ["E1101", "E3601"]}
