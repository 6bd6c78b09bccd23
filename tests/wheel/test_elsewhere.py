from __future__ import annotations

import os
import stat
import subprocess
from pathlib import Path

import pytest

from mdlc_cli import places
from tests.wheel.conftest import Installed

ROOT = Path(__file__).resolve().parent.parent.parent


def test_the_packages_come_from_the_wheel(installed: Installed, tmp_path: Path) -> None:
    code = "import mdlc_constructs, mdlc_cli; print(mdlc_constructs.__file__); print(mdlc_cli.__file__)"
    done = installed.run("-c", code, folder=tmp_path)
    assert done.returncode == 0, done.stderr
    assert str(ROOT) not in done.stdout
    assert done.stdout.count("site-packages") == 2


def test_the_client_imports_neither_the_cdk_nor_the_library(installed: Installed, tmp_path: Path) -> None:
    code = "import mdlc_client, sys; print([n for n in sys.modules if n.partition('.')[0] in sys.argv])"
    done = installed.run("-c", code, "mdlc_constructs", "aws_cdk", "boto3", "pandas", folder=tmp_path)
    assert done.stdout == "[]\n", done.stderr


def test_files_are_checked_by_the_reader_in_the_wheel(installed: Installed, tmp_path: Path) -> None:
    (tmp_path / "data.csv").write_text("id,day,age,left\n1,2026-01-01,old,0\n")
    code = """
from pathlib import Path
from mdlc_cli.beginning import putting
from mdlc_constructs.settings.dataset import Dataset
from mdlc_constructs.settings.payloads.codec import encode
columns = {"age": "integer"}
declared = Dataset.csv("s3://data/raw/", label="left", timestamp="day", row_key=("id",), columns=columns)
dataset = putting.Dataset(folder="s3://data/raw/", section=encode(declared.to_plan()))
putting.check(putting.planned([Path("data.csv")], dataset.folder), dataset, label=True)
"""
    done = installed.run("-c", code, folder=tmp_path)
    assert "data.csv, line 2: Column 'age' is declared integer but holds 'old'" in done.stderr


@pytest.mark.parametrize("name", ["lambdas", "jobs"])
def test_assets_are_no_importable_names(installed: Installed, tmp_path: Path, name: str) -> None:
    done = installed.run("-c", f"import {name}", folder=tmp_path)
    assert f"No module named '{name}'" in done.stderr


def test_the_command_finds_everything_it_stands_on(installed: Installed, tmp_path: Path) -> None:
    code = (
        "from mdlc_cli import places; from mdlc_cli.tools import toolchain; toolchain.find_node(); "
        "print(places.embedded_source(), places.jobs_source(), places.node_source())"
    )
    done = installed.run("-c", code, folder=tmp_path)
    assert done.returncode == 0, done.stderr
    assert all("site-packages" in folder for folder in done.stdout.split())
    assert installed.run("-m", "mdlc_cli", "--help", folder=tmp_path).returncode == 0


def test_the_local_aws_comes_up_in_an_empty_folder_beside_read_only_packages(
    installed: Installed, tmp_path: Path
) -> None:
    packages = next((installed.python.parent.parent / "lib").glob("python3.*/site-packages"))
    folders = [packages, *(path for name in ("mdlc_cli", "mdlc_local") for path in _folders(packages / name))]
    before = {folder: folder.stat().st_mode for folder in folders}
    for folder in folders:
        folder.chmod(stat.S_IRUSR | stat.S_IXUSR)
    try:
        up = installed.run("-m", "mdlc_cli", "local", "up", "--parent-pid", str(os.getpid()), folder=tmp_path)
        assert up.returncode == 0, up.stderr
        status = installed.run("-m", "mdlc_cli", "local", "status", folder=tmp_path)
        assert "IAM       enforced" in status.stdout
    finally:
        down = installed.run("-m", "mdlc_cli", "local", "down", folder=tmp_path)
        for folder, mode in before.items():
            folder.chmod(mode)
    assert "has ended" in down.stderr


def test_a_teams_repository_is_made_from_what_the_wheel_carries(installed: Installed, tmp_path: Path) -> None:
    done = installed.run("-m", "mdlc_cli", "init", "churn", folder=tmp_path)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "churn" / "team.py").exists()
    stack = (tmp_path / "churn" / "model_team.py").read_bytes()
    assert stack == (ROOT / "stacks" / "model_team.py").read_bytes()


def _folders(root: Path) -> list[Path]:
    return [root, *(path for path in root.rglob("*") if path.is_dir())]


def test_cdk_is_a_command_of_the_environment(installed: Installed, tmp_path: Path) -> None:
    """As in a clone: the pinned CDK CLI, on the wheel's own Node, without an activated environment."""
    lines = ("import aws_cdk", "app = aws_cdk.App()", "aws_cdk.Stack(app, 'S')", "app.synth()")
    (tmp_path / "app.py").write_text("\n".join(lines))
    (tmp_path / "cdk.json").write_text('{"app": "python3 app.py"}')
    cdk = installed.python.with_name("cdk")
    kept = {name: os.environ[name] for name in ("HOME", places.CACHE_VARIABLE) if name in os.environ}
    done = subprocess.run(
        [cdk, "ls", "--no-notices"], cwd=tmp_path, capture_output=True, text=True,
        env={**kept, "PATH": "/usr/bin:/bin"},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == ["S"]
