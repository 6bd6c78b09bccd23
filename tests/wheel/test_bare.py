"""The wheel without extras: constructs and synthesis, and one sentence where an extra is asked for."""

from __future__ import annotations

import subprocess
import textwrap
from pathlib import Path

import pytest

from mdlc_cli import entry
from mdlc_cli.tools import toolchain
from tests.wheel.conftest import Installed
from tests.wheel.test_subclass import APP

EXTRAS = (*entry.EXTRA, "platformdirs", "packaging", "cdk_nag")


def test_a_stack_is_synthesized_without_any_extra(bare: Installed, tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text(textwrap.dedent(APP))
    node = toolchain.node_environment()["JSII_NODE"]
    done = bare.run("app.py", folder=tmp_path, JSII_NODE=node, CDK_OUTDIR="out", CDK_VALIDATION="false")
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "out" / "Churn.template.json").exists()


def test_what_extras_bring_is_not_there(bare: Installed, tmp_path: Path) -> None:
    code = "import importlib.util, sys; print([n for n in sys.argv[1:] if importlib.util.find_spec(n)])"
    assert bare.run("-c", code, *EXTRAS, folder=tmp_path).stdout == "[]\n"


@pytest.mark.parametrize("command", ["mdlc", "cdk"])
def test_a_command_without_its_extra_says_so_in_one_sentence(
    bare: Installed, tmp_path: Path, command: str
) -> None:
    done = subprocess.run(
        [bare.python.with_name(command), "--help"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    (line,) = done.stderr.splitlines()
    assert line.startswith(f"{command}: {', '.join(entry.EXTRA)} cannot be imported by ")
    assert "install mdlc-constructs[cli]" in line


def test_the_client_without_its_extra_says_so_in_one_sentence(bare: Installed, tmp_path: Path) -> None:
    done = bare.run("-c", "from mdlc_client import Client; Client()", folder=tmp_path)
    assert done.stderr.splitlines()[-1].endswith(
        "boto3 is not installed: install it with `pip install 'mdlc-constructs[client]'`"
    )


def test_cdk_nag_without_its_extra_is_said_in_one_sentence(bare: Installed, tmp_path: Path) -> None:
    done = bare.run("-c", "from mdlc_constructs import governance; governance.add_nag", folder=tmp_path)
    assert done.stderr.splitlines()[-1].endswith("which is not installed: install mdlc-constructs[nag].")
