from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from mdlc_cli import places
from mdlc_cli.deploying import cdk
from tests.cli.fakes import FakeTarget

ROOT = Path(places.__file__).resolve().parent.parent


def test_the_app_finds_our_python_and_our_node_first() -> None:
    environment = cdk.environment(FakeTarget())
    first, second = environment["PATH"].split(os.pathsep)[:2]
    assert first == str(Path(sys.executable).parent)
    assert (Path(second) / "node").is_file()
    assert environment["AWS_ENDPOINT_URL"] == "http://127.0.0.1:1"


def test_what_does_not_talk_to_aws_needs_none(tmp_path: Path) -> None:
    done = _cdk("ls", folder=tmp_path)
    assert done.returncode != 0
    assert "Using" not in done.stderr
    assert "--app is required" in done.stderr


def test_what_talks_to_aws_says_what_is_missing(tmp_path: Path) -> None:
    done = _cdk("deploy", folder=tmp_path)
    assert done.returncode == 1
    assert done.stderr.startswith(
        "cdk: no local AWS runs and no AWS region is configured: run `mdlc local up`"
    )


def test_a_clone_needs_no_activated_environment_for_its_app() -> None:
    command = json.loads((ROOT / "cdk.json").read_text())["app"]
    assert command.startswith("if [ -x .venv/bin/python ]; then .venv/bin/python app.py; else python3 app.py")


def _cdk(*arguments: str, folder: Path) -> subprocess.CompletedProcess[str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    return subprocess.run(
        [sys.executable, "-m", "mdlc_cli.deploying.cdk", *arguments],
        cwd=folder, capture_output=True, text=True,
        env={**kept, "PYTHONPATH": str(ROOT), "AWS_EC2_METADATA_DISABLED": "true",
             "AWS_CONFIG_FILE": "none", "AWS_SHARED_CREDENTIALS_FILE": "none"},
    )  # fmt: skip
