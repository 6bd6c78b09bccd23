"""Root is given up before a team's code runs: which folders the user gets, in both languages."""

import errno
import os
import pwd
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

import container
from mdlc_constructs.resources import bundles
from mdlc_container import logs, privileges, training

Done = list[tuple[Any, ...]]


@pytest.fixture
def done(monkeypatch: pytest.MonkeyPatch) -> Done:
    """What a process of root does, which is not done here."""
    calls: Done = []
    entry = pwd.struct_passwd(("app", "x", 10, 20, "", "/home/app", "/bin/sh"))
    monkeypatch.setattr(pwd, "getpwnam", lambda name: entry)
    monkeypatch.setenv("HOME", "/root")
    for name in ("setgroups", "setgid", "setuid"):
        monkeypatch.setattr(os, name, lambda *given, name=name: calls.append((name, *given)))
    monkeypatch.setattr(os, "chown", lambda path, *ids, **_: calls.append((Path(path).name, *ids)))
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    return calls


GIVEN_UP = [("setgroups", []), ("setgid", 20), ("setuid", 10)]


def test_the_folders_are_given_away_before_root_is_given_up(
    done: Done, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "x").touch()
    assert privileges.give_up_root([tmp_path / "model", tmp_path / "checkpoints"])
    assert done == [("model", 10, 20), ("x", 10, 20), ("checkpoints", 10, 20), *GIVEN_UP]
    assert os.environ["HOME"] == "/home/app" and (tmp_path / "checkpoints").is_dir()
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert not privileges.give_up_root([])


def refuse(number: int) -> Callable[..., None]:
    def chown(path: Path, *_: int, **__: bool) -> None:
        raise OSError(number, os.strerror(number), str(path))

    return chown


def test_a_mount_that_is_read_only_stays_roots(
    done: Done, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "chown", refuse(errno.EROFS))
    assert privileges.give_up_root([tmp_path]) and done == GIVEN_UP
    monkeypatch.setattr(os, "chown", refuse(errno.EPERM))
    with pytest.raises(PermissionError):
        privileges.give_up_root([tmp_path])


def test_only_training_is_given_folders(done: Done, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """SageMaker's hosting mounts ``/opt/ml/model`` read-only."""
    monkeypatch.setenv("SAGEMAKER_BASE_DIR", str(tmp_path))
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    server = ModuleType("serve")
    vars(server)["serve"] = lambda application, **_: done.append((application,))
    monkeypatch.setitem(sys.modules, "serve", server)
    monkeypatch.setattr(training, "run", lambda: 0)
    monkeypatch.setattr(logs, "configure", lambda: None)
    (tmp_path / "model").mkdir()
    assert container.main(["serve"]) == 0
    assert done == [*GIVEN_UP, ("mdlc_container.app:application",)]
    done.clear()
    assert container.main(["train"]) == 0
    assert done == [*((name, 10, 20) for name in ("model", "output", "checkpoints")), *GIVEN_UP]


@pytest.mark.parametrize("what", ["serve", "train"])
def test_so_it_is_in_r(what: str, tmp_path: Path) -> None:
    programs, base, log = tmp_path / "programs", tmp_path / "ml", tmp_path / "log"
    programs.mkdir()
    # A chown that fails, as on a read-only mount, does not end the program.
    for name, text in (("id", "echo 0"), ("chown", "exit 1"), ("setpriv", "exit 0")):
        (programs / name).write_text(f'#!/bin/sh\necho {name} "$@" >> {log}\n{text}\n')
        (programs / name).chmod(0o755)
    variables = {"PATH": f"{programs}:{os.environ['PATH']}", "SAGEMAKER_BASE_DIR": str(base)}
    entry = bundles.source("containers") / "r" / "entry.sh"
    assert subprocess.run(["sh", str(entry), what], env=variables).returncode == 0
    lines = [line for line in log.read_text().splitlines() if not line.startswith("id ")]
    folders = ("model", "output", "checkpoints") if what == "train" else ()
    assert lines[:-1] == [f"chown -R app:app {base / name}" for name in folders]
    assert lines[-1].startswith("setpriv --reuid=app ") and lines[-1].endswith(f"{entry} {what}")
    assert [path.name for path in sorted(base.glob("*"))] == sorted(folders)
