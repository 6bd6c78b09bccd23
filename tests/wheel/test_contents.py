from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent


@pytest.fixture(scope="module")
def names(wheel: Path) -> set[str]:
    with zipfile.ZipFile(wheel) as archive:
        return set(archive.namelist())


def test_only_our_three_packages_are_top_level_names(names: set[str]) -> None:
    top = {name.split("/")[0] for name in names}
    assert {name for name in top if not name.endswith(".dist-info")} == {
        "mdlc_constructs",
        "mdlc_cli",
        "mdlc_client",
        "mdlc_local",
    }


@pytest.mark.parametrize("room", ["lambdas", "jobs", "containers"])
def test_what_goes_to_aws_is_carried_whole_as_an_asset(names: set[str], room: str) -> None:
    carried = {name for name in names if name.startswith(f"mdlc_constructs/_assets/{room}/")}
    wanted = {
        f"mdlc_constructs/_assets/{path.relative_to(ROOT).as_posix()}"
        for path in (ROOT / room).rglob("*")
        if path.suffix in (".py", ".lock", ".in", ".j2", ".css", ".R", ".sh", ".json", ".md", ".Dockerfile")
        or path.name == "Dockerfile"
    }
    assert wanted
    assert carried == wanted


@pytest.mark.parametrize(
    "name",
    [
        "mdlc_local/__main__.py",
        "mdlc_local/requirements.lock",
        "mdlc_cli/node/package.json",
        "mdlc_cli/node/package-lock.json",
        "mdlc_constructs/py.typed",
    ],
)
def test_locks_and_markers_are_carried(names: set[str], name: str) -> None:
    assert name in names


def test_the_locks_of_local_runtimes_are_carried(names: set[str]) -> None:
    folder = "mdlc_local/runtimes/environments"
    locks = {f"{folder}/{path.name}" for path in (ROOT / folder).glob("*.lock")}
    assert locks and locks <= names


def test_every_lock_of_the_jobs_is_carried(names: set[str]) -> None:
    locks = {path.name for path in (ROOT / "jobs").glob("requirements*.lock")}
    assert locks
    assert {
        name.rpartition("/")[2] for name in names if name.startswith("mdlc_constructs/_assets/jobs/req")
    } >= locks


def test_nothing_else_of_the_clone_is_in_it(names: set[str]) -> None:
    assert not [name for name in names if "__pycache__" in name or name.endswith((".pyc", ".whl"))]
    assert not [name for name in names if name.startswith(("tests/", "examples/", "docs/"))]


def test_what_init_makes_a_repository_of_is_carried_whole(names: set[str], wheel: Path) -> None:
    template = ROOT / "mdlc_cli" / "template"
    files = {f"mdlc_cli/template/{path.relative_to(template).as_posix()}" for path in template.rglob("*.*")}
    files = {name for name in files if (ROOT / name).is_file()}
    assert {name for name in names if name.startswith("mdlc_cli/template/")} == {
        *files,
        "mdlc_cli/template/model_team.py",
    }
    with zipfile.ZipFile(wheel) as archive:
        stack = archive.read("mdlc_cli/template/model_team.py")
    assert stack == (ROOT / "stacks" / "model_team.py").read_bytes()
