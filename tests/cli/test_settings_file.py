from __future__ import annotations

from pathlib import Path

import pytest

from mdlc_cli import settings_file
from mdlc_cli.errors import CommandError


def test_a_project_without_settings_registers_no_image(tmp_path: Path) -> None:
    assert settings_file.local_images(tmp_path) == []


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[[local", "is not valid TOML .*: correct it"),
        ('[local]\nimages = "own"', r"is 'own': write each image as a \[\[local.images\]\] table"),
    ],
)
def test_bad_settings_are_named_with_the_remedy(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "mdlc.toml").write_text(text)
    with pytest.raises(CommandError, match=message):
        settings_file.local_images(tmp_path)
