"""What came from outside is shown on the terminal, and never obeyed by it."""

from __future__ import annotations

import ast
import io
import json
import re
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from rich.tree import Tree

from mdlc_cli.output import progress, terminal
from mdlc_cli.output.terminal import Terminal

ROOT = Path(__file__).resolve().parents[3]
HOSTILE = (
    "see ticket [/ops] [link=http://evil.example]here[/link] [bold :bomb: "
    "\x1b[2J\x1b]8;;http://evil.example\x07click\x1b]8;;\x07 \x9b31m \u202eltr\u2066 \ud800 \r\b\x00"
)
SHOWN = (
    "see ticket [/ops] [link=http://evil.example]here[/link] [bold :bomb: "
    r"\u001b[2J\u001b]8;;http://evil.example\u0007click\u001b]8;;\u0007 \u009b31m \u202eltr\u2066 \ud800 "
    r"\u000d\u0008\u0000"
)


def out(**options: object) -> tuple[Terminal, io.StringIO]:
    file = io.StringIO()
    return Terminal(file=file, width=400, **options), file


def test_controls_are_written_out_and_everything_else_stays() -> None:
    assert terminal.visible(HOSTILE) == SHOWN
    plain = "Zürich 中文 👩‍💻 a\tb\nc"
    assert terminal.visible(plain) == plain
    assert terminal.visible("a\r\nb") == "a\nb"
    assert terminal.one_line("a\nb\r\nc") == r"a\nb\nc"


@given(st.text())
@example("\U000e0041")
def test_a_json_document_means_the_same_when_it_is_shown(text: str) -> None:
    document = json.dumps({"text": text}, ensure_ascii=False).replace("\r\n", "\n")
    assert json.loads(terminal.visible(document)) == {"text": text}


@pytest.mark.parametrize("forced", [False, True])
def test_a_string_a_text_a_cell_and_a_title_are_shown(forced: bool) -> None:
    console, file = out(force_terminal=forced, no_color=True)
    console.print(HOSTILE)
    console.print(HOSTILE, markup=True, emoji=True)
    console.print(terminal.line(HOSTILE))
    table = progress.table("name")
    table.add_row(HOSTILE)
    console.print(table)
    console.print(Tree(HOSTILE))
    assert file.getvalue().count(SHOWN) == 5, file.getvalue()
    assert "\x1b]8" not in file.getvalue() and "\x1b[2J" not in file.getvalue()


@pytest.mark.parametrize("forced", [False, True])
def test_a_step_is_named_and_noted_as_it_is(forced: bool) -> None:
    console, file = out(force_terminal=forced, no_color=True)
    with progress.step(HOSTILE, console=console) as step:
        step.note(HOSTILE)
        step.summary = HOSTILE
    assert re.sub(r"\x1b\[[0-9;]*m", "", file.getvalue()).count(f"ok  {SHOWN} (0.") == 1
    assert "\x1b]8" not in file.getvalue() and "\x1b[2J" not in file.getvalue()


def test_a_line_in_a_pipe_does_not_end_in_spaces() -> None:
    console, file = out()
    table = progress.table("name", "value")
    table.add_row("a", "long " * 20)
    table.add_row("b", "x")
    console.print(table)
    lines = file.getvalue().splitlines()
    assert [line.split()[0] for line in lines] == ["name", "a", "b"]
    assert all(line == line.rstrip() for line in lines)
    console, file = out(force_terminal=True)
    console.print(table)
    assert file.getvalue().splitlines()[2] != file.getvalue().splitlines()[2].rstrip()


def test_a_style_is_given_beside_the_text_and_never_in_it() -> None:
    console, file = out(force_terminal=True, color_system="standard")
    console.print(terminal.line(("[red]ok[/]", "green"), " then"))
    assert file.getvalue() == "\x1b[32m[red]ok[/]\x1b[0m then\n"


def test_a_line_of_output_is_written_as_it_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    terminal.write(HOSTILE)
    assert capsys.readouterr().out == SHOWN + "\n"


def test_times_in_json_are_in_utc(capsys: pytest.CaptureFixture[str]) -> None:
    moment = datetime(2026, 11, 30, 9, 13, 2, tzinfo=timezone(timedelta(hours=-5)))
    terminal.write_json([moment, moment.date(), moment.replace(tzinfo=None)])
    written = ["2026-11-30T14:13:02+00:00", "2026-11-30", "2026-11-30T09:13:02"]
    assert json.loads(capsys.readouterr().out) == written


def sources() -> Iterator[tuple[str, ast.AST]]:
    for folder in ("mdlc_cli", "examples"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            name = path.relative_to(ROOT).as_posix()
            if name != "mdlc_cli/output/terminal.py":
                for node in ast.walk(ast.parse(path.read_text())):
                    yield name, node


PRINTS = {
    "mdlc_cli/commands/local_aws.py": "what this machine itself made: addresses and folders",
    "mdlc_cli/deploying/cdk.py": "the CDK CLI's own refusal, before it becomes the CDK CLI",
    "examples/forecast/container.py": "the log of the container, which CloudWatch keeps",
    "examples/flight_delay/data.py": "the paths of the files that it wrote",
    "containers/python/container.py": "what is wrong with the code, for whoever builds the image",
    "mdlc_cli/tools/docker.py": "why an image cannot be built, for the CDK CLI that runs it",
    "examples/beside_the_sdk.py": "what the program of the SDK left running",
    "examples/script_mode/code/train.py": "the metric, in the log of the training job",
    "mdlc_cli/tools/image_environment.py": "the interpreter's path, for the embedded AWS that asked",
    "mdlc_cli/predictions/parquet_query.py": "JSON for the process that asked",
    "mdlc_cli/tools/build_images.py": "what it built, in the log of the build that runs it",
}
"""Modules that may print without `terminal`, and what."""


def test_nothing_is_printed_but_through_a_terminal() -> None:
    found = []
    for name, node in sources():
        if isinstance(node, ast.ImportFrom) and node.module == "rich.markup":
            found.append((name, "rich.markup"))
        if not isinstance(node, ast.Call):
            continue
        called = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
        if called in ("Console", "from_markup", "render_markup") or (
            called == "print" and isinstance(node.func, ast.Name) and name not in PRINTS
        ):
            found.append((name, called))
        for keyword in node.keywords:
            if keyword.arg in ("markup", "emoji") and getattr(keyword.value, "value", None) is not False:
                found.append((name, keyword.arg))
    assert found == []


def test_texts_are_made_of_what_is_shown() -> None:
    """A Text of an expression may hold what came from outside: `terminal.line` makes it."""
    found = [
        (name, ast.unparse(node))
        for name, node in sources()
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id == "Text"
        and node.args
        and not isinstance(node.args[0], ast.Constant)
        and not all(
            isinstance(part, ast.Constant) or getattr(part.format_spec, "values", None)
            for part in getattr(node.args[0], "values", [None])
            if part is not None
        )
    ]
    assert found == []
