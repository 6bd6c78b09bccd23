"""CloudFormation takes the template of the probes, and everything in it can be recognized and removed."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from mdlc_cli.conformance.template import TAG, name_of, template

RUN = "0123abcd"
UNTAGGED = {"AWS::SQS::QueuePolicy", "AWS::Events::Rule"}


@pytest.mark.slow
def test_cfn_lint_has_nothing_to_say(tmp_path: Path) -> None:
    path = tmp_path / "conformance.template.json"
    path.write_text(template(RUN))
    lint = Path(sys.executable).parent / "cfn-lint"
    done = subprocess.run([str(lint), str(path)], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "")


def test_everything_is_tagged_and_nothing_is_kept() -> None:
    resources = json.loads(template(RUN))["Resources"]
    for name, resource in resources.items():
        assert "DeletionPolicy" not in resource, name
        if resource["Type"] not in UNTAGGED:
            assert {"Key": TAG, "Value": RUN} in resource["Properties"]["Tags"], name


def test_each_named_resource_has_the_run_in_its_name() -> None:
    resources = json.loads(template(RUN))["Resources"]
    names = [
        value
        for resource in resources.values()
        for property_, value in resource["Properties"].items()
        if property_ in ("FunctionName", "LogGroupName", "ModelPackageGroupName")
    ]
    assert len(names) == 3
    assert all(name_of(RUN) in name for name in names)
