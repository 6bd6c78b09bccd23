"""The folder of a container of one's own."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from mdlc_cli.app import app
from mdlc_cli.beginning import container_folder
from mdlc_cli.errors import CommandError
from mdlc_constructs import CustomContainer


def test_the_command_makes_a_folder_that_the_construct_takes(tmp_path: Path) -> None:
    for language, make in (("python", CustomContainer.python), ("r", CustomContainer.r)):
        folder = tmp_path / language
        done = CliRunner().invoke(app, ["container", language, str(folder), "--json"])
        assert done.exit_code == 0, done.output
        assert json.loads(done.stdout)["files"] == sorted(path.name for path in folder.iterdir())
        assert make(folder).language == language


def test_it_names_the_files_and_the_next_step(tmp_path: Path) -> None:
    done = CliRunner().invoke(app, ["container", "r", str(tmp_path / "model")])
    assert done.stdout.rstrip().endswith("model: model.R")
    assert "CustomContainer.r(" in done.stderr


def test_a_folder_that_holds_something_is_left_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "mine").touch()
    for folder in (tmp_path, tmp_path / "mine"):
        with pytest.raises(CommandError, match="is not empty"):
            container_folder.make("r", folder)
    with pytest.raises(CommandError, match="cannot be made"):
        container_folder.make("r", tmp_path / "mine" / "below")
    assert [path.name for path in tmp_path.iterdir()] == ["mine"]
