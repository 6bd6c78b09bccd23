"""The pictures of commands: what stands on a terminal, drawn without anything from elsewhere."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ElementTree
from typing import Any

import pytest
import typer

from mdlc_cli.app import app
from scripts.draw_screens import STEPS, TARGET, Step, drawn
from scripts.terminal_screen import Screen

ELSEWHERE = re.compile(r"""(?:href|src|url)\s*[=(]\s*["']?(?!#)[^"')\s]+|@import|<script""")


def shown(output: str, columns: int = 20) -> list[str]:
    screen = Screen(columns=columns)
    screen.write(output)
    return screen.lines()


@pytest.mark.parametrize(
    ("output", "lines"),
    [
        ("one\r\ntwo\r\n", ["one", "two"]),
        ("working 1\rworking 2\x1b[K\rdone\x1b[K\r\n", ["done"]),
        ("a\r\nb\r\n\x1b[2A\x1b[2Kc\r\n\x1b[1B\r\nd", ["c", "b", "", "d"]),
        ("abcdef\x1b[3D\x1b[0Kx", ["abcx"]),
        ("abcdef\x1b[4G\x1b[1Kx", ["   xef"]),
        ("a\x1b[2Cb\b\bc\td", ["a cb    d"]),
        ("one\r\ntwo\r\nthree\x1b[2A\r\x1b[J", []),
        ("\x1b[?25l\x1b]8;;http://x\x07link\x1b]8;;\x1b\\\x1b[?25h\x1b7", ["link"]),
        ("\x1b[1m\x1b[32mok\x1b[0m rest", ["\x1b[1m\x1b[32mok\x1b[0m rest"]),
        ("\x1b[31mred", ["\x1b[31mred\x1b[0m"]),
        ("x" * 25, ["x" * 20, "x" * 5]),
    ],
)
def test_what_was_overwritten_is_gone(output: str, lines: list[str]) -> None:
    assert shown(output) == lines


def test_a_picture_holds_the_command_and_its_output_and_nothing_from_elsewhere() -> None:
    step = Step(words=("approve", "1", "--reason", "it is good"), screen="approve")
    picture = drawn(step, "\x1b[32mok\x1b[0m  <done> & [bold]signed[/bold]\r\n")
    texts = "".join(ElementTree.fromstring(picture).itertext()).replace("\xa0", " ")
    assert '$ mdlc approve 1 --reason "it is good"' in texts
    assert "<done> & [bold]signed[/bold]" in texts
    assert not ELSEWHERE.search(picture)
    assert "font-face" not in picture


def test_six_commands_are_drawn() -> None:
    screens = [step.screen for step in STEPS if step.screen]
    assert screens == ["run-training", "approve", "show", "models", "compare", "audit"]


def test_every_step_is_a_command_with_its_options() -> None:
    root: Any = typer.main.get_command(app)
    for step in STEPS:
        command, words = root, list(step.words)
        while words and words[0] in getattr(command, "commands", {}):
            command = command.commands[words.pop(0)]
        assert not hasattr(command, "commands"), step.line
        known = {option for each in command.params for option in (*each.opts, *each.secondary_opts)}
        assert [word for word in words if word.startswith("--") and word not in known] == [], step.line


def test_the_committed_pictures_are_those_of_the_table() -> None:
    committed = {path.stem for path in TARGET.glob("*.svg")}
    assert committed == {step.screen for step in STEPS if step.screen}
    for path in TARGET.glob("*.svg"):
        picture = path.read_text(encoding="utf-8")
        ElementTree.fromstring(picture)
        assert not ELSEWHERE.search(picture), path.name
