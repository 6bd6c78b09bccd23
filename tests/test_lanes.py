"""The lanes hold what they say: what is slow is marked, and a quick test cannot start a server."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests import lanes

EMBEDDED = Path(__file__).resolve().parent.parent / "mdlc_local"


@pytest.mark.parametrize(
    "command",
    [
        ["/cache/embedded-1/venv/bin/python", str(EMBEDDED), "--port", "4566", "--state-dir", "/tmp/x"],
        [sys.executable, "-m", "mdlc_cli", "local", "up"],
        ["/usr/bin/java", "-version"],
        ["node", "/cache/cdk-1/node_modules/aws-cdk/bin/cdk", "deploy", "--all"],
    ],
)
def test_a_quick_test_that_starts_a_server_fails(command: list[str]) -> None:
    with pytest.raises(
        RuntimeError, match=r"test_a_quick_test_.* starts `.*`: mark it with pytest\.mark\.slow"
    ):
        subprocess.Popen(command)


def test_other_programs_are_a_quick_tests_own_business() -> None:
    assert subprocess.run([sys.executable, "-c", ""], check=False).returncode == 0


@pytest.mark.parametrize("folder", lanes.SLOW)
def test_folders_of_slow_tests_are_there(folder: str) -> None:
    assert list((lanes.ROOT / folder).rglob("test_*.py"))


def test_stories_of_several_tests_say_where_each_stands() -> None:
    room = lanes.ROOT / "end_to_end"
    untold = [
        path.name
        for path in sorted(room.glob("test_*.py"))
        if path.read_text().count("\ndef test_") > 1 and "\npytestmark = chapters(" not in path.read_text()
    ]
    assert untold == []


def test_all_tests_of_a_story_or_of_a_file_run_in_one_process() -> None:
    groups: dict[str, set[str]] = {}
    for path in (lanes.ROOT / "end_to_end").glob("test_*.py"):
        groups.setdefault(lanes.group_of(path), set()).add(path.stem)
    assert groups["busy"] == {"test_decisions_under_load", "test_permissions_of_releases"}
    assert lanes.group_of(Path(__file__)) == "test_lanes.py"


def test_the_scheduler_asks_for_groups() -> None:
    # Without its constructor, which wants the processes of a run.
    scheduler = object.__new__(lanes.GroupScheduling)
    one, other = (
        scheduler._split_scope(f"tests/end_to_end/{name}.py::test_a[b::c]")
        for name in ("test_decisions_under_load", "test_permissions_of_releases")
    )
    assert one == other == "busy"
