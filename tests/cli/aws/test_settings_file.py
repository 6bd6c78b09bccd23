from __future__ import annotations

from pathlib import Path

import pytest

from mdlc_cli.aws import settings_file
from mdlc_cli.errors import CommandError


def test_a_project_without_settings_registers_no_image(tmp_path: Path) -> None:
    assert settings_file.local_images(tmp_path) == []


def test_paths_from_the_project_are_made_absolute_and_nothing_else_is_touched(tmp_path: Path) -> None:
    (tmp_path / "mdlc.toml").write_text(
        """
        [[local.images]]
        match = "./not-a-path-but-see-below"
        train = ["python3", "./image/train.py", "--fast"]
        python = "./image/.venv/bin/python"
        environment = { MODE = "test" }
        """
    )
    (image,) = settings_file.local_images(tmp_path)
    assert image["train"] == ["python3", str(tmp_path / "image" / "train.py"), "--fast"]
    assert image["python"] == str(tmp_path / "image" / ".venv" / "bin" / "python")
    assert image["environment"] == {"MODE": "test"}
    assert image["match"] == "./not-a-path-but-see-below"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[[local", "is not valid TOML .*: correct it"),
        ("# f\xfcr", "is not valid TOML .*: correct it"),
        ('[local]\nimages = "own"', r"is 'own': write each image as a \[\[local.images\]\] table"),
    ],
)
def test_bad_settings_are_named_with_the_remedy(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "mdlc.toml").write_text(text, encoding="latin-1")
    with pytest.raises(CommandError, match=message):
        settings_file.local_images(tmp_path)


@pytest.mark.parametrize(("text", "scale"), [(None, 1), ("", 1), ("[local]\ntime_scale = 20", 20)])
def test_waiting_is_as_long_as_on_aws_unless_the_file_says_otherwise(
    tmp_path: Path, text: str | None, scale: float
) -> None:
    if text is not None:
        (tmp_path / "mdlc.toml").write_text(text)
    assert settings_file.time_scale(tmp_path) == scale


@pytest.mark.parametrize("value", ["0", "-1", "true", '"fast"', "inf", "nan"])
def test_a_time_scale_that_is_none_is_named_with_the_remedy(tmp_path: Path, value: str) -> None:
    (tmp_path / "mdlc.toml").write_text(f"[local]\ntime_scale = {value}")
    with pytest.raises(CommandError, match=r"local\.time_scale in .*mdlc\.toml is .*: give a number above 0"):
        settings_file.time_scale(tmp_path)
