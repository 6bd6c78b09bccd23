"""What this machine lacks."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest

from mdlc_cli import places
from mdlc_cli.aws import local
from mdlc_cli.doctor import machine
from mdlc_cli.errors import MissingToolError
from mdlc_cli.tools import cache, toolchain

GB = 1_000_000_000


def missing() -> str:
    raise FileNotFoundError


def test_all_checks_run_here(tmp_path: Path) -> None:
    findings = list(machine.findings(tmp_path, wants_java=False))
    assert [finding.check for finding in findings] == [
        *("Python", "uv", "Node", "CDK CLI", "git", "cache folder", "disk", "memory", "local AWS"),
    ]
    assert {finding.status for finding in findings[:3]} == {"ok"}
    assert [each.check for each in machine.findings(tmp_path, wants_java=True)][-1] == "Java"


def test_pythons_age() -> None:
    assert machine.python((3, 12, 1)).status == "ok"
    old = machine.python((3, 9, 1))
    assert (old.status, old.says, old.remedy) == (
        "fails",
        "3.9.1 is older than 3.11",
        "install Python 3.11 or newer",
    )


def test_programs_that_are_missing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert machine.program("uv", missing, "run this").remedy == "run this"
    assert machine.git(None).status == "warning"

    def no_node() -> toolchain.Node:
        raise MissingToolError("the CDK needs Node, and it is not installed: run `pip install x`")

    monkeypatch.setattr(toolchain, "find_node", no_node)
    assert (machine.node().status, machine.node().remedy) == ("fails", "run `pip install x`")
    broken = toolchain.Node(program=tmp_path / "node", npm=tmp_path / "npm")
    monkeypatch.setattr(toolchain, "find_node", lambda: broken)
    assert "does not start" in machine.node().says


def test_a_cdk_cli_that_is_still_to_be_installed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv(places.CACHE_VARIABLE, str(tmp_path))
    assert machine.cdk_cli().status == "warning"
    cache.make_once(toolchain.cdk_folder(), lambda folder: 0)
    assert machine.cdk_cli().status == "ok"


def test_a_cache_folder_that_cannot_be_written(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert machine.writable(tmp_path / "not" / "yet").status == "ok"
    monkeypatch.setattr("os.access", lambda *_: False)
    finding = machine.writable(tmp_path / "not" / "yet")
    assert (finding.status, finding.says) == ("fails", f"{tmp_path} cannot be written")
    assert places.CACHE_VARIABLE in finding.remedy


@pytest.mark.parametrize(
    ("free", "made", "status"), [(3 * GB, False, "ok"), (GB, False, "fails"), (GB, True, "ok")]
)
def test_the_disk_must_have_room_for_what_is_not_there_yet(free: int, made: bool, status: str) -> None:
    assert machine.disk(free, tools_made=made).status == status


@pytest.mark.parametrize(("free", "status"), [(8 * GB, "ok"), (GB, "warning"), (None, "warning")])
def test_memory(free: int | None, status: str) -> None:
    assert machine.memory(free).status == status
    assert (machine.available_memory() or 0) > 0


@pytest.mark.parametrize(
    ("server", "free", "status", "says"),
    [
        (SimpleNamespace(endpoint="http://127.0.0.1:4566"), 0, "ok", "runs at http://127.0.0.1:4566"),
        (None, 4566, "ok", "port 4566 is free"),
        (None, 4570, "ok", "another program listens on port 4566, and 4570 is taken instead"),
        (None, 50123, "warning", "no port from 4566 to 4599 is free"),
    ],
)
def test_the_port(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, server: object, free: int, status: str, says: str
) -> None:
    monkeypatch.setattr(local, "find", lambda root: server)
    monkeypatch.setattr(local, "free_port", lambda: free)
    finding = machine.port(tmp_path)
    assert (finding.status, finding.says) == (status, says)


@pytest.mark.parametrize(
    ("text", "version"),
    [
        ('openjdk version "17.0.9" 2023-10-17', 17),
        ('java version "1.8.0_401"', 8),
        ('openjdk version "21" 2023-09-19', 21),
        ("command not found", None),
    ],
)
def test_javas_version_is_read(text: str, version: int | None) -> None:
    assert machine.java_version(text) == version


def test_java_is_asked_for_by_spark() -> None:
    assert [machine.java(version).status for version in (None, 11, 17)] == ["fails", "fails", "ok"]
