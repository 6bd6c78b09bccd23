"""What is wrong with a team's code is said while its image is built, in both languages."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from mdlc_cli.errors import CommandError
from mdlc_cli.tools import local_images, toolchain
from mdlc_constructs.resources import bundles
from tests.containers.contract import containers

pytestmark = pytest.mark.slow


def own(language: str, folder: Path, before: str = "", after: str = "") -> Path:
    """A build context of the starter, with text before and after its script."""
    directory = Path(shutil.copytree(bundles.source("containers") / language / "starter", folder / "model"))
    context = containers.image(language, folder / "image", directory)
    path = context / "own" / {"python": "model.py", "r": "model.R"}[language]
    path.write_text(before + path.read_text() + after)
    return context


@pytest.mark.parametrize(
    ("language", "before", "after", "reason"),
    [
        ("python", "import not_there\n", "", "imports 'not_there', which is not installed: add its package"),
        ("python", "", "del predict\n", "model.py has no function predict()"),
        ("python", "", "def broken(:\n", "invalid syntax"),
        ("r", "", "broken <- function( {\n", "model.R, line "),
        (
            "r",
            "library(notthere)\n",
            "",
            "needs the R package notthere, which is not installed: add r-cran-notthere",
        ),
        ("r", "stop('no', ' luck')\n", "", "model.R: no luck"),
        ("r", "", "rm(train)\n", "model.R has no function train"),
    ],
)
def test_a_fault_fails_the_build_with_a_sentence(
    language: str, before: str, after: str, reason: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    python = toolchain.image_python(containers.LOCK)
    monkeypatch.setattr(toolchain, "image_python", lambda lock: python)
    monkeypatch.setenv("MDLC_CACHE_DIR", str(tmp_path / "cache"))
    with pytest.raises(CommandError) as refused:
        local_images.build(own(language, tmp_path, before, after), "cdkasset-1")
    assert reason in str(refused.value) and "\n" not in str(refused.value)
    assert not local_images.is_built("cdkasset-1")


@pytest.mark.parametrize("language", containers.OWN)
def test_text_is_read_as_utf8_whatever_the_locale(language: str, tmp_path: Path) -> None:
    """Docker's base images say nothing, or only LANG in the Dockerfile, which this is asked with."""
    dockerfile = (bundles.source("containers") / language / "own.Dockerfile").read_text()
    locale = dict(re.findall(r"^ENV (LANG)=(\S+)$", dockerfile, flags=re.MULTILINE)) or {"LANG": "C"}
    text = {
        "python": 'assert len("Zürich") == 6\n',
        "r": "größe <- 6\n",
    }[language]
    argv = containers.command(language, own(language, tmp_path, text), "check")
    done = subprocess.run(argv, capture_output=True, text=True, env={"PATH": os.environ["PATH"], **locale})
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("language", containers.OWN)
def test_an_unknown_command_is_named(language: str, tmp_path: Path) -> None:
    argv = containers.command(language, own(language, tmp_path), "ponder")
    done = subprocess.run(argv, capture_output=True, text=True)
    assert done.returncode != 0 and "it has train and serve" in done.stderr
